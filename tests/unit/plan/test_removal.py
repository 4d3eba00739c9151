"""Resources that a removal keeps because something depends on them, and the order of deletion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from provision.model.capabilities import WritesData
from provision.model.step import Step
from provision.plan.change import Action, ResourceChange
from provision.plan.removal import apply_parent_ownership, deletion_order, keep_needed_by_data
from tests.unit.plan.kinds import OURS, Letterbox, Part, Thing, Vault

THING, VAULT, PART = Thing(tags=OURS), Vault(tags=OURS), Part()


class Writer(Thing, WritesData):
    pass


def changes(*made: ResourceChange) -> dict[str, ResourceChange]:
    return {change.node: change for change in made}


def change(node: str, have: Step | None, action: Action, *needs: str) -> ResourceChange:
    return ResourceChange(node, needs, "test.thing", None, have, (), action)


@pytest.mark.parametrize("data", [VAULT, Letterbox(tags=OURS)])
def test_kept_data_keeps_all_that_it_needs(data: Step) -> None:
    key, table = change("key", THING, Action.DELETE), change("table", data, Action.KEEP, "role")
    role, other = change("role", THING, Action.DELETE, "key"), change("x", THING, Action.DELETE)
    found = keep_needed_by_data(changes(key, role, table, other))
    assert list(found) == ["key", "role", "table", "x"]
    assert found["role"] == replace(
        role, action=Action.KEEP, reason="table, which is kept, needs it"
    )
    assert found["key"] == replace(key, action=Action.KEEP, reason="role, which is kept, needs it")
    assert (found["table"], found["x"]) == (table, other)


@pytest.mark.parametrize(
    "keeper",
    [
        change("it", THING, Action.KEEP, "key"),
        change("it", None, Action.KEEP, "key"),
        change("it", VAULT, Action.DELETE, "key"),
        change("it", VAULT, Action.KEEP, "elsewhere"),
    ],
)
def test_what_holds_no_data_keeps_nothing(keeper: ResourceChange) -> None:
    given = changes(change("key", THING, Action.DELETE), keeper)
    assert keep_needed_by_data(given) == given


def test_what_is_foreign_is_not_kept_by_data() -> None:
    key = change("key", THING, Action.FOREIGN)
    assert keep_needed_by_data(changes(key, change("it", VAULT, Action.KEEP, "key")))["key"] == key


@pytest.mark.parametrize(
    ("parent", "it", "left"),
    [
        (change("a", THING, Action.FOREIGN), change("it", PART, Action.DELETE, "a", "b"), True),
        (change("a", THING, Action.DELETE), change("it", PART, Action.DELETE, "a", "b"), False),
        (change("a", THING, Action.FOREIGN), change("it", THING, Action.DELETE, "a", "b"), False),
        (change("a", THING, Action.FOREIGN), change("it", PART, Action.DELETE, "b", "a"), False),
        (change("a", THING, Action.FOREIGN), change("it", PART, Action.DELETE), False),
        (change("a", THING, Action.FOREIGN), change("it", PART, Action.KEEP, "a"), False),
        (change("x", THING, Action.FOREIGN), change("it", PART, Action.DELETE, "a", "b"), False),
    ],
)
def test_a_part_of_something_foreign_is_left_alone(
    parent: ResourceChange, it: ResourceChange, *, left: bool
) -> None:
    other = change("b", THING, Action.DELETE)
    found = apply_parent_ownership(changes(it, parent, other))["it"]
    reason = "it is part of a, which does not belong to this stack: not touched"
    assert found == (replace(it, action=Action.FOREIGN, reason=reason) if left else it)


def test_a_part_of_a_part_is_left_alone_too() -> None:
    chain = changes(
        change("c", PART, Action.DELETE, "b"),
        change("b", PART, Action.DELETE, "a"),
        change("a", THING, Action.FOREIGN),
    )
    found = apply_parent_ownership(chain)
    assert {one.action for one in found.values()} == {Action.FOREIGN}


def test_users_go_before_what_they_need() -> None:
    found = deletion_order(
        changes(
            change("vpc", THING, Action.DELETE),
            change("vpc~1", THING, Action.DELETE),
            change("subnet", THING, Action.DELETE, "vpc", "not there"),
        )
    )
    assert found == {"vpc": {"subnet"}, "vpc~1": {"subnet"}, "subnet": set()}


@pytest.mark.parametrize(
    ("writer", "data", "waits"),
    [
        (Action.DELETE, Action.DELETE, {"function"}),
        (Action.KEEP, Action.DELETE, set()),
        (Action.DELETE, Action.KEEP, set()),
    ],
)
def test_writers_go_before_data(writer: Action, data: Action, waits: set[str]) -> None:
    found = deletion_order(
        changes(
            change("table", VAULT, data),
            change("function", Writer(tags=OURS), writer),
            change("queue", THING, Action.DELETE),
        )
    )
    assert found == {"table": waits, "function": set(), "queue": set()}


def test_data_goes_after_its_writers_and_after_what_needs_it() -> None:
    found = deletion_order(
        changes(
            change("table", VAULT, Action.DELETE),
            change("target", THING, Action.DELETE, "table"),
            change("function", Writer(tags=OURS), Action.DELETE),
        )
    )
    assert found == {"table": {"target", "function"}, "target": set(), "function": set()}
