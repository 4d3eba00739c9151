"""Waiting for a condition: in growing pauses, reported to a listener, limited by a budget."""

from __future__ import annotations

import pytest

from provision.errors import Interrupted, WaitTimeout
from tests.support.harness import new_aws

pytestmark = pytest.mark.usefixtures("account")


def test_waiting_by_condition_tells_what_for_and_ends() -> None:
    aws = new_aws()
    answers = iter([None, None, "there"])
    heard: list[str] = []
    aws.on_wait(heard.append)
    assert aws.wait("the thing", lambda: next(answers), budget=60) == "there"
    assert len(heard) == 2
    assert heard[0].startswith("the thing")
    with pytest.raises(WaitTimeout, match="still waiting for the thing after 60 s"):
        aws.wait("the thing", lambda: None, budget=60)


def test_waiting_ends_when_asked_to_stop() -> None:
    aws = new_aws()
    aws.clock.stop()
    with pytest.raises(Interrupted):
        aws.wait("the thing", lambda: None, budget=60)


def test_a_wait_for_the_end_asks_until_it_is_gone() -> None:
    aws = new_aws()
    answers = iter([True, True, False])
    heard: list[str] = []
    aws.on_wait(heard.append)
    aws.wait_until_gone("the thing", lambda: next(answers), budget=60)
    assert heard == ["the thing to be deleted, 0 s", "the thing to be deleted, 0 s"]
    assert list(answers) == []
    with pytest.raises(WaitTimeout, match="still waiting for the thing to be deleted after 60 s"):
        aws.wait_until_gone("the thing", lambda: True, budget=60)


@pytest.mark.parametrize("last", ["active", None])
def test_what_is_stable_may_be_nothing(last: str | None) -> None:
    answers = iter(["creating", "creating", last])
    found = new_aws().wait_until_stable(
        "the thing to settle", lambda: next(answers), lambda state: state == "creating", budget=60
    )
    assert found == last
    assert list(answers) == []
