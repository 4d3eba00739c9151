"""Each change of `changes.py` on the shipped stack, planned and made in the right order.

It is repeated after a crash in its middle, also with the state lost, and `down` leaves no trace.
"""

from __future__ import annotations

import os
import random
import secrets
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest

from provision.model.stack import Stack
from provision.plan.change import Action
from provision.plan.options import PlanOptions
from provision.plan.plan import Result
from provision.stack import build_stack
from provision.stack.api import ACCOUNT_ROLE
from tests.faults.replacement.changes import CHANGES, ZONE, Change, Settings
from tests.support.account_inventory import Inventory, inventory, scaling, without_proofs
from tests.support.harness import Died, Recorder, Where, Workshop, new_aws
from tests.support.sample_stack import reference_site

RUN = os.environ.get("PYTEST_XDIST_TESTRUNUID", secrets.token_hex(8))
"""The same in all workers of a run, which must choose the same tests."""
SEED = int(os.environ.get("REPLACING_SEED", str(int(RUN, 16) % 1_000_000)))

NETWORK, *OTHERS = CHANGES
SAMPLE = CHANGES if "REPLACING_ALL" in os.environ else (NETWORK, random.Random(SEED).choice(OTHERS))
"""Changes to crash: the one that moves most, and another; `make replacing` crashes all."""

every_change = pytest.mark.parametrize("change", CHANGES, ids=lambda change: change.name)


@pytest.fixture
def before(account: None) -> Inventory:
    """Return the account's first content: a default network, and a foreign zone."""
    new_aws().route53.create_hosted_zone(Name=ZONE, CallerReference="test")
    return now()


def now() -> Inventory:
    """Return all but API Gateway's logging role, which stays for the whole account."""
    found = inventory(new_aws()) | scaling(new_aws())
    kept = {
        kind: frozenset(name for name in names if not name.startswith(ACCOUNT_ROLE))
        for kind, names in found.items()
    }
    return {kind: names for kind, names in kept.items() if names}


def counted(found: Inventory) -> dict[str, int]:
    return {kind: len(names) for kind, names in found.items()}


def stack_of(directory: Path, settings: Settings, zones: tuple[str, ...]) -> Stack:
    return build_stack(replace(reference_site(new_aws(), directory, settings), zones=zones))


def stacks(directory: Path, change: Change) -> tuple[Stack, Stack]:
    return (
        stack_of(directory, change.before, change.zones[0]),
        stack_of(directory, change.after, change.zones[1]),
    )


def actions(outcome: Result) -> dict[str, Action]:
    """Return actions by node; a deposed resource belongs to the replacement of its node."""
    return {
        node: finding.action
        for node, finding in outcome.changes.items()
        if finding.action is not Action.KEEP and "~" not in node
    }


def in_order(wanted: Iterable[str], writes: Iterable[str]) -> bool:
    rest = iter(writes)
    return all(write in rest for write in wanted)


@every_change
def test_up_does_what_the_plan_says_in_the_right_order(
    workshop: Workshop, tmp_path: Path, before: Inventory, change: Change
) -> None:
    old, new = stacks(tmp_path, change)
    workshop.run(old, "up")
    planned = actions(workshop.run(new, "plan"))
    assert workshop.last.writes == []
    assert {node: planned.get(node) for node in change.actions} == change.actions
    assert actions(workshop.run(new, "up")) == planned
    assert in_order(change.order, workshop.last.writes), workshop.last.writes
    for kind, name in change.gone:
        assert name not in now().get(kind, frozenset())
    workshop.run(new, "up")
    assert workshop.last.writes == []


def test_another_domain_with_the_state_lost_before(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    """A resource without an owner tag has the old one's name: its content proves the owner."""
    change = next(change for change in CHANGES if change.name == "name of the domain")
    old, new = stacks(tmp_path, change)
    workshop.run(old, "up")
    workshop.forget()
    plan = workshop.run(new, "plan").changes
    assert {node: plan[node].action for node in change.actions} == change.actions
    workshop.run(new, "up")
    workshop.run(new, "up")
    assert workshop.last.writes == []
    assert not {kind: name for kind, name in change.gone if name in now()[kind]}
    workshop.run(new, "down")
    assert without_proofs(now()) == before


@pytest.mark.parametrize("change", SAMPLE, ids=lambda change: change.name)
def test_a_crash_in_the_middle_leaves_nothing_behind(
    workshop: Workshop, tmp_path: Path, before: Inventory, change: Change
) -> None:
    """The next run completes the change.

    `REPLACING_SEED` chooses the write; only the state knows nodes that config.yaml dropped, so
    there it is not lost.
    """
    dice = random.Random(f"{SEED} {change.name}")
    old, new = stacks(tmp_path, change)
    workshop.run(old, "up")
    place = (dice.choice(list(Where)), dice.randint(1, len(change.order) + 12))
    lost = Action.DELETE not in change.actions.values()
    try:
        workshop.run(new, "up", recorder=Recorder(die=place))
    except Died:
        if lost:
            workshop.forget()
    told = f"REPLACING_SEED={SEED}, died {place}"
    workshop.run(new, "up")
    workshop.run(new, "up")
    assert workshop.last.writes == [], told
    held = counted(now())
    workshop.forget()
    workshop.run(new, "up")
    assert workshop.last.writes == [], told
    assert counted(now()) == held, told
    workshop.run(new, "down")
    assert without_proofs(now()) == before, told


def test_a_tables_key_waits_for_consent(
    workshop: Workshop, tmp_path: Path, before: Inventory
) -> None:
    """Only nodes that need the table wait with it."""
    change = next(change for change in CHANGES if change.name == "key of a table")
    old, new = stacks(tmp_path, change)
    workshop.run(old, "up")
    held = now()
    plan = workshop.run(new, "plan", plan_options=PlanOptions()).changes
    assert plan["table.items"].unblock_hint.startswith(
        "it holds data; `provision up --destroy table.items`"
    )
    waiting = {node for node, finding in plan.items() if finding.action is Action.BLOCKED}
    assert waiting == {
        f"table.items.{part}" for part in ("read", "read.policy", "write", "write.policy")
    }
    with pytest.raises(Exception, match="would be replaced"):
        workshop.run(new, "up", plan_options=PlanOptions())
    granted = ["ModifyVpcEndpoint", "PutRolePolicy"]  # with a sort key, Query is granted too
    assert sorted(workshop.last.writes) == granted
    assert now() == held
    workshop.run(new, "up", plan_options=PlanOptions(destroy=frozenset({"table.items"})))
    keys = new_aws().dynamodb.describe_table(TableName="tap-dev-items")["Table"]["KeySchema"]
    assert [key["AttributeName"] for key in keys] == ["pk", "sk"]
    assert "CreateBackup" in workshop.last.writes, "what it held can be had back"
