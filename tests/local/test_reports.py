"""Requests to an API leave metrics and access log lines, as they do on AWS."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from provision import local
from tests.local.conftest import connect, zipped

pytestmark = pytest.mark.emulator

REGION = "us-east-1"
GROUP = "access"
FORMAT = json.dumps(
    {
        name: f"$context.{name}"
        for name in ("httpMethod", "path", "resourcePath", "status", "stage", "unheard.of")
    }
)
CODE = """
def handler(event, context):
    if event["queryStringParameters"]:
        raise ValueError("asked to")
    return {"statusCode": 200, "body": "fine"}
"""


@pytest.fixture(scope="module")
def url(emulator: local.Emulator) -> str:
    """A deployed API: GET /things runs a function."""
    make_function(emulator)
    gateway = connect("apigateway", emulator.endpoint)
    api = gateway.create_rest_api(name="api")["id"]
    root = gateway.get_resources(restApiId=api)["items"][0]["id"]
    things = gateway.create_resource(restApiId=api, parentId=root, pathPart="things")["id"]
    method = {"restApiId": api, "resourceId": things, "httpMethod": "GET"}
    gateway.put_method(**method, authorizationType="NONE")
    function = f"arn:aws:lambda:{REGION}:{local.ACCOUNT}:function:things"
    gateway.put_integration(
        **method,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{REGION}:lambda:path/2015-03-31/functions/{function}/invocations",
    )
    gateway.put_gateway_response(
        restApiId=api,
        responseType="DEFAULT_5XX",
        responseParameters={"gatewayresponse.header.Access-Control-Allow-Origin": "'*'"},
    )
    deployment = gateway.create_deployment(restApiId=api)["id"]
    gateway.create_stage(restApiId=api, stageName="v1", deploymentId=deployment)
    connect("logs", emulator.endpoint).create_log_group(logGroupName=GROUP)
    group = f"arn:aws:logs:{REGION}:{local.ACCOUNT}:log-group:{GROUP}"
    gateway.update_stage(
        restApiId=api,
        stageName="v1",
        patchOperations=[
            {"op": "replace", "path": "/accessLogSettings/destinationArn", "value": group},
            {"op": "replace", "path": "/accessLogSettings/format", "value": FORMAT},
        ],
    )
    base = local.invoke_url(emulator.endpoint, api, "v1")
    assert status_of(f"{base}/things") == 200
    assert status_of(f"{base}/things?fail=1") == 502
    assert status_of(f"{base}/nothing") == 403
    return base


def make_function(emulator: local.Emulator) -> None:
    functions = connect("lambda", emulator.endpoint)
    functions.create_function(
        FunctionName="things",
        Runtime="python3.13",
        Role=f"arn:aws:iam::{local.ACCOUNT}:role/any",
        Handler="code.handler",
        Code={"ZipFile": zipped(code=CODE)},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="things")


def status_of(url: str) -> int:
    try:
        with urllib.request.urlopen(url, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code


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


def test_metrics_of_the_api(emulator: local.Emulator, url: str) -> None:
    expected = {"Count": 3, "4XXError": 1, "5XXError": 1}
    for metric, count in expected.items():
        assert total(emulator, "AWS/ApiGateway", metric, ApiName="api") == count, metric
        both = total(emulator, "AWS/ApiGateway", metric, ApiName="api", Stage="v1")
        assert both == count, metric
    assert total(emulator, "AWS/ApiGateway", "Latency", ApiName="api") > 0


def test_metrics_of_its_function(emulator: local.Emulator, url: str) -> None:
    assert total(emulator, "AWS/Lambda", "Invocations", FunctionName="things") == 2
    assert total(emulator, "AWS/Lambda", "Errors", FunctionName="things") == 1
    assert total(emulator, "AWS/Lambda", "Duration", FunctionName="things") > 0


def test_access_log(emulator: local.Emulator, url: str) -> None:
    events = connect("logs", emulator.endpoint).filter_log_events(logGroupName=GROUP)["events"]
    common = {"httpMethod": "GET", "stage": "v1", "unheard.of": "-"}
    things = {**common, "path": "/v1/things", "resourcePath": "/things"}
    assert [json.loads(event["message"]) for event in events] == [
        {**things, "status": "200"},
        {**things, "status": "502"},
        {**common, "path": "/v1/nothing", "resourcePath": "-", "status": "403"},
    ]


def test_a_function_that_fails_is_a_gateway_response(url: str) -> None:
    with pytest.raises(urllib.error.HTTPError) as caught:
        urllib.request.urlopen(f"{url}/things?fail=1", timeout=10)
    with caught.value as answer:
        assert answer.code == 502
        assert answer.headers["Access-Control-Allow-Origin"] == "*"
        assert json.load(answer)["message"] == "Internal server error"
