"""Requests to an API leave metrics and access log lines, as on AWS."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest

from provision import local
from tests.unit.local.conftest import connect, zipped

pytestmark = pytest.mark.emulator

REGION = "us-east-1"
GROUP = "access"
MISSING = "MISSING_AUTHENTICATION_TOKEN"
FORMAT = json.dumps(
    {
        name: f"$context.{name}"
        for name in ("httpMethod", "path", "resourcePath", "status", "stage", "unheard.of")
    }
    | {"id": "$context.extendedRequestId", "error": "$context.error.responseType"}
    | {"invocation": "$context.integration.requestId"}
)
CODE = """
def handler(event, context):
    if event["queryStringParameters"]:
        raise ValueError("asked to")
    return {"statusCode": 200, "body": event["requestContext"]["extendedRequestId"]}
"""


class Served(NamedTuple):
    """The ids and bodies of an API's answers."""

    ids: list[str]
    bodies: list[str]


@pytest.fixture(scope="module")
def served(emulator: local.Emulator) -> Served:
    """Return the answers of an API whose requests are counted, because no other test calls it."""
    base = deploy(emulator, "api", "things")
    answers = [ask(f"{base}{path}") for path in ("/things", "/things?fail=1", "/nothing")]
    assert [status for status, _, _ in answers] == [200, 502, 403]
    return Served([one for _, one, _ in answers], [body for _, _, body in answers])


@pytest.fixture(scope="module")
def refusing(emulator: local.Emulator) -> str:
    """Return the URL of another such API, whose requests are not counted."""
    return deploy(emulator, "other", "others")


def deploy(emulator: local.Emulator, name: str, function: str) -> str:
    """Return the URL of an API in which GET /things runs the function."""
    make_function(emulator, function)
    gateway = connect("apigateway", emulator.endpoint)
    api = gateway.create_rest_api(name=name)["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    things = gateway.create_resource(restApiId=api, parentId=root, pathPart="things")["id"]
    method = {"restApiId": api, "resourceId": things, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    arn = f"arn:aws:lambda:{REGION}:{local.ACCOUNT}:function:{function}"
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{arn}/invocations",
    )
    gateway.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    )
    deployment = gateway.create_deployment(restApiId=api)["id"]
    gateway.create_stage(restApiId=api, stageName="v1", deploymentId=deployment)
    connect("logs", emulator.endpoint).create_log_group(logGroupName=f"{GROUP}-{name}")
    group = f"arn:aws:logs:{REGION}:{local.ACCOUNT}:log-group:{GROUP}-{name}"
    gateway.update_stage(
        restApiId=api,
        stageName="v1",
        patchOperations=[
            {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": group},
            {"op": "replace", "path": "/accessLogSettings/format", "value": FORMAT},
        ],
    )
    return local.invoke_url(emulator.endpoint, api, "v1")


def make_function(emulator: local.Emulator, name: str) -> None:
    functions = connect("lambda", emulator.endpoint)
    functions.create_function(
        FunctionName=name,
        Runtime="python3.13",
        Role=f"arn:aws:iam::{local.ACCOUNT}:role/any",
        Handler="code.handler",
        Code={"ZipFile": zipped(code=CODE)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName=name)
    functions.add_permission(
        FunctionName=name,
        StatementId="api",
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
    )


def ask(url: str) -> tuple[int, str, str]:
    """Return status, request id and body."""
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return answer.status, answer.headers["x-amz-apigw-id"], answer.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["x-amz-apigw-id"], error.read().decode()


def total(emulator: local.Emulator, namespace: str, metric: str, **dimensions: str) -> float:
    now = datetime.now(UTC)
    answer: Any = connect("cloudwatch", emulator.endpoint).get_metric_statistics(
        Namespace=namespace,
        MetricName=metric,
        Dimensions=[{"Name": name, "Value": value} for name, value in dimensions.items()],
        StartTime=now - timedelta(hours=1),
        EndTime=now + timedelta(minutes=1),
        Period=3600,
        Statistics=["Sum"],
    )
    return float(sum(point["Sum"] for point in answer["Datapoints"]))


def test_metrics_of_the_api(emulator: local.Emulator, served: Served) -> None:
    expected = {"Count": 3, "4XXError": 1, "5XXError": 1}
    for metric, count in expected.items():
        assert total(emulator, "AWS/ApiGateway", metric, ApiName="api") == count, metric
        both = total(emulator, "AWS/ApiGateway", metric, ApiName="api", Stage="v1")
        assert both == count, metric
    assert total(emulator, "AWS/ApiGateway", "Latency", ApiName="api") > 0


def test_metrics_of_its_function(emulator: local.Emulator, served: Served) -> None:
    assert total(emulator, "AWS/Lambda", "Invocations", FunctionName="things") == 2
    assert total(emulator, "AWS/Lambda", "Errors", FunctionName="things") == 1
    assert total(emulator, "AWS/Lambda", "Duration", FunctionName="things") > 0


def test_metrics_of_an_alias_are_of_what_was_called_by_it(emulator: local.Emulator) -> None:
    make_function(emulator, "tried")
    functions = connect("lambda", emulator.endpoint)
    number = functions.publish_version(FunctionName="tried")["Version"]
    functions.create_alias(FunctionName="tried", Name="live", FunctionVersion=number)
    for qualifier in (number, "live", "live"):
        functions.invoke(FunctionName="tried", Qualifier=qualifier, Payload=b"[]")
    live = {"FunctionName": "tried", "Resource": "tried:live"}
    by_number = live | {"Resource": f"tried:{number}"}
    for metric in ("Invocations", "Errors"):
        assert total(emulator, "AWS/Lambda", metric, **live) == 2, metric
        assert total(emulator, "AWS/Lambda", metric, **by_number) == 1, metric
    assert total(emulator, "AWS/Lambda", "Duration", **live) > 0


@pytest.mark.parametrize("kind", ["RequestResponse", "Event"])
def test_an_answer_has_the_id_that_the_log_has(emulator: local.Emulator, kind: Any) -> None:
    name = f"named-{kind}"
    make_function(emulator, name)
    functions = connect("lambda", emulator.endpoint)
    answers = [
        functions.invoke(FunctionName=name, InvocationType=kind, Payload=payload)
        for payload in (b"[]", b"{}")
    ]
    ids = {answer["ResponseMetadata"]["RequestId"] for answer in answers}
    patience = time.monotonic() + 30
    while set(invocations(emulator, name)) != ids and time.monotonic() < patience:
        time.sleep(0.2)
    assert set(invocations(emulator, name)) == ids
    assert len(ids) == 2


def test_access_log(emulator: local.Emulator, served: Served) -> None:
    logs = connect("logs", emulator.endpoint)
    events = logs.filter_log_events(logGroupName=f"{GROUP}-api")["events"]
    common = {"httpMethod": "GET", "stage": "v1", "unheard.of": "-", "error": "-"}
    things = {**common, "path": "/v1/things", "resourcePath": "/things"}
    lines = [json.loads(event["message"]) for event in events]
    assert [line.pop("id") for line in lines] == served.ids
    assert [line.pop("invocation") for line in lines] == [*invocations(emulator, "things"), "-"]
    assert lines == [
        {**things, "status": "200"},
        {**things, "status": "502", "error": "DEFAULT_5XX"},
        {**common, "path": "/v1/nothing", "resourcePath": "-", "status": "403", "error": MISSING},
    ]


def invocations(emulator: local.Emulator, function: str) -> list[str]:
    """Return the ids of the function's invocations, as its log has them."""
    logs = connect("logs", emulator.endpoint)
    try:
        found = logs.filter_log_events(logGroupName=f"/aws/lambda/{function}")["events"]
    except logs.exceptions.ResourceNotFoundException:  # until its first line
        return []
    started = (event["message"].split() for event in found)
    return [words[2] for words in started if words[:2] == ["START", "RequestId:"]]


def test_the_function_is_told_the_id_that_the_answer_carries(served: Served) -> None:
    assert served.bodies[0] == served.ids[0]
    assert len(set(served.ids)) == 3


def test_a_function_that_fails_is_a_gateway_response(refusing: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{refusing}/things?fail=1", timeout=10)
    with caught.value as answer:
        assert answer.code == 502
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert json.load(answer)["message"] == "Internal server error"


@pytest.mark.parametrize(("size", "status"), [(10 * 1024**2, 403), (10 * 1024**2 + 1, 413)])
def test_a_body_of_more_than_10_mb_is_refused_before_all_else(
    refusing: str, size: int, status: int
) -> None:
    """AWS refuses it first too, on any path: no resource here has a POST method."""
    request = urllib.request.Request(f"{refusing}/things", data=bytes(size), method="POST")
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(request, timeout=20)
    with caught.value as answer:
        assert answer.code == status
        assert answer.headers["x-amz-apigw-id"]
        if status == 413:
            assert json.load(answer)["message"] == "Request Too Long"
