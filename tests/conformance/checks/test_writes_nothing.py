"""Nothing that could write is sent, however broken the stack is."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator

import pytest

from tests.conformance.checks.place import FUNCTION, CheckedPlace, checked_place

pytestmark = pytest.mark.emulator

WRITES = """
import boto3, os, uuid

TABLE = boto3.client("dynamodb")

def handler(event, context):
    if event.get("httpMethod") not in ("GET", "HEAD"):
        TABLE.put_item(TableName=os.environ["TABLE_ITEMS"], Item={"id": {"S": str(uuid.uuid4())}})
    origins = [one.strip() for one in os.environ["CORS_ORIGIN"].split(",")]
    sent = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    asked = sent.get("origin")
    headers = {
        "Access-Control-Allow-Origin": asked if asked in origins else origins[0],
        "Access-Control-Allow-Credentials": "true",
        "Vary": "Origin",
    }
    return {"statusCode": 200, "headers": headers, "body": "{}"}
"""
TABLE = "tap-local-items"
SAFE = {"GET", "OPTIONS"}
VERBS = [
    ("POST", "/items"),
    ("PUT", "/items/{id}"),
    ("DELETE", "/items/{id}"),
    ("GET", "/items"),
    ("GET", "/items/{id}"),
    ("GET", "/search"),
]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CheckedPlace]:
    """Deploy the stack with a function that writes; the tests break it more and more."""
    with checked_place(tmp_path_factory.mktemp("checked") / "home") as made:
        made.client("dynamodb").put_item(TableName=TABLE, Item={"id": {"S": "kept"}})
        every_route_writes(made)
        yield made


def sent(place: CheckedPlace) -> list[tuple[str, str, str]]:
    """Return method, route and status of each request that reached the stage."""
    pages = place.client("logs").get_paginator("filter_log_events")
    lines = [
        json.loads(event["message"])
        for page in pages.paginate(logGroupName="/aws/apigateway/tap-local")
        for event in page["events"]
    ]
    return [(line["method"], line["route"], line["status"]) for line in lines]


def items(place: CheckedPlace) -> list[str]:
    found = place.client("dynamodb").scan(TableName=TABLE)["Items"]
    return sorted(item["id"]["S"] for item in found)


def every_route_writes(place: CheckedPlace) -> None:
    """Let the function make an item for each method that may change anything."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as file:
        file.writestr("app.py", WRITES)
    place.functions.update_function_code(FunctionName=FUNCTION, ZipFile=packed.getvalue())
    place.publish_as_it_is()


def keyless(place: CheckedPlace) -> None:
    for method, path in VERBS:
        patch = [{"op": "replace", "path": "/apiKeyRequired", "value": "false"}]
        place.gateway.update_method(**place.method(method, path), patchOperations=patch)


def unvalidated(place: CheckedPlace) -> None:
    for method, path in VERBS[:2]:
        patch = [{"op": "replace", "path": "/requestValidatorId", "value": ""}]
        place.gateway.update_method(**place.method(method, path), patchOperations=patch)


def test_on_a_sound_stack_bodies_are_sent_and_refused(place: CheckedPlace) -> None:
    """So the two below are not empty: these requests are made."""
    assert place.failing() == set()
    unsafe = [one for one in sent(place) if one[0] not in SAFE]
    assert {method for method, _, _ in unsafe} == {"POST", "PUT"}
    assert {status for _, _, status in unsafe} == {"400", "403"}
    assert items(place) == ["kept"]


def test_validators_that_the_stage_may_not_serve_are_not_relied_on(place: CheckedPlace) -> None:
    """The API shows them, and what is deployed was made by another party meanwhile."""
    before = len(sent(place))
    good = place.gateway.get_stage(**place.stage)["deploymentId"]
    made = place.gateway.create_deployment(restApiId=place.api, description="by hand")["id"]
    place.serve(made)
    assert place.failing() == {"body-refused"}
    place.serve(good)
    assert {method for method, _, _ in sent(place)[before:]} == SAFE
    assert items(place) == ["kept"]


def test_a_stack_that_would_take_everything_is_asked_for_nothing(place: CheckedPlace) -> None:
    """No validator, no key, and a function that writes: `check` sees that, and writes nothing."""
    before = len(sent(place))
    keyless(place)
    unvalidated(place)
    place.deploy()
    assert {"key-missing", "key-wrong", "body-refused"} <= place.failing()
    assert {method for method, _, _ in sent(place)[before:]} == SAFE
    assert items(place) == ["kept"]
