"""Separate processes: the second signal, a call that never ends, and the lock between two."""

from __future__ import annotations

import getpass
import json
import signal
import socket
import time
from collections.abc import Callable
from pathlib import Path

import boto3
import pytest
from moto.sqs.models import sqs_backends

from tests.faults.signals.conftest import Held, Provision

Start = Callable[..., Held]
Captured = pytest.CaptureFixture[str]


def test_a_second_signal_leaves_at_once_and_loses_nothing(
    held: Start, provision: Provision, home: Path
) -> None:
    running = held("up", "--yes", "--json", write=9)
    running.process.send_signal(signal.SIGINT)
    time.sleep(0.3)
    assert running.process.poll() is None, "calls in flight have their time"
    asked = time.monotonic()
    running.process.send_signal(signal.SIGINT)
    code, out, err = running.end()
    assert time.monotonic() - asked < 2
    assert code == 130
    assert "Interrupted. `" in err
    assert err.endswith("up --yes --json` continues from here.\n")
    assert json.loads(out)["error"]["exit_code"] == 130
    log = (home / ".provision/dev/journal.jsonl").read_text()
    assert '"doing":"create"' in log, "what had begun is known"
    assert provision("up", "--yes") == 0


def test_a_call_that_does_not_end_is_left_after_its_time(held: Start, provision: Provision) -> None:
    running = held("up", "--yes", write=3, grace=0.5)
    running.process.send_signal(signal.SIGTERM)
    asked = time.monotonic()
    code, _, err = running.end()
    assert 0.4 < time.monotonic() - asked < 5
    assert code == 130
    assert "up --yes` continues from here." in err


def test_a_call_in_flight_reaches_the_journal(held: Start, home: Path) -> None:
    running = held("up", "--yes", "--json", write=5)
    running.process.send_signal(signal.SIGTERM)
    time.sleep(0.3)
    running.go()
    code, out, _ = running.end()
    assert code == 130
    document = json.loads(out)
    assert document["error"]["exit_code"] == 130
    actions = {r["node"]: (r["action"], r["reason"]) for r in document["resources"]}
    assert ("wait", "interrupted before it began") in actions.values()
    records = json.loads((home / ".provision/dev/state.json").read_text())["records"]
    done = {node for node, record in records.items() if not record["doing"]}
    assert done
    assert not done & {node for node, (action, _) in actions.items() if action == "wait"}


@pytest.mark.parametrize("as_json", [False, True])
def test_a_redrive_that_is_left_tells_what_ran(
    held: Start, provision: Provision, monkeypatch: pytest.MonkeyPatch, *, as_json: bool
) -> None:
    assert provision("up", "--yes") == 0
    queue = boto3.client("sqs")
    url = queue.get_queue_url(QueueName="tap-dev-items-dead-letters")["QueueUrl"]
    ids = {queue.send_message(QueueUrl=url, MessageBody="{}")["MessageId"] for _ in range(3)}
    monkeypatch.setenv("HOLD_IN", "Invoke")
    words = ("dlq", "redrive", "--yes", *(("--json",) if as_json else ()))
    running = held(*words, write=2, grace=2)
    time.sleep(0.5)
    running.process.send_signal(signal.SIGINT)
    code, out, err = running.end()
    assert code == 130
    assert err.endswith("Interrupted.\n")
    queues = sqs_backends["123456789012"]["us-east-1"].queues
    left = {one.id for one in queues["tap-dev-items-dead-letters"]._messages}
    if as_json:
        document = json.loads(out)
        told = {one["id"]: one["result"] for one in document["messages"]}
        assert document["error"]["exit_code"] == 130
        assert "may be hidden until" in document["error"]["hint"]
        assert sorted(told.values()) == ["done", "done", "unknown"]
        assert {one for one, result in told.items() if result == "unknown"} == left
    else:
        for one in ids - left:
            assert f"  ✓ {one}  done: removed from the queue\n" in out
        for one in left:
            assert f"  ✗ {one}  unknown: it was still running" in out
        assert "2 done, 1 unknown; 2 removed, 1 stay\n" in out
        assert "dlq redrive --yes` runs the rest\n" in out


def test_two_at_once(held: Start, provision: Provision, capsys: Captured, home: Path) -> None:
    running = held("up", "--yes", write=7)
    asked = time.monotonic()
    for verb in ("up", "down"):
        assert provision(verb, "--yes", "--json") == 6
        told = capsys.readouterr()
        message = json.loads(told.out)["error"]["message"]
        assert f"{getpass.getuser()}@{socket.gethostname()}" in message
        assert f"pid {running.process.pid}" in message
        assert 'up --yes", since 20' in message
        assert message in told.err
    assert time.monotonic() - asked < 20
    assert provision("plan", "--json") == 0  # reads at the same time
    assert json.loads(capsys.readouterr().out)["calls"]["write"] == 0
    assert provision("status") == 0
    assert running.process.poll() is None

    running.process.kill()
    running.process.wait()
    assert provision("up", "--yes") == 0, "a holder that died does not block"
    assert not (home / ".provision/dev/lock.json").exists()
