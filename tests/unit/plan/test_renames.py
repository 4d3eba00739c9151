"""Which deletion and creation are taken for one resource under another name."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from provision.model.step import Step
from provision.plan.change import Action, Cause, ResourceChange
from provision.plan.renames import likely_renames, similarity
from provision.unknown import UNKNOWN
from tests.unit.plan.kinds import Part, Thing


@dataclass(frozen=True, kw_only=True)
class Four(Thing):
    """A kind with four settings besides its name: `place`, `ports`, `size` and `expiry`."""

    description: str = ""


OLD = Four(id="i-1", tags={})
NEW = Four(name="y", tags={"team": "a"}, description="new")


def gone(node: str, have: Step | None = OLD, action: Action = Action.DELETE) -> ResourceChange:
    return ResourceChange(node, (), Thing.KIND, None, have, (), action, cause=Cause.REMOVED)


def made(node: str, want: Step | None = NEW) -> ResourceChange:
    return ResourceChange(node, (), Thing.KIND, want, None, (), Action.CREATE, cause=Cause.CONFIG)


def found(*changes: ResourceChange) -> dict[str, str]:
    return likely_renames({change.node: change for change in changes})


@pytest.mark.parametrize(
    ("new", "share"),
    [
        (NEW, 1.0),
        (replace(NEW, size=9), 0.75),
        (replace(NEW, size=9, expiry="at"), 0.5),
        (replace(NEW, place="there"), 0.0),
        (replace(NEW, size=UNKNOWN), 1.0),
        (replace(NEW, size=UNKNOWN, expiry="at"), 1 - 1 / 3),
        (replace(NEW, place=UNKNOWN, ports=UNKNOWN, size=UNKNOWN, expiry=UNKNOWN), 0.0),
    ],
)
def test_how_far_two_agree_apart_from_name_tags_and_description(new: Four, share: float) -> None:
    assert similarity(OLD, new) == share


@pytest.mark.parametrize("area", ["table", "function", "layer"])
@pytest.mark.parametrize("action", [Action.DELETE, Action.KEEP])
def test_what_goes_is_what_comes_under_another_name(area: str, action: Action) -> None:
    assert found(gone(f"{area}.old", OLD, action), made(f"{area}.new")) == {
        f"{area}.old": f"{area}.new"
    }


def test_three_of_four_settings_are_enough_and_two_are_not() -> None:
    assert found(gone("table.old"), made("table.new", replace(NEW, size=9)))
    assert not found(gone("table.old"), made("table.new", replace(NEW, size=9, expiry="at")))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (replace(gone("table.old"), cause=Cause.DRIFT), made("table.new")),
        (gone("table.old", OLD, Action.FOREIGN), made("table.new")),
        (gone("table.old", None), made("table.new")),
        (gone("topic.old"), made("topic.new")),
        (gone("table"), made("table.new")),
        (gone("table.old.read"), made("table.new")),
        (gone("table.old~1"), made("table.new")),
        (gone("table.old"), made("table.new", None)),
        (gone("table.old"), made("topic.new")),
        (gone("table.old"), replace(made("table.new"), cause=Cause.DRIFT)),
        (gone("table.old"), replace(made("table.new"), action=Action.UPDATE)),
        (gone("table.old"), replace(made("table.new", Part()), kind=Part.KIND)),
    ],
)
def test_what_is_not_taken_for_a_rename(old: ResourceChange, new: ResourceChange) -> None:
    assert not found(old, new)


def test_the_likest_pair_is_the_rename_and_each_node_is_in_one() -> None:
    near, far = replace(OLD, size=9), OLD
    pairs = found(
        gone("table.far", near),
        gone("table.near", far),
        made("table.new"),
        made("table.z", replace(NEW, size=9)),
    )
    assert pairs == {"table.near": "table.new", "table.far": "table.z"}
    assert found(gone("table.b", near), gone("table.c", far), made("table.a")) == {
        "table.c": "table.a"
    }
    assert found(gone("table.c", far), made("table.a", replace(NEW, size=9)), made("table.b")) == {
        "table.c": "table.b"
    }
