"""The commands that allow what a plan refuses, as they are typed."""

from __future__ import annotations

import pytest

from provision.plan.options import PlanOptions


@pytest.mark.parametrize(("node", "typed"), [("table.a", "table.a"), ("vpc~1", "'vpc~1'")])
def test_the_command_names_the_verb_and_the_node(node: str, typed: str) -> None:
    options = PlanOptions(verb="down")
    assert options.destroying(node) == f"`provision down --destroy {typed}`"
    assert options.without_backup(node) == f"`provision down --no-backup --destroy {typed}`"


def test_options_are_typed_as_they_were_given() -> None:
    options = PlanOptions(adopt=frozenset({"b", "a"}), destroy=frozenset({"c"}))
    assert options.options == ("--adopt", "a", "--adopt", "b", "--destroy", "c")


@pytest.mark.parametrize(
    ("options", "data", "backups"),
    [
        (PlanOptions(), False, False),
        (PlanOptions(destroy=frozenset({"vpc"})), True, True),
        (PlanOptions(destroy=frozenset({"vpc~1"})), True, True),
        (PlanOptions(destroy_data=True), True, False),
        (PlanOptions(destroy_data=True, backup=False), True, True),
        (PlanOptions(backup=False), False, False),
    ],
)
def test_what_may_be_destroyed(options: PlanOptions, *, data: bool, backups: bool) -> None:
    assert options.may_destroy("vpc~1") is data
    assert options.may_undo_backups("vpc~1") is backups
