"""Whose a resource is where its mark does not show it: AWS is asked, and the answer decides."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import pytest

from provision.aws.client import Aws
from provision.model.capabilities import HasParent
from provision.model.step import OWNER, OwnerMark
from provision.plan.change import Action
from tests.unit.engine.in_memory import ITEM, THERE, Bench, Item, a_change, of
from tests.unit.engine.test_executor import Group
from tests.unit.plan.kinds import MARK, OURS

FOREIGN = {OWNER: "x/it"}


@dataclass(frozen=True, kw_only=True)
class Content(Item, HasParent):
    """A kind that is recognised by its size alone; `expiry` is its parent's owner."""

    KIND = "test.content"
    OWNER_MARK = OwnerMark.BY_CONTENT

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.size == self.size

    def parent_owner(self, aws: Aws) -> str | None:
        of(aws).called("parent", self.name)
        return None if self.expiry == "gone" else self.expiry


OUR_PARENT = f"{MARK}/other"
CONTENT = Content(tags={}, id="i-0", expiry=OUR_PARENT)


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, kinds=(Item, Group, Content))


@pytest.mark.parametrize(
    ("want", "have", "may", "asked"),
    [
        (ITEM, None, False, 0),
        (ITEM, THERE, True, 0),
        (ITEM, replace(THERE, tags=FOREIGN), False, 0),
        (CONTENT, CONTENT, True, 0),
        (CONTENT, replace(CONTENT, expiry="x/other"), True, 0),
        (None, CONTENT, True, 1),
        (None, replace(CONTENT, expiry="x/other"), False, 1),
        (None, replace(CONTENT, expiry="gone"), False, 1),
        (replace(CONTENT, size=2), CONTENT, True, 1),
        (replace(CONTENT, size=2), replace(CONTENT, expiry="x/other"), False, 1),
    ],
)
def test_what_is_recognised_by_its_content_is_removed_only_if_wanted_or_a_part_of_ours(
    bench: Bench, want: Any, have: Any, *, may: bool, asked: int
) -> None:
    change = a_change(Action.DELETE, want, have)
    assert bench.check.may_remove(change, have or ITEM) is may
    assert [verb for verb, _ in bench.account.calls] == ["parent"] * asked


@pytest.mark.parametrize(
    ("parent", "expected", "ours"),
    [
        (OUR_PARENT, CONTENT, True),
        ("x/other", CONTENT, False),
        ("", CONTENT, False),
        ("gone", CONTENT, False),
    ],
)
def test_a_record_alone_does_not_make_a_part_ours(
    bench: Bench, parent: str, expected: Content, *, ours: bool
) -> None:
    """Anyone may have written the state."""
    have = replace(CONTENT, size=2, expiry=parent)
    bench.journal.done("it", have, ())
    assert bench.check.is_ours("it", expected, have) is ours


GROUP = Group(tags={}, id="i-0", size=0)


@pytest.mark.parametrize(
    ("have", "again"),
    [
        (GROUP, True),
        (replace(GROUP, size=1), False),
        (replace(GROUP, tags=FOREIGN), False),
        (replace(GROUP, tags=OURS), False),
        (replace(ITEM, tags={}, size=0), False),
    ],
)
def test_only_what_is_new_empty_and_nobody_s_was_recreated_by_a_late_writer(
    bench: Bench, have: Item, *, again: bool
) -> None:
    assert bench.check.reappeared(have) is again


@pytest.mark.parametrize(
    ("node", "have", "ours"),
    [
        ("it", GROUP, True),
        ("it", replace(GROUP, size=1), False),
        ("it", replace(GROUP, size=1, expiry="of ours"), True),
        ("it", replace(GROUP, name="another"), False),
        ("it", replace(GROUP, name="another", expiry="of ours"), True),
        ("no longer wanted", GROUP, False),
        ("no longer wanted", replace(GROUP, expiry="of ours"), True),
    ],
)
def test_while_our_deletion_is_pending_the_writer_says_whose_it_is(
    bench: Bench, node: str, have: Group, *, ours: bool
) -> None:
    """Without a writer of ours, it must be what config.yaml names, as new as writers leave it."""
    bench.journal.begin(node, "delete", replace(have, tags=OURS), ())
    assert bench.check.is_ours(node, replace(GROUP, tags=OURS), have) is ours
    bench.journal.done(node, replace(have, tags=OURS), ())
    assert bench.check.is_ours(node, replace(GROUP, tags=OURS), have) is False


@pytest.mark.parametrize(
    ("now", "changed"),
    [
        (THERE, False),
        (replace(THERE, size=9), False),
        (replace(THERE, tags=FOREIGN), True),
        (replace(THERE, tags={}), True),
    ],
)
def test_it_changed_hands_if_it_has_another_mark_or_none(
    bench: Bench, now: Item, *, changed: bool
) -> None:
    assert bench.check.changed_hands("it", THERE, now) is changed
    foreign = replace(THERE, tags=FOREIGN)
    assert bench.check.changed_hands("it", foreign, foreign) is False
