"""`provision logs` as a user meets it: stories, lines, documents, filters, exit codes."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, SSLError

from provision.aws.call_hooks import CallHooks
from provision.clock import Clock
from provision.errors import Interrupted
from provision.state.import_checks import recall, remember
from provision.workflows.logs.reader import LogReader
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)

ONE, OTHER = "11111111-2222-3333-4444-555555555555", "99999999-2222-3333-4444-555555555555"
FUNCTION, ACCESS = "/aws/lambda/tap-dev-items", "/aws/apigateway/tap-dev"
STREAM = "2026/12/01/[8]0f9d1c"
HOSTILE = "\x1b[2J\r\nnot a line of ours \u202e ::error::"


@dataclass
class Written:
    """The stack's log groups, and the tool on them."""

    provision: Provision
    began: int = field(default_factory=lambda: int(time.time() * 1000) - 60_000)

    @property
    def execution(self) -> str:
        groups = boto3.client("logs").describe_log_groups(logGroupNamePrefix="API-Gateway")
        name: str = groups["logGroups"][0]["logGroupName"]
        return name

    def put(self, group: str, *messages: str, stream: str = STREAM, at: int = 0) -> None:
        logs: Any = boto3.client("logs")
        where = {"logGroupName": group, "logStreamName": stream}
        if not logs.describe_log_streams(logGroupName=group, logStreamNamePrefix=stream)[
            "logStreams"
        ]:
            logs.create_log_stream(**where)
        events = [
            {"timestamp": self.began + at + n, "message": text} for n, text in enumerate(messages)
        ]
        logs.put_log_events(**where, logEvents=events)

    def request(self, request: str, invocation: str, status: int, *said: str, at: int) -> None:
        access = {
            "request_id": request,
            "function_request_id": invocation,
            "api_key_id": key_id(),
            "method": "GET",
            "route": "/items",
            "status": str(status),
            "error": "-",
            "latency_ms": "38",
        }
        ended = f"REPORT RequestId: {invocation}\tDuration: 30.00 ms"
        started = f"START RequestId: {invocation} Version: 8"
        self.put(FUNCTION, started, *said, ended, at=at)
        self.put(ACCESS, json.dumps(access), stream="a", at=at + 20)


def key_id() -> str:
    found: str = boto3.client("apigateway").get_api_keys()["items"][0]["id"]
    return found


@pytest.fixture
def written(account: None, provision: Provision) -> Written:  # noqa: F811
    assert provision("up", "--yes").code == 0
    made = Written(provision)
    made.request("E1=", ONE, 200, "fine", at=0)
    made.request("E2=", OTHER, 502, "before it", "[ERROR] KeyError: 'id'\rTraceback", at=100)
    made.put(made.execution, "(mine) Extended Request Id: E2=", stream="e", at=105)
    made.put(made.execution, "(mine) Execution failed due to an error", stream="e", at=106)
    return made


def test_a_request_is_one_story(written: Written) -> None:
    shown = written.provision("logs")
    assert (shown.code, shown.err) == (0, "")
    lines = shown.out.splitlines()
    assert [line.startswith("    ") for line in lines] == [False, True, False, *[True] * 5]
    assert lines[0].split()[1:] == ["GET", "/items", "200", "38", "ms", "default", "v8", "E1="]
    assert lines[1].split()[1:] == ["items", "v8", "fine"]
    assert lines[2].split()[-1] == "E2="
    assert [line.split()[-1] for line in lines[3:]] == ["it", "'id'", "Traceback", "E2=", "error"]
    assert "ERROR Execution failed" in lines[-1]


def test_errors_show_the_whole_story_and_each_line_alone_where_nothing_is_joined(
    written: Written,
) -> None:
    assert "before it" in written.provision("logs", "--errors").out
    assert "fine" not in written.provision("logs", "--errors").out
    alone = written.provision("logs", "--errors", "--no-join").out
    assert [line.split()[1] for line in alone.splitlines() if "| " not in line] == [
        "items",
        "api",
        "api",
    ]


ASKED: list[tuple[tuple[str, ...], set[str]]] = [
    (("--request", "E2="), {"E2="}),
    (("--request", OTHER[:8] + "…"), {"E2="}),
    (("--request", "mine"), {"E2="}),
    (("--filter", "FINE"), {"E1="}),
    (("--version", "8"), {"E1=", "E2="}),
    (("--version", "7"), set()),
    (("items", "--filter", "keyerror"), {"99999999…"}),
    (("api",), {"E1=", "E2="}),
    (("--until", "30m", "--since", "1h"), set()),
    (("--limit", "5"), {"E2="}),
]


def test_what_is_asked_for(written: Written) -> None:
    """A look changes nothing, so one account answers all of them."""
    for words, lines in ASKED:
        shown = written.provision("logs", *words)
        assert shown.code == 0, words
        headings = [line for line in shown.out.splitlines() if not line.startswith("    ")]
        assert {line.split()[-1] for line in headings} == lines, words
        assert ("only the newest lines" in shown.err) is ("--limit" in words), words


def test_the_document(written: Written) -> None:
    document = written.provision("logs", "--json", "--errors").json
    assert document.keys() == {
        *("schema", "stack", "environment", "region", "account"),
        *("events", "truncated", "calls", "seconds", "error"),
    }
    assert (document["stack"], document["truncated"], document["error"]) == ("tap-dev", False, None)
    assert document["calls"]["write"] == 0
    assert [event["source"] for event in document["events"]] == [
        "function.items",
        "api.execution",
        "api.access",
    ]
    assert {event["request"] for event in document["events"]} == {"E2="}
    first = document["events"][0]
    assert first["node"] == "function.items.logs"
    assert (first["level"], first["version"], first["invocation"]) == ("ERROR", "8", OTHER)
    assert first["at"].endswith("Z")
    assert written.provision("logs", "--json", "--limit", "2").json["truncated"] is True
    lines = written.provision("logs", "--jsonl", "--errors").out.splitlines()
    assert [json.loads(line) for line in lines] == document["events"]


def test_no_control_character_vanishes(written: Written) -> None:
    written.put(FUNCTION, "a\ab\x0bc\x0cd\be", json.dumps({"message": "x", "more": "f\ag"}), at=900)
    out = written.provision("logs", "--no-join").out
    assert r"a\x07b\x0bc\x0cd\x08e" in out
    assert r"more=f\x07g" in out


def test_hostile_text_stays_text(written: Written) -> None:
    written.put(FUNCTION, HOSTILE, json.dumps({"message": HOSTILE, "a": HOSTILE}), at=500)
    for words in ((), ("--no-join",), ("--raw",), ("--json",), ("--jsonl",)):
        shown = written.provision("logs", *words).out
        assert all(char.isprintable() or char == "\n" for char in shown), words
        assert "\nnot a line of ours" not in shown, words
        assert "not a line of ours" in shown, words


def test_in_a_log_of_a_ci_no_line_is_a_command(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    written.put(FUNCTION, "::error::told", json.dumps({"message": "::error::told"}), at=500)
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    for words in ((), ("--no-join",), ("--raw",), ("--json",), ("--jsonl",)):
        assert "::error::" not in written.provision("logs", *words).out, words
    lines = written.provision("logs", "--jsonl").out.splitlines()
    assert "::error::told" in {json.loads(line)["message"] for line in lines}


def test_what_is_not_there_or_not_understood(written: Written) -> None:
    run = written.provision
    for words in (
        ("nobody",),
        ("--since", "yesterday"),
        ("--since", "1m", "--until", "2m"),
        ("--since", "2999-01-01"),
        ("--json", "--jsonl"),
        ("--raw", "--jsonl"),
        ("-f", "--json"),
        ("-f", "--until", "1m"),
        ("-f", "--limit", "5"),
    ):
        assert run("logs", *words).code == 2, words
    boto3.client("logs").delete_log_group(logGroupName=FUNCTION)
    gone = run("logs", "items")
    assert gone.code == 1
    assert FUNCTION in gone.err
    assert run("logs").code == 0, "the others are there"


def test_before_anything_is_deployed(account: None, provision: Provision) -> None:  # noqa: F811
    refused = provision("logs")
    assert refused.code == 1
    assert "provision up" in refused.err
    assert provision("logs", "--json").json["error"]["exit_code"] == 1


def test_without_state_it_finds_the_groups(written: Written, home: Path) -> None:  # noqa: F811
    for file in (home / ".provision" / "dev").iterdir():
        file.unlink()
    assert "E2=" in written.provision("logs").out


def acts(monkeypatch: pytest.MonkeyPatch, *acts: Callable[[], Any]) -> None:
    """Do the next of these between two rounds, and end after the last as Ctrl-C does."""
    left = iter(acts)

    def sleep(_: Clock, seconds: float) -> None:
        if seconds < 0.9:
            return
        act = next(left, None)
        if act is None:
            raise Interrupted("interrupted")
        act()

    monkeypatch.setattr(Clock, "sleep", sleep)


def test_follow_prints_each_request_once_and_late_lines_with_its_id(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    monkeypatch.setattr(Clock, "now", lambda _: now[0])

    def later(seconds: float, *lines: str) -> Callable[[], None]:
        def act() -> None:
            now[0] += seconds
            if lines:
                written.put(FUNCTION, *lines, at=30_000)

        return act

    late = f"[INFO]\t2026-12-01T06:00:00.000Z\t{ONE}\tlate"
    acts(monkeypatch, later(1), later(10, late), later(10), later(10))
    shown = written.provision("logs", "--follow")
    assert shown.code == 130
    headings = [line for line in shown.out.splitlines() if not line.startswith("    ")]
    assert [line.split()[-1] for line in headings] == ["E1=", "E2=", "(late)"]
    assert shown.out.count("fine") == 1
    assert shown.out.splitlines()[-1].split()[-1] == "late"


def test_follow_prints_at_its_end_the_lines_of_requests_that_go_on(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Clock, "now", lambda _: 0.0)
    going_on = f"[INFO]\t2026-12-01T06:00:00.000Z\t{ONE.replace('1', '7')}\tgoing on"
    acts(monkeypatch, lambda: written.put(FUNCTION, going_on, at=30_000))
    shown = written.provision("logs", "--follow")
    assert shown.code == 130
    assert "going on" in shown.out
    assert "going on" not in written.provision("logs", "--follow", "--errors").out


def test_follow_in_json_lines_prints_what_comes(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    acts(monkeypatch, lambda: written.put(FUNCTION, "new", at=30_000))
    shown = written.provision("logs", "items", "--follow", "--jsonl")
    found = [json.loads(line)["message"] for line in shown.out.splitlines()]
    assert found[-1] == "new"
    assert len(found) == 8


def test_an_import_check_is_labelled_and_none_of_the_errors(written: Written) -> None:
    (tried,) = recall(Path(".provision/dev"))
    assert (tried.version, tried.error) == ("1", "")
    own = "00000000-2222-3333-4444-555555555555"  # the emulator's are in no form of Lambda
    remember(Path(".provision/dev"), [replace(tried, request=own)])
    written.put(
        FUNCTION,
        f"START RequestId: {own} Version: 1",
        "[ERROR] KeyError: 'path'",
        f"REPORT RequestId: {own}\tDuration: 30.00 ms",
        stream="2026/12/01/[1]0f9d1c",
        at=5_000,
    )
    whole = written.provision("logs", "items")
    assert sum("(import check)" in line for line in whole.out.splitlines()) == 1
    assert "KeyError: 'path'" in whole.out
    assert "harmless: the code was imported" in whole.out
    assert "KeyError: 'path'" not in written.provision("logs", "items", "--errors").out
    events = written.provision("logs", "items", "--json").json["events"]
    assert [event["invocation"] for event in events if event["import_check"]] == [own] * 3


def test_an_import_that_fails_is_one_of_the_errors(written: Written) -> None:
    (tried,) = recall(Path(".provision/dev"))
    own = "00000000-2222-3333-4444-555555555555"
    failed = replace(tried, request=own, error="Runtime.ImportModuleError")
    remember(Path(".provision/dev"), [failed])
    written.put(
        FUNCTION,
        f"START RequestId: {own} Version: 1",
        "[ERROR] Runtime.ImportModuleError: Unable to import module 'app'",
        f"REPORT RequestId: {own}\tDuration: 30.00 ms",
        stream="2026/12/01/[1]0f9d1c",
        at=5_000,
    )
    shown = written.provision("logs", "items", "--errors").out
    assert "(import check)" in shown
    assert "Unable to import module 'app'" in shown
    assert "does not matter" not in shown


def test_the_attempts_of_an_event_are_numbered(written: Written) -> None:
    own = "00000000-2222-3333-4444-555555555555"
    for number in (1, 2):
        written.put(
            FUNCTION,
            f"START RequestId: {own} Version: 1",
            f"[ERROR] KeyError: {number}",
            f"REPORT RequestId: {own}\tDuration: 30.00 ms",
            stream=f"2026/12/01/[1]0f9d1{number}",
            at=5_000 * number,
        )
    lines = written.provision("logs", "items", "--request", own).out.splitlines()
    told = [line.strip() for line in lines if "attempt" in line or "KeyError" in line]
    assert [line.split()[0] for line in told[::2]] == ["attempt", "attempt"]
    assert told[0] == "attempt 1 of 2"
    assert told[1].endswith("KeyError: 1")
    assert told[2] == "attempt 2 of 2"
    assert told[3].endswith("KeyError: 2")


def test_numbers_that_are_no_json_are_texts_in_documents(written: Written) -> None:
    deep = f"{'[' * 300}{']' * 300}"
    line = '{"level": "ERROR", "message": "x", "a": NaN, "b": [1E400, 1], "c": ' + deep + "}"
    written.put(FUNCTION, line, at=10_000)

    def refuse(name: str) -> None:
        raise AssertionError(name)

    whole = json.loads(written.provision("logs", "--json").out, parse_constant=refuse)
    one = written.provision("logs", "--jsonl", "--filter", "NaN").out
    for event in (whole["events"][-1], json.loads(one, parse_constant=refuse)):
        assert event["fields"] == {"a": "NaN", "b": "[Infinity, 1]", "c": deep}
        assert event["level"] == "ERROR"


LOST = EndpointConnectionError(endpoint_url="https://logs.test", error="x")


def test_follow_goes_on_after_an_outage_without_losing_or_doubling_a_line(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, now = [False], [0.0]
    monkeypatch.setattr(Clock, "now", lambda _: now[0])
    call = CallHooks.before_call

    def before_call(self: CallHooks, model: Any, **more: Any) -> Any:
        if lost[0] and model.name == "FilterLogEvents":
            raise LOST
        return call(self, model, **more)

    monkeypatch.setattr(CallHooks, "before_call", before_call)

    def gone(*lines: str) -> Callable[[], None]:
        def act() -> None:
            lost[0], now[0] = True, now[0] + 20
            if lines:
                written.put(FUNCTION, *lines, at=30_000)

        return act

    def back() -> None:
        lost[0] = False
        now[0] += 100

    steps = (gone("one"), gone("two"), gone(), back, lambda: None, gone("three"), back)
    acts(monkeypatch, *steps)
    shown = written.provision("logs", "items", "--follow", "--jsonl")
    found = [json.loads(line)["message"] for line in shown.out.splitlines()]
    assert found[-3:] == ["one", "two", "three"]
    assert len(found) == 7 + 3
    assert shown.err.count("trying again every 5 s, for up to 10 minutes") == 2
    assert "AWS answers again, after 140 s" in shown.err
    assert shown.code == 130


@pytest.mark.parametrize(
    ("error", "rounds"),
    [
        (LOST, 30),
        (SSLError(endpoint_url="https://logs.test", error=OSError("CERTIFICATE_VERIFY_FAILED")), 0),
        (ClientError({"Error": {"Code": "ExpiredTokenException"}}, "FilterLogEvents"), 0),
        (ClientError({"Error": {"Code": "AccessDeniedException"}}, "FilterLogEvents"), 0),
    ],
)
def test_follow_ends_after_ten_minutes_or_an_error_that_does_not_pass(
    written: Written, monkeypatch: pytest.MonkeyPatch, error: Exception, rounds: int
) -> None:
    now, tried = [0.0], [0]
    monkeypatch.setattr(Clock, "now", lambda _: now[0])
    read = LogReader.pages

    def pages(self: LogReader, *given: Any) -> Any:
        tried[0] += 1
        if tried[0] > 1:
            raise error
        return read(self, *given)

    monkeypatch.setattr(LogReader, "pages", pages)

    def passes() -> None:
        now[0] += 20

    acts(monkeypatch, *[passes] * 100)
    shown = written.provision("logs", "items", "--follow")
    assert shown.code not in {0, 130}
    assert "trying again" in shown.err if rounds else "trying again" not in shown.err
    assert tried[0] == 2 + rounds


def test_errors_are_shown_however_many_other_lines_there_are(
    written: Written, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provision.commands.logs.KEPT", 20)
    written.put(FUNCTION, *(f"line {number}" for number in range(60)), at=10_000)
    shown = written.provision("logs", "--errors", "--no-join")
    assert "KeyError" in shown.out
    assert "line 59" not in shown.out
    assert "there are more than 20 lines in this time, and some until" in shown.err
    document = written.provision("logs", "--json", "--errors").json
    assert document["truncated"] is True
    assert any("KeyError" in event["message"] for event in document["events"])


def test_lines_of_a_writer_whose_clock_is_ahead_are_shown(written: Written) -> None:
    """The clock here may be behind that of AWS: without --until there is no end."""
    written.put(FUNCTION, "from the future", at=180_000)
    assert "from the future" in written.provision("logs").out


def test_a_traceback_of_lambdas_json_format_is_shown_line_by_line(written: Written) -> None:
    told = {
        "log_level": "ERROR",
        "errorType": "KeyError",
        "errorMessage": "'name'",
        "requestId": ONE,
        "stackTrace": ['  File "/var/task/app.py", line 3, in handler\n    event["name"]\n'],
    }
    written.put(FUNCTION, json.dumps(told), at=200)
    shown = written.provision("logs", "--no-join").out
    assert "KeyError: 'name'" in shown
    assert "|   code/app.py:3, in handler" in shown
    assert '|     event["name"]' in shown


@pytest.mark.parametrize("words", [(), ("--no-join",), ("--json",)])
def test_without_a_matching_line_that_is_said(written: Written, words: tuple[str, ...]) -> None:
    shown = written.provision("logs", "--filter", "nothing of this", *words)
    assert shown.code == 0
    assert "no such line since 10m: a longer --since looks further back" in shown.err
