"""The trace: complete at every moment, spans nested, a lane for each thread, no secrets."""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore.awsrequest import AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import MockRawResponse

from provision.aws.access import Access
from provision.aws.client import Aws
from provision.cli import main
from provision.errors import UsageError, WaitTimeout
from provision.trace import Trace, open_trace
from tests.integration.test_cli import CONFIG
from tests.support.virtual_clock import VirtualClock

Event = dict[str, Any]
REFUSED = b'{"__type": "ThrottlingException", "message": "Rate exceeded"}'
SECRET = "not-for-anybody-else"


def read(path: Path) -> list[Event]:
    """Return the events, after a check that each has the keys its phase requires."""
    events: list[Event] = json.loads(path.read_text())["traceEvents"]
    for event in events:
        assert event["ph"] in {"B", "E", "M"}
        assert type(event["pid"]) is int
        assert type(event["tid"]) is int
        if event["ph"] != "M":
            assert type(event["ts"]) is int
        if event["ph"] != "E":
            assert event["name"]
    return events


def spans(events: list[Event]) -> list[tuple[str, ...]]:
    """Return each span as the names of all spans around it; `B` and `E` match in every lane."""
    found: list[tuple[str, ...]] = []
    inside: dict[int, list[str]] = defaultdict(list)
    last: dict[int, int] = defaultdict(int)
    for event in events:
        if event["ph"] == "M":
            continue
        lane = event["tid"]
        assert event["ts"] >= last[lane], "time goes back in a lane"
        last[lane] = event["ts"]
        if event["ph"] == "B":
            inside[lane].append(event["name"])
            found.append(tuple(inside[lane]))
        else:
            inside[lane].pop()
    assert not any(inside.values()), "something began and never ended"
    return found


def lanes(events: list[Event]) -> dict[str, int]:
    named = [event for event in events if event.get("name") == "thread_name"]
    return {event["args"]["name"]: event["tid"] for event in named}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return {}\n")
    function = CONFIG["functions"]["items"] | {"environment": {"TOKEN": SECRET}}
    config = CONFIG | {"functions": {"items": function}}
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(config, sort_keys=False))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def provision(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main(list(words))
    return int(ended.value.code or 0)


def test_up_and_down_show_every_node_its_calls_and_its_second_look(
    account: None, home: Path
) -> None:
    assert provision("up", "--yes", "--trace", "up.json") == 0
    events = read(home / "up.json")
    found = spans(events)
    ends = {(path[0], path[-1]) for path in found}
    assert ("table.items (make)", "dynamodb:CreateTable") in ends
    assert ("table.items (look)", "dynamodb:DescribeTable") in ends
    assert ("table.items (second look)", "dynamodb:DescribeTable") in ends
    assert any(path[-1] == "package function items" for path in found)
    assert any(path[-1] == "client lambda" for path in found)
    assert any("function tap-dev-items to be ready" in path for path in found)
    assert {name for name in lanes(events) if name != "main"} >= {
        "node_0",
        "node_1",
    }
    calls = [event["args"] for event in events if "status" in event.get("args", {})]
    assert len(calls) > 100
    assert {call["status"] for call in calls} >= {200, 404}
    assert all(call["tries"] == 1 for call in calls)
    assert any(call.get("error") == "ResourceNotFoundException" for call in calls)
    assert SECRET not in (home / "up.json").read_text()

    assert provision("down", "--yes", "--trace", "down.json") == 0
    assert ("api (remove)", "apigateway:DeleteRestApi") in spans(read(home / "down.json"))


def test_a_command_that_fails_leaves_its_trace(account: None, home: Path) -> None:
    boto3.client("sqs").create_queue(QueueName="tap-dev-items-dead-letters")
    assert provision("up", "--yes", "--trace", "up.json") == 9
    ended = [e.get("args", {}) for e in read(home / "up.json") if e["ph"] == "E"]
    assert {"failed": "NotOwned"} in ended
    (home / "config.yaml").write_text("name: tap\nregio: x\n")
    assert provision("plan", "--trace", "plan.json") == 3
    assert spans(read(home / "plan.json")) == [("open",)]


def test_a_file_that_cannot_be_written_is_said_before_anything_is_done(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert provision("up", "--yes", "--trace", "nowhere/up.json") == 2
    assert "nowhere/up.json cannot be written" in capsys.readouterr().err
    with pytest.raises(UsageError), open_trace(home / "nowhere" / "x.json"):
        pass


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "trace.json"


def test_it_is_whole_at_every_moment(path: Path) -> None:
    with open_trace(path) as trace:
        trace.begin("outer", "test")
        assert [e["ph"] for e in read(path)] == ["M", "M", "B"]
        span = trace.begin("inner", "test")
        trace.end(span, {"status": 200})
        assert [e["ph"] for e in read(path)] == ["M", "M", "B", "B", "E"]


def test_what_an_error_left_open_ends_with_what_it_is_in(path: Path) -> None:
    with open_trace(path) as trace:
        outer = trace.begin("outer", "test")
        trace.begin("forgotten", "test")
        trace.end(outer)
        with trace.span("next", "test"):
            pass
    assert spans(read(path)) == [("outer",), ("outer", "forgotten"), ("next",)]


def test_threads_of_one_name_share_a_lane_unless_both_are_at_work(path: Path) -> None:
    def aside(work: Callable[[], object]) -> None:
        thread = threading.Thread(target=work, name="node_0")
        thread.start()
        thread.join()

    with open_trace(path) as trace:
        aside(lambda: trace.end(trace.begin("first", "test")))
        aside(lambda: trace.begin("second", "test"))
        aside(lambda: trace.end(trace.begin("beside", "test")))
    begun = {e["name"]: e["tid"] for e in read(path) if e["ph"] == "B"}
    assert begun["first"] == begun["second"] != begun["beside"]
    assert set(lanes(read(path))) == {"node_0", "node_0 (2)"}


def test_what_is_told_later_shares_no_lane_with_what_came_since(path: Path) -> None:
    """A waiting thread reports when it continues; another of its name ran in the meantime."""
    waiting, come = threading.Event(), threading.Event()

    def wait() -> None:
        began = trace.now()
        waiting.set()
        assert come.wait(10)
        trace.past("waited", "test", began)

    with open_trace(path) as trace:
        first = threading.Thread(target=wait, name="node_0")
        first.start()
        assert waiting.wait(10)
        second = threading.Thread(
            target=lambda: trace.end(trace.begin("came", "test")), name="node_0"
        )
        second.start()
        second.join()
        come.set()
        first.join()
    assert sorted(spans(read(path))) == [("came",), ("waited",)]


def test_without_a_file_nothing_is_recorded() -> None:
    trace = Trace()
    with trace.span("a", "test"):
        trace.past("b", "test", trace.now())
    assert trace.begin("c", "test") is None
    assert not trace.on


def traced(path: Path, refuse: Callable[..., Any], *, paced: bool = False) -> list[Event]:
    """Return the events recorded while a function is read from Lambda and `refuse` answers."""
    with open_trace(path) as trace:
        access = Access(
            "us-east-1",
            credentials=("test", "test"),
            on_client_created=lambda client: client.meta.events.register_first(
                "before-send.*.*", refuse
            ),
            rate_limited=paced,
        )
        aws = Aws(access, clock=VirtualClock(), trace=trace)
        if paced:
            for _ in range(3):
                aws.apigateway.create_rest_api(name="x")
        else:
            with pytest.raises(WaitTimeout):
                aws.wait("the moon", lambda: _absent(aws), budget=1)
    return read(path)


def _absent(aws: Aws) -> None:
    with pytest.raises(ClientError):
        aws.lambda_.get_function(FunctionName="x")


def test_waits_have_names_and_a_call_tells_its_tries(account: None, path: Path) -> None:
    asked: list[str] = []

    def throttled_once(request: Any, **_: Any) -> Any:
        asked.append(request.url)
        if len(asked) > 1:
            return None
        return AWSResponse(request.url, 429, HTTPHeaders(), MockRawResponse(REFUSED))

    events = traced(path, throttled_once)
    found = spans(events)
    call = ("the moon", "lambda:GetFunction")
    assert ("the moon", "client lambda") in found
    assert found.count(call) >= 2
    assert (*call, "AWS's rate limit") in found
    assert [e["args"]["tries"] for e in events if "tries" in e.get("args", {})][:2] == [2, 1]


def test_pacing_is_a_wait(account: None, path: Path) -> None:
    found = spans(traced(path, lambda **_: None, paced=True))
    assert ("API Gateway's rate of CreateRestApi",) in found
