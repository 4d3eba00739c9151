"""Two concurrent runs with separate states notice each other by the owner tag: no duplicates."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from provision.engine.engine import Engine
from provision.errors import ConcurrentRun, NotOwned
from provision.model.stack import Stack
from provision.model.step import OWNER, Step, Tagged
from provision.plan.change import Action
from provision.plan.plan import Plan, Result
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.usage_plan import UsagePlan
from tests.support.harness import HOLDER, Recorder, Workshop, constant, new_aws, one_node
from tests.unit.steps.apigateway.test_api_key import KEY
from tests.unit.steps.apigateway.test_rest_api import API
from tests.unit.steps.ec2.test_vpc import VPC

PLAN = UsagePlan(name="tap-dev", rate=1000.0, burst=2000, tags={"team": "a"})
CREATES = {
    "CreateVpc": VPC,
    "CreateApiKey": KEY,
    "CreateRestApi": API,
    "CreateUsagePlan": PLAN,
}


class Clone:
    """A run from a clone of its own, with a separate state."""

    def __init__(self, directory: Path, stack: Stack, recorder: Recorder | None = None) -> None:
        self.recorder = recorder or Recorder()
        self.engine = Engine(
            stack,
            new_aws(self.recorder),
            Journal(directory, stack.name, KINDS).open(HOLDER),
        )

    def look(self) -> Plan:
        return self.engine.plan(workers=4)

    def up(self, seen: Plan) -> Result:
        return self.engine.apply(seen, workers=4)


@dataclass
class Meanwhile(Recorder):
    """Runs another run once, right before a call is sent."""

    operation: str = ""
    other: Callable[[], object] = field(default=lambda: None)

    def _before(self, model: Any, **_: Any) -> None:
        if model.name == self.operation:
            self.operation = ""
            self.other()
        super()._before(model)


def owners(step: Step) -> int:
    """Return how many resources carry the owner tag."""
    assert isinstance(step, Tagged)
    return len(step.with_owner("tap-dev/it").find_candidates(new_aws()))


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("operation", CREATES)
def test_what_another_run_made_since_the_look_is_seen_before_ours(
    tmp_path: Path, operation: str
) -> None:
    stack = one_node(CREATES[operation])
    stack.add("next", lambda _: KEY)
    first, second = Clone(tmp_path / "a", stack), Clone(tmp_path / "b", stack)
    seen = second.look()
    first.up(first.look())
    outcome = second.up(seen)
    error = next(iter(outcome.failed.values()))
    assert isinstance(error, ConcurrentRun)
    assert f"carries the tag {OWNER}=tap-dev/" in error.message
    assert second.recorder.writes == []
    assert owners(CREATES[operation]) == 1


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize("operation", CREATES)
def test_of_two_made_in_the_same_moment_the_later_goes_again(
    tmp_path: Path, operation: str
) -> None:
    stack = one_node(CREATES[operation])
    first = Clone(tmp_path / "a", stack)
    at_once = Meanwhile(operation=operation, other=lambda: first.up(first.look()))
    second = Clone(tmp_path / "b", stack, at_once)
    outcome = second.up(second.look())
    error = outcome.failed["it"]
    assert isinstance(error, ConcurrentRun)
    assert "which this run had created too, was deleted again" in error.message
    assert operation in second.recorder.writes
    assert owners(CREATES[operation]) == 1
    assert second.engine.journal.records == {}


@pytest.mark.usefixtures("account")
def test_what_does_not_depend_on_it_is_not_begun_either(tmp_path: Path) -> None:
    stack = one_node(VPC)
    stack.add("key", lambda _: KEY)
    run = Clone(tmp_path, stack)
    seen = run.look()
    run.engine.walks.crossed.add("it")
    outcome = run.up(seen)
    assert outcome.changes["key"].action is Action.BLOCKED
    assert run.recorder.writes == []


def test_what_an_earlier_run_was_making_is_its_own(workshop: Workshop) -> None:
    """The next run continues a creation whose answer was lost and which AWS shows only later."""
    hidden = one_node(VPC)
    journal = Journal(workshop.directory, hidden.name, KINDS).open(HOLDER)
    want = VPC.with_owner("tap-dev/it")
    journal.begin("it", "create", want, ())
    journal.close()
    made = want.create(new_aws())
    outcome = workshop.run(hidden, "up")
    assert outcome.resources["it"] == made
    assert owners(VPC) == 1


@pytest.mark.usefixtures("account")
def test_two_at_once_double_nothing(tmp_path: Path) -> None:
    """Whichever run is first at each node: where both see two resources, both remove their own."""
    for turn in range(3):
        stack = Stack(f"tap-{turn}")
        for operation, step in CREATES.items():
            stack.add(operation, constant(step))
        runs = [Clone(tmp_path / f"{turn}{name}", stack) for name in "ab"]
        seen = [run.look() for run in runs]
        with ThreadPoolExecutor(2) as pool:
            outcomes = list(pool.map(Clone.up, runs, seen))
        ended = [error for outcome in outcomes for error in outcome.failed.values()]
        assert any(isinstance(error, ConcurrentRun) for error in ended)
        for operation, step in CREATES.items():
            assert isinstance(step, Tagged)
            assert (
                len(step.with_owner(f"{stack.owner_prefix}/{operation}").find_candidates(new_aws()))
                <= 1
            )


def test_of_two_alike_none_is_taken_where_the_state_is_lost(workshop: Workshop) -> None:
    """Of two resources with the same owner tag, none is chosen without the state.

    A tag can be copied. The state knows which resource is ours; without it, `up` would build on
    either one and delete the other.
    """
    made = workshop.run(one_node(VPC), "up").resources["it"]
    copied = VPC.with_owner("tap-dev/it").create(new_aws())
    assert workshop.run(one_node(VPC), "plan").changes["it"].action is Action.KEEP
    workshop.forget()
    plan = workshop.run(one_node(VPC), "plan").changes
    assert {finding.action for finding in plan.values()} == {Action.FOREIGN}
    assert {vars(made)["id"], vars(copied)["id"]} <= set(plan["it"].reason.split())
    for _ in range(2):
        with pytest.raises(NotOwned, match="carry its owner tag"):
            workshop.run(one_node(VPC), "up")
        assert workshop.last.writes == []
    workshop.run(one_node(VPC), "down")
    assert owners(VPC) == 0
