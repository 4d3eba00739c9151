"""`--deep`: the event is awaited and deleted; what others have in the queue stays."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import pytest

from provision.commands.check import failure_of
from provision.errors import NotOwned
from provision.model.step import OWNER
from provision.steps.apigateway.rest_api.api import RestApi
from provision.workflows.checks.poison import POISON_CHECK
from provision.workflows.checks.round import Round, RunMemory
from provision.workflows.checks.runner import Checked
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import CheckOutcome, CheckStatus, Verdict
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_site, reference_stack
from tests.support.virtual_clock import VirtualClock

NAME = "tap-dev-items-dead-letters"
CHANGES: Mapping[str, Any] = {"functions": {"items": {"retries": {"attempts": 0}}}}


class Sending:
    """An invocation, whose event is in the queue at once if `arrives`."""

    def __init__(self, url: str, *, arrives: bool) -> None:
        self.url, self.arrives = url, arrives

    def __call__(
        self, aws: Any, target: object, payload: bytes, *, asynchronous: bool = False
    ) -> None:
        assert asynchronous
        assert list(json.loads(payload)) == ["provision"]
        if self.arrives:
            aws.sqs.send_message(QueueUrl=self.url, MessageBody=payload.decode())


def asked(folder: Path, monkeypatch: pytest.MonkeyPatch, *, arrives: bool) -> tuple[Verdict, Any]:
    """Return the verdict and the queue's bodies afterwards; three messages are of others."""
    aws = new_aws()
    monkeypatch.setattr(aws, "clock", VirtualClock())
    inputs = reference_site(aws, folder, CHANGES)
    stack = reference_stack(aws, folder, CHANGES)
    api = cast("RestApi", stack.nodes["api"].build({}))
    tags = {OWNER: f"{stack.owner_prefix}/function.items.dead_letters"}
    url = aws.sqs.create_queue(QueueName=NAME, tags=tags)["QueueUrl"]
    bodies = ["{}", '{"provision": "check another"}', "no json"]
    for body in bodies:
        aws.sqs.send_message(QueueUrl=url, MessageBody=body)
    send = Sending(url, arrives=arrives)
    monkeypatch.setattr("provision.workflows.checks.poison.invoke_once", send)
    monkeypatch.setattr("provision.workflows.checks.poison._ARRIVES", 6.0)
    target = CheckTarget(inputs, stack, api, "id", "https://x", "", (), (), "name")
    nothing: Any = None
    found = POISON_CHECK.ask(
        Round(aws, target, nothing, nothing, nothing, RunMemory()), "function.items"
    )
    left = aws.sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", [])
    assert sorted(message["Body"] for message in left) == sorted(bodies)
    return found, aws


def test_the_event_is_deleted_and_nothing_else(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, _ = asked(tmp_path, monkeypatch, arrives=True)
    assert (found.status, found.have) == (CheckStatus.PASS, "arrived after 0 s, deleted")


def test_an_event_that_does_not_arrive_is_waited_for_and_fails(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found, aws = asked(tmp_path, monkeypatch, arrives=False)
    assert found.status is CheckStatus.FAIL
    assert found.want == "the event in the dead-letter queue within 6 s"
    assert found.by_function
    failure = Checked([CheckOutcome("poison", "function.items", found, 6.0)])
    error = failure_of(failure)
    assert error
    assert "let the handler raise an error" in error.hint
    assert "without --deep leaves poison out" in error.hint
    assert "provision plan" not in error.hint
    assert sum(aws.clock.slept) == pytest.approx(6)


def test_a_function_of_others_gets_no_event(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = "provision.workflows.invoke.found_or_none"
    monkeypatch.setattr(foreign, lambda _: {"Tags": {OWNER: "another/function.items"}})
    with pytest.raises(NotOwned, match="not invoked"):
        asked(tmp_path, monkeypatch, arrives=True)
