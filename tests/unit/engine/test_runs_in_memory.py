"""Whole runs over an account in memory: resources found, created, kept and removed, in order."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import ClassVar, Self, cast

import pytest

from provision.aws.client import Aws
from provision.engine.engine import Engine
from provision.engine.events import NodeEvent
from provision.engine.prefetch import VISIBILITY_DELAYS
from provision.errors import ProvisionError
from provision.model.capabilities import (
    BatchObserved,
    GrantsAccess,
    HasParent,
    HoldsData,
)
from provision.model.stack import Node, Stack
from provision.model.step import OWNER, Fixed, OwnerMark, Replacement
from provision.plan.change import Action, Cause
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.plan import Plan, Result
from provision.state.journal import Journal
from tests.support.harness import HOLDER
from tests.unit.engine.in_memory import Account, Item, of, raising, refused
from tests.unit.plan.kinds import MARK, NAME


@dataclass(frozen=True, kw_only=True)
class Moving(Item):
    """A kind whose replacement is created first, and whose owner only a tag shows."""

    KIND = "test.moving"
    IDENTITY = ("tags",)
    REPLACEMENT = Replacement.CREATE_FIRST

    def observe(self, aws: Aws) -> Self | None:
        if self.id:
            return super().observe(aws)
        return next(iter(self.find_candidates(aws)), None)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        of(aws).called("search", self.name)
        every = [one for one in of(aws).resources.values() if isinstance(one, Moving)]
        ours = [cast(Self, one) for one in every if one.tags.get(OWNER) == self.tags.get(OWNER)]
        return sorted(ours, key=lambda one: one.place != self.place)


@dataclass(frozen=True, kw_only=True)
class Part(Item, HasParent):
    """A kind without an owner tag, found at its parent."""

    KIND = "test.part"
    OWNER_MARK = OwnerMark.NONE
    IDENTITY = ("parent",)
    parent: Fixed[str] = ""

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return True

    def with_owner(self, owner: str) -> Self:
        return self

    def observe(self, aws: Aws) -> Self | None:
        of(aws).called("observe", self.name)
        every = [one for one in of(aws).resources.values() if isinstance(one, Part)]
        return next((cast(Self, one) for one in every if one.parent == self.parent), None)

    def parent_owner(self, aws: Aws) -> str | None:
        of(aws).called("parent", self.name)
        parent = of(aws).resources.get(self.parent)
        return parent.tags.get(OWNER, "") if parent else None


@dataclass(frozen=True, kw_only=True)
class Vault(Item, HoldsData):
    KIND = "test.vault"


@dataclass(frozen=True, kw_only=True)
class Role(Item, GrantsAccess):
    """A kind that grants access: one letter of its `expiry` is one permission."""

    KIND = "test.role"

    def keeping_access_of(self, have: Self) -> Self:
        both = "".join(sorted({*self.expiry, *have.expiry}))
        return self if both == "".join(sorted(self.expiry)) else replace(self, expiry=both)


@dataclass(frozen=True, kw_only=True)
class Batched(Item, BatchObserved):
    KIND = "test.batched"
    BATCH_SIZE: ClassVar[int] = 2

    @classmethod
    def observe_many(cls, aws: Aws, steps: Sequence[Self]) -> list[Self | None]:
        of(aws).called("many", " ".join(step.name for step in steps))
        found = {one.name: cast(Self, one) for one in of(aws).resources.values()}
        return [found.get(step.name) for step in steps]


KINDS = {kind.KIND: kind for kind in (Item, Moving, Part, Vault, Role, Batched)}


@dataclass
class Runs:
    """Runs of stacks in one account, each with its own engine and one shared state."""

    state: Path
    account: Account = field(default_factory=Account)
    events: list[tuple[str, NodeEvent, str]] = field(default_factory=list)

    def run(
        self,
        stack: Stack,
        then: Callable[[Engine], Result | Plan],
        options: PlanOptions = NO_OPTIONS,
        limitations: Limitations = NO_LIMITATIONS,
    ) -> Result | Plan:
        self.account.calls.clear()
        self.events.clear()
        journal = Journal(self.state, NAME, KINDS, stack.moved).open(HOLDER)
        try:
            aws = cast(Aws, self.account)
            report = lambda *event: self.events.append(event)  # noqa: E731
            return then(Engine(stack, aws, journal, options, limitations, report))
        finally:
            journal.close()

    def plan(
        self,
        stack: Stack,
        options: PlanOptions = NO_OPTIONS,
        limitations: Limitations = NO_LIMITATIONS,
    ) -> Plan:
        return cast(
            Plan, self.run(stack, lambda engine: engine.plan(workers=1), options, limitations)
        )

    def up(self, stack: Stack, options: PlanOptions = NO_OPTIONS) -> Result:
        def then(engine: Engine) -> Result:
            return engine.apply(engine.plan(workers=1), workers=1)

        return cast(Result, self.run(stack, then, options))

    def down(self, stack: Stack, options: PlanOptions = NO_OPTIONS) -> Result:
        def then(engine: Engine) -> Result:
            return engine.remove(engine.plan_removal(engine.plan(workers=1)), workers=1)

        return cast(Result, self.run(stack, then, options))

    def names(self) -> list[str]:
        return sorted(one.name for one in self.account.resources.values())


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # it proves nothing here
    return Runs(tmp_path / "state")


def a_stack(*steps: Item, moved: dict[str, str] | None = None) -> Stack:
    """Return a stack of nodes named as their steps, each of which needs the one before it."""
    made = Stack(NAME, moved=moved or {}, owner_prefix=MARK)
    before: list[Node[Item]] = []
    for step in steps:
        before.append(made.add(step.name, always(step), needs=before[-1:]))
    return made


def always(step: Item) -> Callable[[object], Item]:
    return lambda _: step


def named(*names: str, **more: str) -> list[Item]:
    return [Item(name=name, tags={}, **more) for name in names]  # type: ignore[arg-type]


def actions(found: Plan | Result) -> dict[str, Action]:
    changes = found.all if isinstance(found, Plan) else found.changes
    return {name: change.action for name, change in changes.items()}


def test_a_first_run_makes_each_after_what_it_needs_and_a_second_makes_nothing(runs: Runs) -> None:
    stack = a_stack(*named("a", "b", "c"))
    assert set(actions(runs.plan(stack)).values()) == {Action.CREATE}
    assert not runs.account.writes()
    result = runs.up(stack)
    assert not result.failed
    assert runs.account.writes() == [("create", name) for name in "abc"]
    assert set(result.resources) == {"a", "b", "c"}
    assert {one.tags[OWNER] for one in runs.account.resources.values()} == {
        f"{MARK}/{name}" for name in "abc"
    }
    settled = [node for node, event, _ in runs.events if event is NodeEvent.SETTLED]
    assert sorted(settled) == ["a", "b", "c"]
    again = runs.up(stack)
    assert set(actions(again).values()) == {Action.KEEP}
    assert not runs.account.writes()


def test_down_removes_what_is_needed_last(runs: Runs) -> None:
    stack = a_stack(*named("a", "b", "c"))
    runs.up(stack)
    result = runs.down(stack)
    assert runs.account.writes() == [("delete", name) for name in "cba"]
    assert set(actions(result).values()) == {Action.DELETE}
    assert not runs.account.resources
    assert not runs.down(stack).failed
    assert not runs.account.writes()


def test_what_is_gone_from_the_configuration_is_an_orphan(runs: Runs) -> None:
    runs.up(a_stack(*named("a", "b")))
    plan = runs.plan(a_stack(*named("a")))
    assert actions(plan) == {"a": Action.KEEP, "b": Action.DELETE}
    assert plan.orphans["b"].cause is Cause.REMOVED
    result = runs.up(a_stack(*named("a")))
    assert actions(result) == {"a": Action.KEEP, "b": Action.DELETE}
    assert runs.names() == ["a"]


def test_an_orphan_that_holds_data_stays(runs: Runs) -> None:
    runs.up(a_stack(*named("a"), Vault(name="v", tags={})))
    assert actions(runs.up(a_stack(*named("a"))))["v"] is Action.KEEP
    assert runs.names() == ["a", "v"]


def test_the_state_lost_all_is_found_again_by_its_mark(runs: Runs, tmp_path: Path) -> None:
    stack = a_stack(*named("a"), Moving(name="m", tags={}))
    runs.up(stack)
    lost = Runs(tmp_path / "new", runs.account)
    assert set(actions(lost.up(stack)).values()) == {Action.KEEP}
    assert not lost.account.writes()


def test_a_foreign_one_is_left_and_what_needs_it_waits(runs: Runs) -> None:
    foreign = Item(name="a", id="i-9", tags={OWNER: "x/a"})
    runs.account.resources["i-9"] = foreign
    stack = a_stack(*named("a", "b"))
    assert actions(runs.plan(stack)) == {"a": Action.FOREIGN, "b": Action.BLOCKED}
    assert set(runs.up(stack).failed) == {"a"}
    assert runs.account.resources == {"i-9": foreign}
    runs.down(stack)
    assert runs.account.resources == {"i-9": foreign}
    adopted = runs.up(stack, PlanOptions(adopt=frozenset({"a"})))
    assert not adopted.failed
    assert runs.account.writes() == [("update", "tags"), ("create", "b")]


def test_a_change_in_place_and_drift_are_updates(runs: Runs) -> None:
    runs.up(a_stack(*named("a")))
    (there,) = runs.account.resources.values()
    runs.account.resources[there.id] = replace(there, size=9)
    plan = runs.plan(a_stack(*named("a")))
    assert plan.changes["a"].causes == {Cause.DRIFT}
    wanted = a_stack(*named("a", expiry="at"))
    assert runs.plan(wanted).changes["a"].causes == {Cause.DRIFT, Cause.CONFIG}
    runs.up(wanted)
    assert runs.account.writes() == [("update", "expiry size")]


def test_a_replacement_is_created_first_and_the_old_one_goes_last(runs: Runs) -> None:
    runs.up(a_stack(Moving(name="m", tags={}), *named("b")))
    there = a_stack(Moving(name="m", place="there", tags={}), *named("b"))
    assert actions(runs.plan(there)) == {"m": Action.REPLACE, "b": Action.KEEP}
    result = runs.up(there)
    assert not result.failed
    assert runs.account.writes() == [("create", "m"), ("delete", "m")]
    assert actions(result)["m~1"] is Action.DELETE
    (left,) = [one for one in runs.account.resources.values() if one.name == "m"]
    assert left.place == "there"


def test_an_interrupted_replacement_is_found_without_the_state(runs: Runs) -> None:
    tags = {OWNER: f"{MARK}/m"}
    old, new = (
        Moving(name="m", id=f"i-{place}", place=place, tags=tags) for place in ("old", "new")
    )
    runs.account.resources |= {old.id: old, new.id: new}
    stack = a_stack(Moving(name="m", place="new", tags={}))
    plan = runs.plan(stack)
    assert actions(plan) == {"m": Action.KEEP, "m~1": Action.DELETE}
    assert plan.all["m~1"].have == old
    assert not runs.up(stack).failed
    assert runs.account.resources == {new.id: new}


def test_of_two_alike_none_is_chosen_without_a_record(runs: Runs, tmp_path: Path) -> None:
    stack = a_stack(Moving(name="m", tags={}))
    runs.up(stack)
    (ours,) = runs.account.resources.values()
    runs.account.resources["i-copy"] = replace(ours, id="i-copy")
    assert actions(runs.plan(stack)) == {"m": Action.KEEP}
    lost = Runs(tmp_path / "new", runs.account).plan(stack)
    assert actions(lost) == {"m": Action.FOREIGN}
    assert lost.changes["m"].reason.startswith(f"{ours.id} and i-copy carry its owner tag")


def test_a_renamed_node_keeps_its_resource(runs: Runs) -> None:
    runs.up(a_stack(*named("a")))
    stack = Stack(NAME, moved={"a": "b"}, owner_prefix=MARK)
    stack.add("b", lambda _: Item(name="a", tags={}))
    result = runs.up(stack)
    assert actions(result) == {"b": Action.UPDATE}
    (there,) = runs.account.resources.values()
    assert there.tags[OWNER] == f"{MARK}/b"


def a_pair(place: str = "here") -> Stack:
    """Return a stack of a parent, and a part that is found by the id AWS chose for the parent."""
    made = Stack(NAME, moved={}, owner_prefix=MARK)
    parent = made.add("parent", lambda _: Item(name="p", place=place, tags={}))
    made.add("part", lambda get: Part(name="q", parent=get(parent).id, tags={}), needs=(parent,))
    return made


def test_a_part_is_found_at_its_parent_and_made_again_with_it(runs: Runs) -> None:
    assert set(actions(runs.plan(a_pair())).values()) == {Action.CREATE}
    runs.up(a_pair())
    assert set(actions(runs.up(a_pair())).values()) == {Action.KEEP}
    plan = runs.plan(a_pair("there"))
    assert actions(plan) == {"parent": Action.REPLACE, "part": Action.CREATE}

    def dies_with_it() -> None:
        runs.account.resources = {k: v for k, v in runs.account.resources.items() if v.name != "q"}

    runs.account.faults["delete"] = [dies_with_it]
    assert not runs.up(a_pair("there")).failed
    assert runs.account.writes() == [("delete", "p"), ("create", "p"), ("create", "q")]
    (part,) = [one for one in runs.account.resources.values() if isinstance(one, Part)]
    (parent,) = [one for one in runs.account.resources.values() if one.name == "p"]
    assert part.parent == parent.id


def test_a_part_of_something_foreign_is_not_ours(runs: Runs) -> None:
    runs.up(a_pair())
    (parent,) = [one for one in runs.account.resources.values() if one.name == "p"]
    runs.account.resources[parent.id] = replace(parent, tags={OWNER: "x/p"})
    assert actions(runs.plan(a_pair()))["parent"] is Action.FOREIGN
    before = dict(runs.account.resources)
    runs.down(a_pair())
    assert runs.account.resources == before


def test_an_orphan_that_is_a_part_is_removed_if_its_parent_is_ours(runs: Runs) -> None:
    runs.up(a_pair())
    orphans = runs.plan(a_stack(*named("a"))).orphans
    assert {one.action for one in orphans.values()} == {Action.DELETE}
    assert set(orphans) == {"parent", "part"}
    (parent,) = [one for one in runs.account.resources.values() if one.name == "p"]
    runs.account.resources[parent.id] = replace(parent, tags={OWNER: "x/p"})
    orphans = runs.plan(a_stack(*named("a"))).orphans
    assert {one.action for one in orphans.values()} == {Action.FOREIGN}


def test_a_failure_stops_what_needs_it_and_deletes_no_orphan(runs: Runs) -> None:
    runs.up(a_stack(*named("old")))
    runs.account.faults["create"] = [raising(refused("ValidationException"))]
    result = runs.up(a_stack(*named("a", "b")))
    assert set(result.failed) == {"a"}
    assert result.changes["b"].action is Action.BLOCKED
    assert result.changes["b"].reason == "needs a, which failed"
    assert runs.names() == ["old"]
    assert not runs.up(a_stack(*named("a", "b"))).failed
    assert runs.names() == ["a", "b"]


def test_a_look_that_fails_ends_the_plan(runs: Runs) -> None:
    runs.account.faults["observe"] = [raising(refused("ValidationException"))]
    with pytest.raises(ProvisionError, match=r"^vpc: Call: ValidationException: "):
        runs.plan(a_stack(*named("vpc")))


def test_a_deletion_that_fails_leaves_what_it_uses(runs: Runs) -> None:
    stack = a_stack(*named("a", "b"))
    runs.up(stack)
    runs.account.faults["delete"] = [raising(refused("ValidationException"))]
    result = runs.down(stack)
    assert set(result.failed) == {"b"}
    assert result.changes["a"].action is Action.BLOCKED
    assert result.changes["a"].reason == "not begun: resources that use it still exist"
    assert runs.names() == ["a", "b"]


def test_a_creation_that_was_begun_is_looked_for_until_it_shows(runs: Runs) -> None:
    stack = a_stack(*named("a"))
    runs.account.faults["create"] = [raising(refused("ValidationException"))]
    runs.up(stack)
    late = Item(name="a", id="i-late", tags={OWNER: f"{MARK}/a"})
    looks = [lambda: None, lambda: None, lambda: runs.account.resources.update({late.id: late})]
    runs.account.faults["observe"] = list(looks)
    assert actions(runs.plan(stack)) == {"a": Action.KEEP}
    assert runs.account.clock.slept == list(VISIBILITY_DELAYS[:2])
    runs.account.resources.clear()
    runs.account.clock.slept.clear()
    assert actions(runs.plan(stack)) == {"a": Action.CREATE}
    assert runs.account.clock.slept == list(VISIBILITY_DELAYS)


def test_access_is_revoked_when_all_else_is_made(runs: Runs) -> None:
    def stack(granted: str, size: int) -> Stack:
        made = Stack(NAME, moved={}, owner_prefix=MARK)
        role = made.add("role", lambda _: Role(name="r", expiry=granted, tags={}))
        made.add("user", lambda _: Item(name="u", size=size, tags={}), after=(role,))
        return made

    runs.up(stack("ab", 1))
    runs.account.calls.clear()
    result = runs.up(stack("bc", 2))
    assert not result.failed
    assert runs.account.writes() == [("update", "expiry"), ("update", "size"), ("update", "expiry")]
    (role,) = [one for one in runs.account.resources.values() if one.name == "r"]
    assert role.expiry == "bc"
    runs.account.faults["update"] = [raising(refused("ValidationException"))]
    stopped = runs.up(stack("c", 3))
    assert stopped.changes["role"].action is Action.BLOCKED
    assert stopped.changes["role"].reason == "access is revoked only after all other changes"
    (role,) = [one for one in runs.account.resources.values() if one.name == "r"]
    assert role.expiry == "bc"


def test_what_can_be_observed_together_is_in_as_few_calls(runs: Runs) -> None:
    stack = a_stack(*(Batched(name=name, tags={}) for name in "abc"))
    runs.plan(stack)
    assert [call for call in runs.account.calls if call[0] == "many"] == [("many", "a b")]
    runs.up(stack)
    assert actions(runs.plan(stack)) == dict.fromkeys("abc", Action.KEEP)
    assert runs.account.calls == [("many", "a b"), ("observe", "c")]


def test_a_kind_that_the_emulator_lacks_is_skipped(runs: Runs) -> None:
    lacking = Limitations({Moving.KIND: "it has none"}, {}, {})
    stack = a_stack(*named("a"), Moving(name="m", tags={}), *named("b"))
    plan = runs.plan(stack, limitations=lacking)
    assert actions(plan) == {"a": Action.CREATE, "m": Action.SKIP, "b": Action.CREATE}
    assert ("search", "m") not in runs.account.calls


def test_procedures_over_a_few_nodes(runs: Runs) -> None:
    """`push` and `refresh` run on a few nodes."""
    stack = a_stack(*named("a"))
    runs.up(stack)

    def then(engine: Engine) -> Plan:
        found = engine.find("a", {})
        assert (found.action, found.node) == (Action.KEEP, "a")
        assert engine.owns(found)
        foreign = replace(found.have, tags={}) if isinstance(found.have, Item) else None
        assert not engine.owns(replace(found, have=foreign))
        assert not engine.owns(replace(found, have=None))
        assert not engine.owns(replace(found, node="unknown", want=None))
        assert engine.owns(replace(found, want=None))
        assert isinstance(found.want, Item)
        change = engine.change("a", replace(found.want, size=2), found.have)
        assert change.action is Action.UPDATE
        engine.verify(change, engine.make(change))
        return Plan({"a": change}, {})

    runs.run(stack, then)
    (there,) = runs.account.resources.values()
    assert there.size == 2
