"""FilterLogEvents gives each event an id, and a token where `limit` ends the page."""

from __future__ import annotations

import time
from typing import Any

import pytest

from provision import local
from tests.unit.local.conftest import code_of, connect
from tests.unit.local.test_request_metrics import make_function

pytestmark = pytest.mark.emulator

GROUP = "pages"


@pytest.fixture(scope="module")
def logs(emulator: local.Emulator) -> Any:
    """Return a client; its log group has 25 lines in two streams, many with equal timestamps."""
    client = connect("logs", emulator.endpoint)
    client.create_log_group(logGroupName=GROUP)
    now = int(time.time() * 1000)
    for stream in ("a", "b"):
        client.create_log_stream(logGroupName=GROUP, logStreamName=stream)
    for n in range(25):
        line = {"timestamp": now + n // 10, "message": f"line {n}"}
        client.put_log_events(logGroupName=GROUP, logStreamName="ab"[n % 2], logEvents=[line])
    return client


def every(logs: Any, **more: Any) -> list[dict[str, Any]]:
    """Return the events of all pages, following the tokens."""
    found: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = logs.filter_log_events(logGroupName=GROUP, **more, **token)
        assert len(page["events"]) <= more.get("limit", 10_000)
        found += page["events"]
        if "nextToken" not in page:
            return found
        token = {"nextToken": page["nextToken"]}


@pytest.mark.parametrize("limit", [1, 3, 10, 25, 10_000])
def test_pages_have_every_line_once_in_order(logs: Any, limit: int) -> None:
    found = every(logs, limit=limit)
    assert sorted(event["message"] for event in found) == sorted(f"line {n}" for n in range(25))
    assert [e["timestamp"] for e in found] == sorted(e["timestamp"] for e in found)
    assert found == every(logs)


def test_a_line_that_comes_between_two_pages_takes_none_away(logs: Any) -> None:
    name = "between"
    logs.create_log_group(logGroupName=name)
    logs.create_log_stream(logGroupName=name, logStreamName="s")
    where = {"logGroupName": name, "logStreamName": "s"}
    now = int(time.time() * 1000)
    for n in range(4):
        logs.put_log_events(**where, logEvents=[{"timestamp": now, "message": str(n)}])
    first = logs.filter_log_events(logGroupName=name, limit=2)
    for at in (now - 5, now):
        logs.put_log_events(**where, logEvents=[{"timestamp": at, "message": "late"}])
    rest = logs.filter_log_events(logGroupName=name, nextToken=first["nextToken"])
    found = [event["message"] for event in [*first["events"], *rest["events"]]]
    assert found == ["0", "1", "2", "3", "late"]


def test_filters_go_through_all_pages(logs: Any) -> None:
    found = every(logs, limit=2, filterPattern="2")
    assert {event["message"] for event in found} >= {"line 2", "line 12", "line 20"}
    assert len(found) == len({event["eventId"] for event in found}) == 7
    assert {event["logStreamName"] for event in every(logs, logStreamNames=["a"])} == {"a"}
    moments = [event["timestamp"] for event in every(logs)]
    part = every(logs, startTime=moments[0] + 1, endTime=moments[-1] - 1, limit=3)
    assert len(part) == 10


def test_the_lines_of_a_function_have_ids_that_stay(emulator: local.Emulator, logs: Any) -> None:
    make_function(emulator, "told")
    functions = connect("lambda", emulator.endpoint)
    functions.invoke(FunctionName="told", Payload=b'{"queryStringParameters": {"fail": "1"}}')
    asked = {"logGroupName": "/aws/lambda/told"}
    first = [event["eventId"] for event in logs.filter_log_events(**asked)["events"]]
    assert len(first) == len(set(first)) >= 3
    assert [event["eventId"] for event in logs.filter_log_events(**asked)["events"]] == first


def test_a_group_that_is_not_there(logs: Any) -> None:
    code = code_of(lambda: logs.filter_log_events(logGroupName="nowhere"))
    assert code == "ResourceNotFoundException"
