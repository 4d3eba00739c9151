"""The walk over the nodes: its end, and how failures are reported."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from provision.aws.access import Location
from provision.engine.events import NodeEvent
from provision.engine.walks import Walks
from provision.errors import Interrupted, NotPermitted, ProvisionError
from provision.permissions.access_denied import refusal
from provision.state.record import Record
from provision.trace import Trace
from tests.support.virtual_clock import VirtualClock
from tests.unit.engine.in_memory import refused
from tests.unit.plan.kinds import a_stack

GRAPH: dict[str, tuple[str, ...]] = {"a": (), "b": ("a",), "c": ()}


class Walking:
    def __init__(self) -> None:
        self.events: list[tuple[str, NodeEvent, str]] = []
        self.clock = VirtualClock()
        where = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
        aws: Any = SimpleNamespace(trace=Trace(), clock=self.clock, location=where)
        journal: Any = SimpleNamespace(records={})
        self.walks = Walks(a_stack(*GRAPH), aws, journal, lambda *event: self.events.append(event))
        self.visited: list[str] = []

    def run(self, **what: Exception) -> dict[str, ProvisionError]:
        def visit(name: str) -> None:
            self.visited.append(name)
            if name in what:
                raise what[name]

        walked = self.walks.start("make", GRAPH)
        assert (walked.doing, walked.needs) == ("make", GRAPH)
        return self.walks.run(walked, visit, 1)


def test_a_failure_is_translated_and_reported_once() -> None:
    walking = Walking()
    failed = walking.run(a=ZeroDivisionError("oops"))
    assert list(failed) == ["a"]
    assert failed["a"].message == "unexpected ZeroDivisionError: oops"
    assert walking.events == [("a", NodeEvent.FAILED, failed["a"].message)]
    assert set(walking.visited) == {"a", "c"}


def test_what_was_interrupted_is_no_failure_to_report() -> None:
    walking = Walking()
    assert list(walking.run(a=Interrupted("interrupted"))) == ["a"]
    assert not walking.events


def test_nothing_is_begun_once_the_user_asked_or_another_run_was_seen() -> None:
    stopped = Walking()
    stopped.clock.stop()
    stopped.run()
    crossed = Walking()
    crossed.walks.crossed.add("x")
    crossed.run()
    assert not stopped.visited
    assert not crossed.visited
    free = Walking()
    assert free.run() == {}
    assert set(free.visited) == set(GRAPH)


def test_the_first_failure_is_raised_with_its_node() -> None:
    walking = Walking()
    walking.walks.raise_first({})
    with pytest.raises(ProvisionError) as plain:
        walking.walks.raise_first({"vpc": ProvisionError("it failed", hint="mend it")})
    assert (plain.value.message, plain.value.hint) == ("vpc: it failed", "mend it")
    with pytest.raises(ProvisionError, match=r"^the vpc failed$"):
        walking.walks.raise_first({"vpc": ProvisionError("the vpc failed")})
    walking.clock.stop()
    with pytest.raises(Interrupted, match=r"^interrupted while reading$"):
        walking.walks.raise_first({})


def test_a_denied_call_is_shown_with_what_its_node_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    """The message names the missing permission also for a node that only the state has."""
    asked: list[tuple[Any, ...]] = []
    needs = [SimpleNamespace(by="a"), SimpleNamespace(by="b")]

    def asked_by_stack(*words: Any) -> list[Any]:
        asked.append(words)
        return needs

    told: list[list[Any]] = []

    def refused_for(error: Any, wanted: Any) -> NotPermitted:
        told.append(list(wanted))
        return refusal(error)

    walks = Walks.__module__
    monkeypatch.setattr(f"{walks}.asked_by_stack", asked_by_stack)
    monkeypatch.setattr(f"{walks}.refusal", refused_for)
    walking = Walking()
    kept = walking.walks.stack.nodes["a"].build({})
    journal: Any = walking.walks.journal
    journal.records |= {"a": Record(kept, ()), "gone": Record(kept, ())}
    failed = walking.run(a=refused("AccessDenied"))
    assert isinstance(failed["a"], NotPermitted)
    assert told == [[needs[0]]]
    ((stack, forgotten, where, verbs),) = asked
    assert (stack, forgotten) == (walking.walks.stack, {"gone": kept})
    assert where == walking.walks.aws.location
    assert len(verbs) == 3
