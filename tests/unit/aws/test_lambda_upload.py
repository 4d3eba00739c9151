"""Zips are uploaded with the same requests that botocore would send."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders

from provision.aws.lambda_upload import upload_zips_directly

ZIP: Final = b"PK\x03\x04" + bytes(range(256))
TRAP: Final = 'a text that says "ZipFile": ""'
CALLS: Final[Mapping[str, Mapping[str, Any]]] = {
    "create_function": {
        "FunctionName": "tap-dev-items",
        "Role": "arn:aws:iam::123456789012:role/tap",
        "Description": TRAP,
        "Code": {"ZipFile": ZIP},
    },
    "update_function_code": {"FunctionName": "tap-dev-items", "ZipFile": ZIP, "Publish": False},
    "publish_layer_version": {
        "LayerName": "tap-dev-dependencies",
        "Description": TRAP,
        "Content": {"ZipFile": ZIP},
    },
}


def sent(client: Any, call: str) -> AWSPreparedRequest:
    """Return the request that would be sent."""
    requests: list[AWSPreparedRequest] = []

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        requests.append(request)
        return AWSResponse(request.url, 200, HTTPHeaders(), _Empty())

    client.meta.events.register("before-send.lambda.*", answer)
    getattr(client, call)(**CALLS[call])
    return requests[0]


class _Empty:
    def stream(self, *_: Any, **__: Any) -> list[bytes]:
        return [b"{}"]


def new_client() -> Any:
    return boto3.client(
        "lambda",
        region_name="us-east-1",
        aws_access_key_id="testing",
        aws_secret_access_key="testing",
    )


@pytest.mark.parametrize("call", CALLS)
def test_the_document_is_botocores_own(call: str) -> None:
    carrying = new_client()
    upload_zips_directly(carrying)
    ours, plain = sent(carrying, call), sent(new_client(), call)
    assert isinstance(ours.body, bytes)
    assert isinstance(plain.body, bytes)
    assert json.loads(ours.body) == json.loads(plain.body)
    assert ours.headers["Content-Length"] == str(len(ours.body))
    assert ours.url == plain.url


def test_the_callers_parameters_are_left_as_they_are() -> None:
    carrying = new_client()
    upload_zips_directly(carrying)
    sent(carrying, "publish_layer_version")
    assert CALLS["publish_layer_version"]["Content"] == {"ZipFile": ZIP}
