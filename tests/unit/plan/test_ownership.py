"""Ownership of a found resource, in tables: owner tag, record and what AWS must add."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Self

import pytest

from provision.model.step import OWNER, Step, Tagged
from provision.plan.ownership import OwnedBy, Ownership, has_no_owner, same_mark
from provision.state.record import Record
from provision.unknown import UNKNOWN
from tests.unit.plan.kinds import (
    MARK,
    NAME,
    OURS,
    Content,
    Group,
    Lasting,
    Part,
    Thing,
    a_stack,
    recorded,
)

Records = Mapping[str, Record]
NONE: Records = {}
WANT = Thing(tags=OURS)
PART = Part()


def tagged(owner: str) -> Thing:
    return Thing(tags={OWNER: owner})


def a_group(tags: dict[str, str]) -> Group:
    return Group(tags=tags)


@dataclass(frozen=True, kw_only=True)
class Labelled(Part):
    """A kind that shows its owner in no tag."""

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return owner == ""


@dataclass(frozen=True, kw_only=True)
class Marked(Part):
    """A kind whose owner tag is as large as its size."""

    def is_owned_by(self, have: Self, owner: str) -> bool:
        return have.size == self.size


def owned(records: Records = NONE, moved: dict[str, str] | None = None) -> Ownership:
    return Ownership(a_stack("it", moved=moved), records)


BY_MARK: list[tuple[str, Records, Step, Step, OwnedBy]] = [
    ("its mark", NONE, WANT, tagged(f"{MARK}/it"), OwnedBy.US),
    ("no tag", NONE, WANT, Thing(tags={}), OwnedBy.OTHERS),
    ("another node's mark", NONE, WANT, tagged(f"{MARK}/other"), OwnedBy.OTHERS),
    ("another stack's mark", NONE, WANT, tagged("tap/prod/x/1/it"), OwnedBy.OTHERS),
    ("an old mark, unrecorded", NONE, WANT, tagged(f"{NAME}/it"), OwnedBy.OTHERS),
    (
        "an old mark, recorded",
        recorded(tagged(f"{NAME}/it")),
        WANT,
        tagged(f"{NAME}/it"),
        OwnedBy.US,
    ),
    ("a record of ours, a foreign tag", recorded(WANT), WANT, tagged("x/it"), OwnedBy.OTHERS),
    ("no mark to carry", NONE, PART, PART, OwnedBy.US),
    ("content as wanted", NONE, Content(), Content(), OwnedBy.US),
    ("content as nobody wants it", NONE, Content(), Content(size=2), OwnedBy.OTHERS),
    ("content as recorded", recorded(Content(size=2)), Content(), Content(size=2), OwnedBy.PARENT),
    (
        "a mark of its own as recorded",
        recorded(Marked(size=2)),
        Marked(),
        Marked(size=2),
        OwnedBy.US,
    ),
    ("content as neither", recorded(Content(size=3)), Content(), Content(size=2), OwnedBy.OTHERS),
    (
        "untagged while we deleted it",
        recorded(a_group(OURS), "delete"),
        a_group(OURS),
        a_group({}),
        OwnedBy.WRITER,
    ),
    (
        "tagged while we deleted it",
        recorded(a_group(OURS), "delete"),
        a_group(OURS),
        a_group(OURS),
        OwnedBy.US,
    ),
    (
        "another's while we deleted it",
        recorded(a_group(OURS), "delete"),
        a_group(OURS),
        a_group({OWNER: "x/it"}),
        OwnedBy.OTHERS,
    ),
    (
        "untagged, and no deletion pending",
        recorded(a_group(OURS)),
        a_group(OURS),
        a_group({}),
        OwnedBy.OTHERS,
    ),
    (
        "untagged, of a kind that stays gone",
        recorded(WANT, "delete"),
        WANT,
        Thing(tags={}),
        OwnedBy.OTHERS,
    ),
    ("untagged, without a record", NONE, a_group(OURS), a_group({}), OwnedBy.OTHERS),
]


@pytest.mark.parametrize(
    ("records", "expected", "have", "owner"),
    [row[1:] for row in BY_MARK],
    ids=[r[0] for r in BY_MARK],
)
def test_the_owner_by_mark_and_record(
    records: Records, expected: Step, have: Step, owner: OwnedBy
) -> None:
    assert owned(records).owner_by_mark("it", expected, have) is owner


def test_a_record_of_another_node_proves_nothing() -> None:
    records = recorded(Content(size=2), node="other")
    found = owned(records).owner_by_mark("it", Content(), Content(size=2))
    assert found is OwnedBy.OTHERS


def test_content_that_an_equal_record_alone_proves_needs_its_parent() -> None:
    """With any other owner tag, the record would be enough."""
    plain = replace(WANT, tags={OWNER: f"{NAME}/it"})
    assert owned(recorded(plain)).owner_by_mark("it", WANT, plain) is OwnedBy.US


@pytest.mark.parametrize(
    ("node", "records", "moved", "owners"),
    [
        ("it", NONE, {}, [f"{MARK}/it"]),
        ("it~1", NONE, {}, [f"{MARK}/it"]),
        ("it", NONE, {"old": "it"}, [f"{MARK}/it", f"{MARK}/old"]),
        ("it", NONE, {"old": "other"}, [f"{MARK}/it"]),
        ("it~2", NONE, {"old": "it"}, [f"{MARK}/it", f"{MARK}/old"]),
        ("it", recorded(tagged(f"{NAME}/it")), {}, [f"{MARK}/it", f"{NAME}/it"]),
        (
            "it",
            recorded(tagged(f"{NAME}/old")),
            {"old": "it"},
            [f"{MARK}/it", f"{NAME}/old", f"{MARK}/old"],
        ),
        ("it", recorded(tagged("x/it")), {}, [f"{MARK}/it"]),
    ],
)
def test_the_owners_of_a_node(
    node: str, records: Records, moved: dict[str, str], owners: list[str]
) -> None:
    assert list(owned(records, moved).owners(node)) == owners


@pytest.mark.parametrize(
    ("want", "moved", "owner"),
    [
        (Thing(tags={"team": "a"}), {}, f"{MARK}/it"),
        (Thing(tags={"team": "a"}), {"old": "it"}, f"{MARK}/it"),
        (Lasting(tags={"team": "a"}), {}, f"{MARK}/it"),
        (Lasting(tags={"team": "a"}), {"old": "it"}, f"{MARK}/old"),
    ],
)
def test_the_mark_that_is_put_on(want: Tagged, moved: dict[str, str], owner: str) -> None:
    assert owned(moved=moved).claim("it", want).tags == {"team": "a", OWNER: owner}


@pytest.mark.parametrize(
    ("owner", "records", "ours"),
    [
        (f"{MARK}/any.node", NONE, True),
        (f"{MARK}/x/any", NONE, False),
        (MARK, NONE, False),
        (f"{MARK}/", NONE, False),
        ("", NONE, False),
        (None, NONE, False),
        ("any", NONE, False),
        (f"{NAME}/it", NONE, False),
        (f"{NAME}/it", recorded(tagged(f"{NAME}/it")), True),
        (f"{NAME}/it", recorded(tagged(f"{NAME}/other")), False),
        (f"{NAME}/it", recorded(PART), False),
        (f"{NAME}/x/it", recorded(tagged(f"{NAME}/x/it")), False),
    ],
)
def test_the_marks_of_our_nodes(owner: str | None, records: Records, *, ours: bool) -> None:
    assert owned(records).is_our_mark(owner) is ours


@pytest.mark.parametrize(
    ("expected", "parent", "ours"),
    [
        (Content(), f"{MARK}/domain", True),
        (Content(), "x/domain", False),
        (Content(), "", False),
        (Content(), None, False),
        (Content(size=UNKNOWN), None, True),  # the parent is created before anything is written
        (Content(size=UNKNOWN), "", False),
        (Content(size=UNKNOWN), "x/domain", False),
    ],
)
def test_what_only_a_record_leads_to(expected: Step, parent: str | None, *, ours: bool) -> None:
    assert owned().leads_to_ours(expected, parent) is ours


@pytest.mark.parametrize(
    ("node", "name", "parent", "possible"),
    [
        ("it", "x", None, True),
        ("it", "elsewhere", None, True),
        ("it", "x", "", True),
        ("it", "elsewhere", "", False),
        ("it", "x", "x/function", False),
        ("forgotten", "x", None, False),
        ("forgotten", "x", "", False),
    ],
)
def test_what_may_have_reappeared(
    node: str, name: str, parent: str | None, *, possible: bool
) -> None:
    have = Group(name=name, tags={})
    found = owned().may_have_reappeared(node, a_group(OURS), have, parent)
    assert found is possible


@pytest.mark.parametrize(
    ("node", "owner", "words", "hint"),
    [
        ("table.a", "", "x exists and does not belong to this stack", "adopt"),
        ("table.a", "x/table.b", "x exists and does not belong to this stack", "adopt"),
        ("table.a", f"{MARK}/table.b", "x belongs to this stack's table.b", "moved"),
        ("table.a", f"{MARK}/topic.b", "x belongs to this stack's topic.b", "adopt"),
        ("table.a", f"{MARK}/table.b.read", "x belongs to this stack's table.b.read", "adopt"),
        ("table.a.read", f"{MARK}/table.b", "x belongs to this stack's table.b", "adopt"),
        (
            "function.a.alias",
            f"{MARK}/function.b.alias",
            "x belongs to this stack's function.b.alias",
            "adopt",
        ),
    ],
)
def test_whose_it_is_in_words(node: str, owner: str, words: str, hint: str) -> None:
    have = Thing(tags={OWNER: owner} if owner else {})
    adopt = f"`provision up --adopt {node}` takes it over"
    move = f"`moved: {{table.b: {node}}}` in config.yaml says that it was renamed; {adopt}"
    assert owned().describe(have) == words
    assert owned().hint(node, have) == {"adopt": adopt, "moved": move}[hint]


def test_a_resource_without_tags_is_nobodys() -> None:
    assert owned().describe(PART) == "x exists and does not belong to this stack"


MOVED = "`moved` says it was old, which the state does not have either"


@pytest.mark.parametrize(
    ("node", "moved", "records", "words"),
    [
        ("it", {"old": "it"}, recorded(WANT, node="other"), MOVED),
        ("it", {"old": "it", "older": "it"}, recorded(WANT, node="other"), MOVED),
        ("it", {"old": "it"}, NONE, ""),
        ("it", {"old": "it"}, recorded(WANT), ""),
        ("it", {}, recorded(WANT, node="other"), ""),
        ("it", {"old": "other"}, recorded(WANT, node="other"), ""),
        ("a.b", {"old": "a.b"}, recorded(WANT, node="other"), MOVED),
        ("a.b.c", {"old": "a.b.c"}, recorded(WANT, node="other"), ""),
    ],
)
def test_a_move_that_the_state_does_not_know(
    node: str, moved: dict[str, str], records: Records, words: str
) -> None:
    assert owned(records, moved).unknown_move(node) == words


@pytest.mark.parametrize(
    ("have", "now", "same"),
    [
        (WANT, replace(WANT, size=9), True),
        (WANT, Thing(tags={}), False),
        (Thing(tags={}), Thing(tags={"team": "a"}), True),
        (Content(), Content(), True),
        (Content(), Content(size=2), False),
    ],
)
def test_a_mark_that_stayed(have: Step, now: Step, *, same: bool) -> None:
    assert same_mark(have, now) is same


def test_without_tags_a_mark_is_that_of_no_owner() -> None:
    assert same_mark(Labelled(), Labelled())


@pytest.mark.parametrize(
    ("have", "none"), [(WANT, False), (Thing(tags={}), True), (PART, False), (Content(), False)]
)
def test_what_could_carry_an_owner_and_has_none(have: Step, *, none: bool) -> None:
    assert has_no_owner(have) is none
