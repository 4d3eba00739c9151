"""`provision dlq` as a user meets it: both forms of a message, exit codes, questions."""

from __future__ import annotations

import errno
import json
import stat
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import boto3
import pytest
import yaml
from botocore.exceptions import ClientError
from moto.awslambda.responses import LambdaResponse
from moto.sqs.models import sqs_backends

from provision.model.step import OWNER
from provision.workflows import dead_letters
from provision.workflows.dead_letters import LetterQueue, receive
from provision.workflows.invoke import invoke_once
from tests.integration.every_screen.world import HOSTILE, VISIBLE
from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)

NAME = "tap-dev-items-dead-letters"
RECORD = {
    "version": "1.0",
    "requestContext": {"requestId": "r-2", "condition": "RetriesExhausted"},
    "requestPayload": {"id": 2},
    "responsePayload": {"errorType": "KeyError", "errorMessage": "'id'"},
}


def url() -> str:
    found: str = boto3.client("sqs").get_queue_url(QueueName=NAME)["QueueUrl"]
    return found


def send(body: str, error: str = "") -> None:
    own: Any = {"ErrorMessage": {"DataType": "String", "StringValue": error}} if error else {}
    boto3.client("sqs").send_message(QueueUrl=url(), MessageBody=body, MessageAttributes=own)


def waiting() -> int:
    name: Any = "ApproximateNumberOfMessages"
    found = boto3.client("sqs").get_queue_attributes(QueueUrl=url(), AttributeNames=[name])
    return int(found["Attributes"][name])


@pytest.fixture
def ran(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return the events that ran; one with a text as its id fails."""
    events: list[Any] = []

    def invoke(request: Any) -> tuple[int, dict[str, str], str]:
        events.append(json.loads(request.body))
        failed = isinstance(events[-1].get("id"), str)
        return 200, {"x-amz-function-error": "Unhandled"} if failed else {}, "null"

    monkeypatch.setattr(LambdaResponse, "invoke", invoke)
    return events


@pytest.fixture
def stands(account: None, provision: Provision) -> Provision:  # noqa: F811
    assert provision("up", "--yes").code == 0
    return provision


def test_from_the_list_to_an_empty_queue(stands: Provision, ran: list[Any]) -> None:
    assert "function.items  0 waiting, 0 in flight" in stands("dlq").out
    assert "there are no dead letters" in stands("dlq", "peek").err
    send('{"id": 1}', "first")
    send(json.dumps(RECORD))
    listed = stands("dlq", "--json").json
    assert listed["queues"][0]["waiting"] == 2
    assert list(listed)[-3:] == ["calls", "seconds", "error"]
    seen = stands("dlq", "peek", "--json").json
    assert [each["event"] for each in seen["messages"]] == [{"id": 1}, {"id": 2}]
    assert seen["messages"][0]["error"] == "first"
    assert seen["messages"][1]["code"] == "KeyError"
    assert seen["messages"][1]["request"] == "r-2"
    assert waiting() == 2, "to be seen again at once"
    assert '{"id": 2}' in stands("dlq", "peek", "items").out
    dry = stands("dlq", "redrive", "--dry-run")
    assert (dry.code, ran) == (0, [])
    planned = stands("dlq", "redrive", "--dry-run", "--json")
    assert [each["result"] for each in planned.json["messages"]] == [None, None]
    assert ran == []
    done = stands("dlq", "redrive", "--yes")
    assert done.code == 0
    assert "2 done; 2 removed, 0 stay" in done.out
    assert sorted(event["id"] for event in ran) == [1, 2]
    assert waiting() == 0


def test_a_function_of_others_gets_no_event(stands: Provision, ran: list[Any]) -> None:
    send('{"id": 1}')
    client = boto3.client("lambda")
    arn = client.get_function(FunctionName="tap-dev-items")["Configuration"]["FunctionArn"]
    client.tag_resource(Resource=arn, Tags={OWNER: "another/function.items"})
    told = stands("dlq", "redrive", "--yes")
    assert told.code != 0
    assert "does not belong to this stack: not invoked" in told.err
    assert (ran, waiting()) == ([], 1)


def test_one_that_fails_again_stays(stands: Provision, ran: list[Any]) -> None:
    send('{"id": "bad"}')
    send("no json")
    told = stands("dlq", "redrive", "items", "--yes", "--json")
    assert told.code == 5
    assert {each["result"] for each in told.json["messages"]} == {"failed"}
    assert len(ran) == 1
    assert waiting() == 2
    shown = stands("dlq", "redrive", "items", "--yes")
    assert "2 failed; 0 removed, 2 stay" in shown.out
    assert "provision logs items --errors --since 5m" in shown.err
    assert "provision dlq save items items-events.jsonl" in shown.err
    assert "provision dlq purge items" in shown.err


def test_peek_names_the_log_of_the_newest_event(stands: Provision) -> None:
    """Lambda gives the queue the text of the error alone, without its type or place."""
    own: Any = {"RequestID": {"DataType": "String", "StringValue": "abc-1"}}
    boto3.client("sqs").send_message(QueueUrl=url(), MessageBody="{}", MessageAttributes=own)
    assert "provision logs --request abc-1 --since 1" in stands("dlq", "peek", "items").err
    assert stands("dlq", "peek", "items", "--json").err == ""


def test_three_refused_calls_end_it_and_the_document_says_so(
    stands: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "AccessDeniedException"
    denied = ClientError({"Error": {"Code": code, "Message": "not authorized"}}, "Invoke")
    monkeypatch.setattr("provision.workflows.redrive.invoke_once", Mock(side_effect=denied))
    for number in range(5):
        send(json.dumps({"id": number}))
    told = stands("dlq", "redrive", "--yes", "--json")
    assert (told.code, told.json["error"]["exit_code"]) == (9, 9)
    assert "is still in the queue" in told.json["error"]["hint"]
    assert waiting() == 5


def test_without_a_terminal_nothing_is_run_or_purged_unasked(
    stands: Provision, ran: list[Any]
) -> None:
    send('{"id": 1}')
    for words in (("redrive",), ("purge", "items")):
        told = stands("dlq", *words)
        assert told.code == 2
        assert "add --yes" in told.err
    assert ran == []
    assert waiting() == 1


HALF = r'{"id": 1, "name": "\ud83d"}'
EXACT = '{"id": 1E400, "n": 12345678901234567890.12345678901, "n": 2, "m": [1.0]}'
LONG = f'{{"id": {"7" * 5000}}}'


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the payloads that ran, as they came."""
    payloads: list[str] = []

    def invoke(request: Any) -> tuple[int, dict[str, str], str]:
        body = request.body
        payloads.append(body if isinstance(body, str) else body.decode())
        return 200, {}, "null"

    monkeypatch.setattr(LambdaResponse, "invoke", invoke)
    return payloads


def strictly(text: str) -> Any:
    """Read JSON as its standard has it."""

    def refuse(name: str) -> None:
        raise AssertionError(name)

    return json.loads(text, parse_constant=refuse)


def test_an_event_is_sent_as_it_came(stands: Provision, sent: list[str]) -> None:
    bodies = [HALF, EXACT, LONG, '"\\ud83d\\ude00 é"', " [1]\n"]
    for body in bodies:
        send(body)
        send(json.dumps({**RECORD, "requestPayload": None}).replace("null", f" {body} "))
    assert stands("dlq", "peek").code == 0
    assert stands("dlq", "redrive", "--yes").code == 0
    assert sorted(sent) == sorted([*bodies, *(body.strip() for body in bodies)])
    assert waiting() == 0


def test_what_is_printed_and_saved_is_json(stands: Provision, home: Path) -> None:  # noqa: F811
    bodies = {HALF, EXACT, LONG, "[" * 100_000, "[" * 300 + "]" * 300, "NaN", '"\u2028"'}
    for body in bodies:
        send(body, r"\ud83d")
    events = [each["event"] for each in strictly(stands("dlq", "peek", "--json").out)["messages"]]
    assert {"id": 1, "name": "\ud83d"} in events
    assert {each for each in events if isinstance(each, str)} == {*bodies, "\u2028"} - {
        HALF,
        '"\u2028"',
    }
    assert stands("dlq", "save", "items", "letters.jsonl").code == 0
    lines = (home / "letters.jsonl").read_text("ascii").splitlines()
    assert len(lines) == len(bodies)
    assert sum(line.endswith(f', "event": {EXACT}}}') for line in lines) == 1
    for line in lines:
        if "7" * 5000 not in line and "[[" not in line:
            strictly(line)


def test_what_is_unforeseen_is_the_result_of_its_message(
    stands: Provision, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def invoke(aws: Any, target: Any, payload: bytes, **more: Any) -> Any:
        if b'"odd"' in payload:
            raise UnicodeError("a surprise")
        return invoke_once(aws, target, payload, **more)

    monkeypatch.setattr("provision.workflows.redrive.invoke_once", invoke)
    for number in (1, "odd", 2):
        send(json.dumps({"id": number}))
    told = stands("dlq", "redrive", "--yes")
    assert told.code == 5
    assert "unknown: it may have run: UnicodeError: a surprise" in told.out
    assert "2 removed, 1 stay" in told.out
    assert waiting() == 1


def test_what_was_tried_is_told_when_the_queue_cannot_be_read_any_more(
    stands: Provision, sent: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "AccessDenied"
    denied = ClientError({"Error": {"Code": code, "Message": "no more"}}, "ReceiveMessage")

    def read(aws: Any, url: str, most: int, hidden: int) -> Any:
        if sent:
            raise denied
        return receive(aws, url, most, hidden)

    monkeypatch.setattr("provision.workflows.redrive.receive", read)
    monkeypatch.setattr("provision.workflows.redrive.WORKERS", 1)
    send('{"id": 1}')
    told = stands("dlq", "redrive", "--yes", "--json")
    assert told.code == 9
    assert [each["result"] for each in told.json["messages"]] == ["done"]
    assert "no more" in told.json["error"]["message"]
    again = stands("dlq", "redrive", "items", "--yes")
    assert again.code == 0, "it is empty"


def ids() -> list[str]:
    (queue,) = sqs_backends["123456789012"]["us-east-1"].queues.values()
    return [message.id for message in queue._messages]


def test_one_of_many_is_found(stands: Provision, sent: list[str]) -> None:
    for first in range(0, 400, 10):
        entries: Any = [
            {"Id": str(number), "MessageBody": json.dumps({"id": number})}
            for number in range(first, first + 10)
        ]
        boto3.client("sqs").send_message_batch(QueueUrl=url(), Entries=entries)
    told = stands("dlq", "redrive", "--message", ids()[-1], "--yes")
    assert told.code == 0
    assert "1 done; 1 removed" in told.out
    assert sent == ['{"id": 399}']
    assert waiting() == 399


def test_ids_that_are_not_there_are_named(stands: Provision, sent: list[str]) -> None:
    words = ("dlq", "redrive", "items", "--message", "none-such")
    said = "not in the queue, or being read by others: none-such"
    for more in ("--yes", "--dry-run"):
        empty = stands(*words, more)
        assert empty.code == 1
        assert said in empty.err
    for number in range(3):
        send(json.dumps({"id": number}))
    both = (*words, "--message", ids()[1])
    dry = stands(*both, "--dry-run")
    assert (dry.code, sent) == (1, [])
    assert said in dry.err
    told = stands(*both, "--yes", "--json")
    assert told.code == 1
    assert said in told.json["error"]["message"]
    assert [each["result"] for each in told.json["messages"]] == ["done"]
    assert sent == ['{"id": 1}']


def report_age(seconds: float, minutes_ago: float) -> None:
    """Write a figure to CloudWatch as SQS does."""
    boto3.client("cloudwatch").put_metric_data(
        Namespace="AWS/SQS",
        MetricData=[
            {
                "MetricName": "ApproximateAgeOfOldestMessage",
                "Dimensions": [{"Name": "QueueName", "Value": NAME}],
                "Timestamp": datetime.now(UTC) - timedelta(minutes=minutes_ago),
                "Value": seconds,
            }
        ],
    )


def test_the_age_of_the_oldest_is_the_newest_figure_of_cloudwatch(stands: Provision) -> None:
    report_age(9999, 3)
    assert stands("dlq", "--json").json["queues"][0]["oldest_seconds"] is None, "it is empty"
    send('{"id": 1}')
    report_age(7100, 5)
    report_age(7260, 2)
    listed = stands("dlq", "--json").json
    assert listed["queues"][0]["oldest_seconds"] == 7260
    assert listed["calls"]["write"] == 0
    assert "function.items  1 waiting, 0 in flight, oldest 2 h" in stands("dlq").out


def test_without_a_recent_figure_no_age_is_shown(stands: Provision) -> None:
    send('{"id": 1}')
    report_age(7260, 40)
    assert stands("dlq", "--json").json["queues"][0]["oldest_seconds"] is None
    assert "oldest" not in stands("dlq").out


def test_save_and_purge_print_one_document(stands: Provision, home: Path) -> None:  # noqa: F811
    none = stands("dlq", "purge", "items", "--yes", "--json").json
    assert (none["deleted"], none["error"]) == (0, None)
    for number in range(3):
        send(json.dumps({"id": number}))
    saved = stands("dlq", "save", "items", "letters.jsonl", "--json").json
    assert (saved["queue"], saved["waiting"], saved["saved"]) == (NAME, 3, 3)
    assert saved["file"] == "letters.jsonl"
    purged = stands("dlq", "purge", "items", "--yes", "--json").json
    assert (purged["deleted"], purged["account"]) == (3, "123456789012")
    again = stands("dlq", "purge", "no-such-function", "--yes", "--json")
    assert again.code == 2
    assert again.json["error"]["exit_code"] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device")
def test_nothing_is_purged_whose_copy_was_not_written(
    stands: Provision,
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send('{"id": 1}')
    (home / "link").symlink_to("/dev/full")
    for file in ("/dev/full", "link"):
        for words in (("save", "items", file), ("purge", "items", "--yes", "--save", file)):
            told = stands("dlq", *words)
            assert told.code == 2
            assert f"{file} cannot be written" in told.err
    assert Path("/dev/full").is_char_device()

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("provision.files.write_all", full)
    told = stands("dlq", "purge", "items", "--yes", "--save", "letters.jsonl")
    assert told.code == 2
    assert "letters.jsonl cannot be written: No space left on device" in told.err
    assert waiting() == 1
    assert not [each for each in home.iterdir() if "letters" in each.name]


def test_save_and_purge(stands: Provision, home: Path) -> None:  # noqa: F811
    for number in range(12):
        send(json.dumps({"id": number}))
    assert stands("dlq", "save", "items", "letters.jsonl").code == 0
    file = home / "letters.jsonl"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    assert sorted(line["event"]["id"] for line in lines) == list(range(12))
    assert waiting() == 12
    kept = file.read_bytes()
    for words in (("save", "items", str(file)), ("purge", "items", "--save", str(file), "--yes")):
        told = stands("dlq", *words)
        assert told.code == 2
        assert "exists, and may have the only copy of events: name a new file" in told.err
    assert file.read_bytes() == kept
    assert waiting() == 12
    purged = stands("dlq", "purge", "items", "--save", "again.jsonl", "--yes")
    assert purged.code == 0
    assert len((home / "again.jsonl").read_text().splitlines()) == 12
    assert waiting() == 0
    assert "12 events of items written to again.jsonl, and all of them deleted" in purged.err
    send('{"id": 1}')
    assert stands("dlq", "purge", "items", "--yes").code == 0
    send('{"id": 2}')
    again = stands("dlq", "purge", "items", "--yes")
    assert again.code == 1
    assert "less than 60 seconds ago" in again.err


def test_only_what_was_saved_is_deleted(stands: Provision, home: Path) -> None:  # noqa: F811
    send('{"id": 1}')
    send('{"id": 2}')
    boto3.client("sqs").receive_message(QueueUrl=url(), VisibilityTimeout=600)
    told = stands("dlq", "purge", "items", "--save", "some.jsonl", "--yes")
    assert told.code == 9
    assert "1 event of items written to some.jsonl, and all of them deleted" in told.err
    assert "1 event of items is in the queue and hidden" in told.err
    assert len((home / "some.jsonl").read_text().splitlines()) == 1
    counts = boto3.client("sqs").get_queue_attributes(QueueUrl=url(), AttributeNames=["All"])
    assert counts["Attributes"]["ApproximateNumberOfMessagesNotVisible"] == "1"


def at_the_question(monkeypatch: pytest.MonkeyPatch, act: Callable[[], Any]) -> None:
    """Act while `purge` asks, and answer yes."""

    def asked(*_: Any, **__: Any) -> bool:
        act()
        return True

    monkeypatch.setattr("provision.commands.dlq.confirm", asked)


def test_what_comes_while_it_asks_and_is_hidden_stays(
    stands: Provision,
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def come() -> None:
        for number in (2, 3, 4):
            send(json.dumps({"id": number}))
        boto3.client("sqs").receive_message(
            QueueUrl=url(), VisibilityTimeout=600, MaxNumberOfMessages=2
        )

    send('{"id": 1}')
    at_the_question(monkeypatch, come)
    told = stands("dlq", "purge", "items", "--save", "some.jsonl", "--yes")
    assert told.code == 9
    assert "2 events of items are in the queue and hidden" in told.err
    assert len((home / "some.jsonl").read_text().splitlines()) == 2


def test_a_file_that_appears_while_it_asks_is_kept(
    stands: Provision,
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send('{"id": 1}')
    at_the_question(monkeypatch, lambda: (home / "some.jsonl").write_text("the only copy"))
    told = stands("dlq", "purge", "items", "--save", "some.jsonl", "--yes")
    assert told.code == 2
    assert "some.jsonl exists" in told.err
    assert (home / "some.jsonl").read_text() == "the only copy"
    assert waiting() == 1


def test_what_arrives_after_the_reading_stays(
    stands: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleting = dead_letters.delete_all

    def arriving(*given: Any) -> int:
        send('{"id": 2}')
        return deleting(*given)

    send('{"id": 1}')
    monkeypatch.setattr(dead_letters, "delete_all", arriving)
    assert stands("dlq", "purge", "items", "--save", "some.jsonl", "--yes").code == 0
    assert waiting() == 1


def test_hidden_events_are_told_with_the_time_when_they_come_back(
    stands: Provision, ran: list[Any]
) -> None:
    for number in range(3):
        send(json.dumps({"id": number}))
    boto3.client("sqs").receive_message(
        QueueUrl=url(), VisibilityTimeout=600, MaxNumberOfMessages=2
    )
    said = "2 events of items are in the queue and hidden, by a killed run or another reader: until"
    shown: list[tuple[str, ...]] = [("peek",), ("save", "items", "f.jsonl")]
    for words in (*shown, ("redrive", "--dry-run")):
        told = stands("dlq", *words)
        assert (told.code, ran) == (9, []), words
        assert said in told.err
        assert f"dlq {' '.join(words)}`" in told.err, "what to type then"
    told = stands("dlq", "redrive", "--yes")
    assert told.code == 9
    assert "1 done; 1 removed" in told.out
    assert said in told.err
    assert stands("dlq", "redrive", "--yes").out == "", "no count of events that were not seen"
    run: list[tuple[str, ...]] = [("redrive", "--yes"), ("redrive", "--message", "x", "--yes")]
    for words in (("peek",), *run):
        told = stands("dlq", *words, "--json")
        assert (told.code, len(ran)) == (9, 1), words
        assert told.json["error"]["code"] == "events-hidden"
        assert (told.json["waiting"], told.json["in_flight"]) == (0, 2)


def test_events_that_only_an_old_count_has_are_not_hidden(
    stands: Provision, ran: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    send('{"id": 1}')
    count = dead_letters._counted
    first: list[LetterQueue] = []

    def counted(*given: Any) -> LetterQueue:
        found = count(*given)
        if not first:
            first.append(replace(found, waiting=3))
        return first[0] if len(first) == 1 and not ran else found

    monkeypatch.setattr(dead_letters, "_counted", counted)
    told = stands("dlq", "redrive", "items", "--yes")
    assert told.code == 0, told.err
    assert "1 done; 1 removed, 0 stay" in told.out


def test_the_code_of_a_failure_is_told_in_words(stands: Provision) -> None:
    for code, error in (("200", "no id"), ("429", "Rate exceeded"), ("200", "")):
        own: Any = {
            name: {"DataType": "String", "StringValue": value}
            for name, value in (("ErrorCode", code), ("ErrorMessage", error))
            if value
        }
        boto3.client("sqs").send_message(QueueUrl=url(), MessageBody="{}", MessageAttributes=own)
    out = stands("dlq", "peek").out
    assert "received 1  the function failed: no id\n" in out
    assert "received 1  the function failed\n" in out
    assert "received 1  Lambda could not run it (status 429): Rate exceeded\n" in out


def test_a_protected_stack_wants_its_name(
    stands: Provision,
    home: Path,  # noqa: F811
) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump({**CONFIG, "protect": True}))
    send('{"id": 1}')
    told = stands("dlq", "purge", "items", "--yes")
    assert told.code == 2
    assert "add --confirm tap-dev" in told.err
    assert waiting() == 1
    assert stands("dlq", "purge", "items", "--confirm", "tap-dev").code == 0
    assert waiting() == 0


def test_a_foreign_queue_is_left_alone(stands: Provision) -> None:
    send('{"id": 1}')
    boto3.client("sqs").tag_queue(QueueUrl=url(), Tags={"provision:owner": "other/x"})
    told = stands("dlq", "purge", "items", "--yes")
    assert told.code == 1
    assert "does not belong to this stack" in told.err
    assert waiting() == 1


def test_hostile_messages_stay_text(
    stands: Provision, ran: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    send("\r\n::error::x \u202e[bold]", "::set-env name=A::b")
    send(json.dumps({"id": HOSTILE}), "\u202e[/items]")
    peeked, tried = stands("dlq", "peek", "items"), stands("dlq", "redrive", "items", "--yes")
    for told in (peeked, tried):
        for line in (told.out + told.err).split("\n"):
            assert line.isprintable(), ascii(line)
            assert not line.lstrip().startswith("::")
    assert VISIBLE.split(r" \x1b")[0] in peeked.out
