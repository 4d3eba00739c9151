"""Stacks that differ in name, environment, account or region are different stacks.

They are tried in two regions, and with names that join alike, through `up`, a change and `down` of
each in every order.
"""

from __future__ import annotations

import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from provision.model.identity import Identity
from provision.model.stack import Stack
from provision.model.step import OWNER, Step, Tagged
from provision.plan.change import Action
from provision.plan.plan import Result
from provision.stack import StackInputs
from provision.stack.api import ACCOUNT_ROLE
from provision.state.journal import Journal
from provision.steps import KINDS
from tests.faults.ownership.account import Dump, dump
from tests.faults.ownership.foreign_stack import SMALL, act
from tests.support.account_inventory import inventory
from tests.support.harness import HOLDER, REGION, Recorder, Workshop, new_aws
from tests.support.sample_stack import MARK, reference_stack
from tests.unit.steps.apigateway.test_base_path_mapping import make_mapping
from tests.unit.steps.apigateway.test_domain_name import make_domain

WEST = "us-west-2"
CHANGED = {"tags": {"Environment": "staging"}, "tables": {"more": {"key": "id", "protect": False}}}
SWEEP = bool(os.environ.get("OWNERSHIP_SWEEP"))
LIFE = ("up", "change", "down")
ORDERS = [
    tuple("ab"[number not in first] for number in range(6)) for first in combinations(range(6), 3)
]
"""All twenty orders in which each runs its life cycle once."""
SEEDED = random.Random(11).sample(ORDERS, 1)


@dataclass
class Lives:
    """Two stacks, each with a state of its own."""

    directory: Path
    regions: Mapping[str, str]
    settings: Mapping[str, Mapping[str, Any]]
    done: dict[str, int] = field(default_factory=lambda: {"a": 0, "b": 0})

    def stack(self, which: str, more: Mapping[str, Any]) -> Stack:
        aws = new_aws(region=self.regions[which])
        changes = {**SMALL, **self.settings[which], **more}
        return reference_stack(aws, self.directory / which, changes)

    def next(self, which: str) -> Result:
        """Return the result of the next part of its life cycle."""
        verb = LIFE[self.done[which]]
        self.done[which] += 1
        stack = self.stack(which, {} if verb == "up" else CHANGED)
        state = self.directory / f"{which}-state"
        act_as = "down" if verb == "down" else "up"
        return act(state, stack, act_as, Recorder(), self.regions[which])


def of_both() -> Dump:
    """Return both regions' content, without what belongs to the whole account."""
    every = [dump(new_aws(region=region)) for region in (REGION, WEST)]
    return {
        f"{number} {key}": value
        for number, shown in enumerate(every)
        for key, value in shown.items()
        if ACCOUNT_ROLE not in key
    }


@pytest.mark.parametrize("order", ORDERS if SWEEP else SEEDED, ids="".join)
def test_two_regions(account: None, tmp_path: Path, order: tuple[str, ...]) -> None:
    lives = Lives(tmp_path, {"a": REGION, "b": WEST}, {"a": {}, "b": {"region": WEST}})
    held: dict[str, Dump] = {"a": {}, "b": {}}
    now = empty = of_both()
    for which in order:
        outcome = lives.next(which)
        assert outcome.failed == {}
        other = held["b" if which == "a" else "a"]
        before, now = now, of_both()
        assert {key: now.get(key) for key in other} == other, f"{which} touched the other's"
        theirs = other.keys() | empty.keys()
        held[which] = {key: value for key, value in now.items() if key not in theirs}
        assert before.keys() & other.keys() == other.keys()
    assert {key for key in now if key not in empty} == set()


ALIKE = [
    ({"name": "tap", "environment": "dev-x"}, {"name": "tap-dev", "environment": "x"}),
    ({"name": "tap-dev", "environment": "x"}, {"name": "tap", "environment": "dev-x"}),
]


@pytest.mark.parametrize(("first", "second"), ALIKE[: 2 if SWEEP else 1])
def test_names_that_join_alike(
    account: None, tmp_path: Path, first: dict[str, Any], second: dict[str, Any]
) -> None:
    """The names in AWS are equal: all of the first's is foreign to the second, without a write."""
    regions = {"a": REGION, "b": REGION}
    lives = Lives(tmp_path, regions, {"a": first, "b": second})
    assert lives.next("a").failed == {}
    before = dump(new_aws())
    for verb in ("up", "down"):
        recorder = Recorder()
        outcome = act(tmp_path / "b-state", lives.stack("b", {}), verb, recorder)
        assert {n for n, f in outcome.changes.items() if f.action is Action.FOREIGN} >= {
            "table.items", "function.items.role", "monitoring.topic", "layer.dependencies",
        }  # fmt: skip
        changed = {k: (before.get(k), v) for k, v in dump(new_aws()).items() if before.get(k) != v}
        assert {k for k in changed if k in before} == set()
    act(tmp_path / "b-state", lives.stack("b", {}), "down")
    assert dump(new_aws()) == before
    recorder = Recorder()
    act(tmp_path / "a-state", lives.stack("a", {}), "up", recorder)
    assert recorder.writes == []


def test_no_two_share_a_mark() -> None:
    places = [("us-east-1", "123456789012"), ("us-west-2", "123456789012"), ("us-east-1", "2" * 12)]
    names = [("tap", "dev"), ("tap", "dev-x"), ("tap-dev", "x"), ("tap-d", "ev-x")]
    marks = {Identity(n, e, r, a).owner_prefix for n, e in names for r, a in places}
    assert len(marks) == len(names) * len(places)
    assert not any(one.startswith(f"{other}/") for one in marks for other in marks)


# -- made by an older provision --------------------------------------------------------------------


def as_before(steps: Mapping[str, Step], directory: Path) -> None:
    """Write an older version's owner tags, in AWS and in the state: `tap-dev/{node}`."""
    aws = new_aws()
    for node, step in steps.items():
        have = step.observe(aws)
        if isinstance(have, Tagged) and have.tags.get(OWNER, "").endswith(f"/{node}"):
            have.with_owner(f"tap-dev/{node}").update(aws, have, {"tags"})
    journal = Journal(directory, "tap-dev", KINDS).open(HOLDER)
    for node, record in list(journal.records.items()):
        old = record.step.observe(aws)
        assert old is not None
        journal.done(node, old, record.needs)
    journal.close()


def test_what_an_older_provision_made_is_taken_over_with_its_state(
    workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as older:
        older.setattr(
            StackInputs, "global_name", lambda inputs, *parts: inputs.name(*(parts or [REGION]))
        )
        made = workshop.run(reference_stack(new_aws(), tmp_path, SMALL), "up", workers=8)
    as_before(made.resources, workshop.directory)
    before = inventory(new_aws())
    stack = reference_stack(new_aws(), tmp_path, SMALL)

    plan = workshop.run(stack, "plan")
    replaced = {n for n, f in plan.changes.items() if f.action is Action.REPLACE}
    renamed = {"function.items.role", "function.items.grants"}  # grants are deleted with their role
    assert replaced <= renamed | {"function.items.version", "api.deployment"}
    outcome = workshop.run(stack, "up", workers=8)
    assert outcome.failed == {}
    after = inventory(new_aws())
    lasting = before.keys() - {"role", "role policy", "version", "deployment"}
    assert {kind: after[kind] for kind in lasting} == {kind: before[kind] for kind in lasting}
    assert {"tap-dev-items"} == before["role"] - after["role"]
    assert {"tap-dev-us-east-1-items"} == after["role"] - before["role"]
    workshop.run(stack, "up", workers=8)
    assert workshop.last.writes == []
    assert "tap-dev/" not in json.dumps(dump(new_aws()))
    workshop.run(stack, "down", workers=8)


def test_without_its_state_an_older_mark_is_nobodys(workshop: Workshop, tmp_path: Path) -> None:
    """Two stacks could have that owner tag: it is adopted by name, or left alone."""
    stack = reference_stack(new_aws(), tmp_path, SMALL)
    made = workshop.run(stack, "up", workers=8)
    as_before(made.resources, workshop.directory)
    workshop.forget()
    plan = workshop.run(stack, "plan")
    assert plan.changes["table.items"].action is Action.FOREIGN
    assert "--adopt table.items" in plan.changes["table.items"].unblock_hint


@pytest.mark.parametrize("known", [False, True], ids=["not in the state", "in the state"])
def test_what_is_part_of_an_older_mark_is_ours_where_the_state_has_that(
    workshop: Workshop, known: bool
) -> None:
    """`tap` in `dev-eu` and `tap-dev` in `eu` had one owner tag; a mapping has none of its own."""
    mapping, _ = make_mapping()
    aws = new_aws()
    mapping.create(aws)
    domain = make_domain().observe(aws)
    assert domain is not None
    older = domain.with_owner("tap-dev/api.domain")
    older.update(aws, domain, {"tags"})
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    journal.done("zz.mapping", mapping, ("api.domain",) if known else ())
    if known:
        journal.done("api.domain", older, ())
    journal.close()
    workshop.run(Stack("tap-dev", owner_prefix=MARK), "down")
    assert (mapping.observe(new_aws()) is None) is known
    assert (older.observe(new_aws()) is None) is known
