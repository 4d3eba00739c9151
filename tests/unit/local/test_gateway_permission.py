"""API Gateway calls a function only with its permission, and answers 500 without, as on AWS."""

from __future__ import annotations

from typing import Any

import pytest

from provision import local
from provision.local.gateway_permission import allows
from tests.unit.local.conftest import connect
from tests.unit.local.test_request_metrics import ask, deploy

FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:f:live"
SOURCE = "arn:aws:execute-api:us-east-1:000000000000:abc/v1/GET/items/{id}"
ALLOWED: dict[str, Any] = {
    "Effect": "Allow",
    "Principal": {"Service": "apigateway.amazonaws.com"},
    "Action": "lambda:InvokeFunction",
    "Resource": FUNCTION,
    "Condition": {"ArnLike": {"AWS:SourceArn": "arn:aws:execute-api:us-east-1:000000000000:abc/*"}},
}


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, True),
        ({"Condition": {}}, True),
        ({"Principal": "*"}, True),
        ({"Effect": "Deny"}, False),
        ({"Principal": {"Service": "sns.amazonaws.com"}}, False),
        ({"Action": "lambda:GetFunction"}, False),
        ({"Resource": FUNCTION.removesuffix(":live")}, False),
        ({"Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("abc", "other")}}}, False),
        ({"Condition": {"ArnLike": {"AWS:SourceArn": SOURCE.replace("GET", "POST")}}}, False),
    ],
)
def test_a_statement_is_for_one_function_and_its_requests(
    changed: dict[str, Any], expected: bool
) -> None:
    assert allows({"Statement": [{**ALLOWED, **changed}]}, FUNCTION, SOURCE) is expected


def test_without_a_statement_no_call_is_allowed() -> None:
    assert not allows({}, FUNCTION, SOURCE)
    assert not allows({"Statement": []}, FUNCTION, SOURCE)


@pytest.mark.emulator
def test_without_the_permission_the_answer_is_500(emulator: local.Emulator) -> None:
    base = deploy(emulator, "permitted", "permitted")
    assert ask(f"{base}/things")[0] == 200
    functions = connect("lambda", emulator.endpoint)
    functions.remove_permission(FunctionName="permitted", StatementId="api")
    status, _, body = ask(f"{base}/things")
    assert (status, "Internal server error" in body) == (500, True)
