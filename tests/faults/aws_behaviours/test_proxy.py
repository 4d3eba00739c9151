"""The court as a proxy: every protocol is understood, refused, changed and lost over HTTP."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionClosedError
from moto.server import ThreadedMotoServer

from provision.aws.access import Access
from provision.aws.client import Aws
from tests.faults.aws_behaviours.frame import Call, Court, Law, Lost, World
from tests.faults.aws_behaviours.proxy import FastClock, LawProxy
from tests.faults.aws_behaviours.request_parser import Request, decode_request
from tests.faults.aws_behaviours.rules.apigateway import KeysSpread
from tests.faults.aws_behaviours.rules.lambda_ import FirstPending
from tests.faults.aws_behaviours.test_frame import READS, Rewrites, Says
from tests.faults.aws_behaviours.wire import Answer
from tests.unit.steps.lambda_world import NAME, a_bundle, a_role

ROLE = "arn:aws:iam::123456789012:role/r"


@pytest.fixture(scope="module")
def emulator() -> Iterator[str]:
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


def client(service: str, endpoint: str) -> Any:
    return boto3.client(  # type: ignore[call-overload]  # by any name
        service,
        region_name="us-east-1",
        endpoint_url=endpoint,
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}, proxies={}),
    )


def proxy(emulator: str, *laws: Law, factor: float = 1.0) -> LawProxy:
    return LawProxy(Court(laws, FastClock(factor)), emulator)


@pytest.mark.parametrize(("service", "operation", "arguments"), READS, ids=[r[0] for r in READS])
def test_every_protocol_is_understood_and_changed(
    emulator: str, service: str, operation: str, arguments: dict[str, str]
) -> None:
    through = proxy(emulator, Rewrites(service))
    with through as endpoint:
        made = client(service, endpoint)
        name = made.meta.method_to_api_mapping[operation]
        made._make_api_call(name, arguments)
    assert through.unknown == []
    assert [sent.call for sent in through.court.sent] == [Call(service, name, arguments)]
    with proxy(emulator, Says(service)) as endpoint:
        made = client(service, endpoint)
        with pytest.raises(ClientError, match="SomeCode"):
            made._make_api_call(name, arguments)


def seen(service: str, operation: str, arguments: dict[str, Any]) -> Call:
    """Return the call that the proxy reads from boto3's request."""
    caught: list[Request] = []
    made = client(service, "http://127.0.0.1:1")

    def catch(request: Any, **_: Any) -> Any:
        prepared = {k.title(): _text(v) for k, v in request.headers.items()}
        target = request.url.removeprefix("http://127.0.0.1:1")
        caught.append(Request(request.method, target, prepared, _bytes(request.body)))
        raise ConnectionClosedError(endpoint_url="x")

    made.meta.events.register("before-send.*.*", catch)
    name = made.meta.method_to_api_mapping[operation]
    with pytest.raises(ConnectionClosedError):
        made._make_api_call(name, arguments)
    return decode_request(caught[0])[1]


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _bytes(value: Any) -> bytes:
    return value.encode() if isinstance(value, str) else value or b""


@pytest.mark.parametrize(
    ("service", "operation", "arguments"),
    [
        ("ec2", "delete_subnet", {"SubnetId": "subnet-1"}),
        (
            "ec2",
            "describe_network_interfaces",
            {"Filters": [{"Name": "group-id", "Values": ["sg-1", "sg-2"]}]},
        ),
        ("iam", "put_role_policy", {"RoleName": "r", "PolicyName": "p", "PolicyDocument": "{}"}),
        ("dynamodb", "update_table", {"TableName": "t", "DeletionProtectionEnabled": False}),
        ("sqs", "create_queue", {"QueueName": "q", "Attributes": {"DelaySeconds": "1"}}),
        (
            "apigateway",
            "update_stage",
            {
                "restApiId": "a",
                "stageName": "v1",
                "patchOperations": [{"op": "replace", "path": "/x", "value": "y"}],
            },
        ),
        ("apigateway", "create_api_key", {"name": "k"}),
        ("apigateway", "get_base_path_mappings", {"domainName": "api.example.com"}),
        ("apigateway", "tag_resource", {"resourceArn": "arn:aws:x::/a/b", "tags": {"a": "b"}}),
        ("lambda", "update_function_configuration", {"FunctionName": NAME, "MemorySize": 256}),
        ("lambda", "delete_function", {"FunctionName": NAME, "Qualifier": "2"}),
        (
            "route53",
            "list_resource_record_sets",
            {"HostedZoneId": "Z1", "StartRecordName": "a"},
        ),
    ],
    ids=lambda part: part if isinstance(part, str) else "",
)
def test_what_boto3_writes_is_read(service: str, operation: str, arguments: dict[str, Any]) -> None:
    call = seen(service, operation, arguments)
    assert call.service == service
    assert call.operation.lower() == operation.replace("_", "")
    assert call.params == arguments


def test_a_lost_answer_is_a_closed_connection(emulator: str) -> None:
    class Loses(Rewrites):
        def after(self, call: Call, *_: Any) -> Lost | None:
            return Lost() if call.operation == "CreateQueue" else None

    with proxy(emulator, Loses("sqs")) as endpoint:
        with pytest.raises(ConnectionClosedError):
            client("sqs", endpoint).create_queue(QueueName="lost")
        assert len(client("sqs", endpoint).list_queues(QueueNamePrefix="lost")["QueueUrls"]) == 1


class StaysPending(FirstPending):
    """Long enough for a slow machine to meet it twice."""

    def after(self, call: Call, answer: Answer, world: World) -> None:
        super().after(call, answer, world)
        if call.operation == "CreateFunction":
            self.active[NAME] = world.now() + 240


def test_laws_take_their_time_faster(emulator: str) -> None:
    """A naive client fails at a pending function here as well (L6); ours waits, in real time."""
    through = proxy(emulator, StaysPending(), factor=60)
    with through as endpoint:
        aws = Aws(Access(region="us-east-1", endpoint=endpoint, credentials=("test", "test")))
        role = a_role(aws)
        function = {
            "FunctionName": NAME,
            "Role": role,
            "Runtime": "python3.13",
            "Handler": "app.handler",
            "Code": {"ZipFile": a_bundle().content},
        }
        plain = client("lambda", endpoint)
        assert plain.create_function(**function)["State"] == "Pending"
        with pytest.raises(ClientError, match="'Pending'"):
            plain.update_function_configuration(FunctionName=NAME, MemorySize=256)
        aws.lambda_.update_function_configuration(FunctionName=NAME, MemorySize=256)
        assert aws.calls.retried > 0


def test_a27_a_key_is_not_known_at_once(emulator: str) -> None:
    law = KeysSpread()
    through = proxy(emulator, law, factor=100)
    with through as endpoint:
        gateway = client("apigateway", endpoint)
        key = gateway.create_api_key(name="k", value="k" * 20, enabled=True)["id"]
        plan = gateway.create_usage_plan(name="p")["id"]
        gateway.create_usage_plan_key(usagePlanId=plan, keyId=key, keyType="API_KEY")
        asked = urllib.request.Request(f"{endpoint}/x", headers={"x-api-key": "k" * 20})
        codes = []
        for _ in range(60):
            try:
                urllib.request.urlopen(asked).close()
            except urllib.error.HTTPError as error:
                codes.append(error.code)
                error.close()
            if codes[-1] != 403:
                break
            time.sleep(0.05)
    assert codes[0] == 403
    assert codes[-1] != 403
    assert json.dumps(law.known) != "{}"
