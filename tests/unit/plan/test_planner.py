"""Decisions about one node, in tables: wanted, observed, recorded, allowed → the change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from provision.model.capabilities import ReportsProblems
from provision.model.step import OWNER, Step, with_computed
from provision.model.stored_data import StoredData
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange, diff_fields
from provision.plan.dependents import deletes_dependents, follow_replaced_parent, keeps_computed
from provision.plan.limitations import NO_LIMITATIONS, Limitations
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.ownership import Ownership
from provision.plan.planner import NOT_THERE, DataFacts, Observation, Planner, holds_deletable_data
from provision.state.record import Record
from provision.unknown import UNKNOWN
from tests.unit.plan.kinds import (
    MARK,
    OURS,
    Account,
    Beside,
    ByAws,
    Content,
    Kept,
    KeptVault,
    Key,
    Letterbox,
    Locked,
    Part,
    SharedVault,
    Thing,
    Vault,
    Version,
    a_node,
    a_stack,
    recorded,
)

ADOPT = PlanOptions(adopt=frozenset({"it"}))
DESTROY = PlanOptions(destroy=frozenset({"it"}))
DESTROY_ALL = PlanOptions(destroy_data=True)
WITHOUT_BACKUP = replace(DESTROY_ALL, backup=False)
DOWN = PlanOptions(verb="down")
FORGETFUL = Limitations({}, {"test.thing": {"expiry": "forgotten"}}, {"test.thing": "none"})

THING = Thing(tags=OURS, id=UNKNOWN)
THERE = replace(THING, id="i-1")
FOREIGN = Observation(replace(THERE, tags={}), owned=False)
ADOPTED = replace(THING, tags={})  # so that only what a row changes differs
VAULT = Vault(tags=OURS)
LETTERS = Letterbox(tags=OURS)
HELD = "it holds data; `provision up --destroy it` lets it be deleted and recreated"
TAKE = "`provision up --adopt it` takes it over"


def planner(
    records: Mapping[str, Record] | None = None,
    options: PlanOptions = NO_OPTIONS,
    limitations: Limitations = NO_LIMITATIONS,
    moved: dict[str, str] | None = None,
) -> Planner:
    ownership = Ownership(a_stack("it", moved=moved), records or {})
    return Planner(ownership, options, limitations, "eu-west-1")


@dataclass(frozen=True)
class Row:
    """One decision: its inputs, and the change they give."""

    name: str
    want: Step
    seen: Observation
    action: Action
    records: Mapping[str, Record] = field(default_factory=dict)
    options: PlanOptions = NO_OPTIONS
    limitations: Limitations = NO_LIMITATIONS
    moved: Mapping[str, str] = field(default_factory=dict)
    causes: frozenset[Cause] = frozenset()
    reason: str = ""
    unblock_hint: str = ""
    fields: tuple[str, ...] = ()

    def plan(self) -> ResourceChange:
        made = planner(self.records, self.options, self.limitations, dict(self.moved))
        return made.plan(a_node(), self.want, self.seen)


def found(have: Step) -> Observation:
    return Observation(have)


CONFIG, DRIFT = frozenset({Cause.CONFIG}), frozenset({Cause.DRIFT})
CREATES = [
    Row("nothing is there", THING, NOT_THERE, Action.CREATE, causes=CONFIG),
    Row(
        "a creation was begun",
        THING,
        NOT_THERE,
        Action.CREATE,
        records=recorded(THING, "create"),
        causes=CONFIG,
    ),
    Row(
        "a deletion was begun",
        THING,
        NOT_THERE,
        Action.CREATE,
        records=recorded(THERE, "delete"),
        causes=CONFIG,
    ),
    Row(
        "it has gone",
        THING,
        NOT_THERE,
        Action.CREATE,
        records=recorded(THERE),
        causes=DRIFT,
    ),
    Row(
        "it has gone during an update",
        THING,
        NOT_THERE,
        Action.CREATE,
        records=recorded(THERE, "update"),
        causes=DRIFT,
    ),
    Row(
        "its data has gone",
        VAULT,
        NOT_THERE,
        Action.CREATE,
        records=recorded(VAULT),
        causes=DRIFT,
        reason="restore it in eu-west-1",
    ),
    Row(
        "its data was never there",
        VAULT,
        NOT_THERE,
        Action.CREATE,
        causes=CONFIG,
    ),
    Row(
        "the state knows no former name",
        THING,
        NOT_THERE,
        Action.CREATE,
        records=recorded(THERE, node="other"),
        moved={"old": "it"},
        causes=CONFIG,
        reason="`moved` says it was old, which the state does not have either",
    ),
    Row("AWS makes it", ByAws(), NOT_THERE, Action.KEEP),
    Row("AWS makes it again", ByAws(), NOT_THERE, Action.KEEP, records=recorded(ByAws())),
]
COMPARES = [
    Row("as wanted", THING, found(THERE), Action.KEEP),
    Row("as wanted and recorded", THING, found(THERE), Action.KEEP, records=recorded(THERE)),
    Row(
        "as wanted, by an update that was begun",
        THING,
        found(THERE),
        Action.KEEP,
        records=recorded(replace(THERE, size=9), "update"),
    ),
    Row("shared and ailing", Account(), found(Account()), Action.KEEP, reason="its role is gone"),
    Row(
        "shared and changed",
        Account(size=2),
        found(Account()),
        Action.UPDATE,
        causes=CONFIG,
        fields=("size",),
    ),
    Row(
        "changed in config.yaml",
        replace(THING, size=2),
        found(THERE),
        Action.UPDATE,
        records=recorded(THERE),
        causes=CONFIG,
        fields=("size",),
    ),
    Row(
        "changed without a record",
        replace(THING, size=2),
        found(THERE),
        Action.UPDATE,
        causes=CONFIG,
        fields=("size",),
    ),
    Row(
        "changed by hand",
        THING,
        found(replace(THERE, size=3)),
        Action.UPDATE,
        records=recorded(THERE),
        causes=DRIFT,
        fields=("size",),
    ),
    Row(
        "changed by both",
        replace(THING, size=2),
        found(replace(THERE, size=3)),
        Action.UPDATE,
        records=recorded(THERE),
        causes=DRIFT,
        fields=("size",),
    ),
    Row(
        "changed by both, one field each",
        replace(THING, size=2),
        found(replace(THERE, expiry="by hand")),
        Action.UPDATE,
        records=recorded(THERE),
        causes=CONFIG | DRIFT,
        fields=("size", "expiry"),
    ),
    Row(
        "half updated by a run that died",
        replace(THING, size=2),
        found(replace(THERE, size=3)),
        Action.UPDATE,
        records=recorded(THERE, "update"),
        causes=CONFIG,
        reason="the rest of a change that an earlier run began: size",
        fields=("size",),
    ),
    Row(
        "half updated in two fields",
        replace(THING, size=2, expiry="a"),
        found(replace(THERE, size=3, expiry="b")),
        Action.UPDATE,
        records=recorded(THERE, "update"),
        causes=CONFIG,
        reason="the rest of a change that an earlier run began: size, expiry",
        fields=("size", "expiry"),
    ),
    Row(
        "an update that was begun, nothing of it made",
        replace(THING, size=2),
        found(THERE),
        Action.UPDATE,
        records=recorded(THERE, "update"),
        causes=CONFIG,
        fields=("size",),
    ),
    Row(
        "undone by hand while an update was begun",
        THING,
        found(replace(THERE, size=3)),
        Action.UPDATE,
        records=recorded(THERE, "update"),
        causes=DRIFT,
        fields=("size",),
    ),
    Row(
        "a value that AWS will choose",
        replace(THING, expiry=UNKNOWN),
        found(THERE),
        Action.UPDATE,
        records=recorded(THERE),
        causes=CONFIG,
        fields=("expiry",),
    ),
    Row(
        "a field that the emulator forgets",
        replace(THING, expiry="a"),
        found(THERE),
        Action.KEEP,
        limitations=FORGETFUL,
    ),
    Row(
        "another field than the emulator forgets",
        replace(THING, expiry="a", size=2),
        found(THERE),
        Action.UPDATE,
        limitations=FORGETFUL,
        causes=CONFIG,
        fields=("size",),
    ),
]
REPLACES = [
    Row(
        "a fixed field",
        replace(THING, place="there"),
        found(THERE),
        Action.REPLACE,
        records=recorded(THERE),
        causes=CONFIG,
        fields=("place",),
    ),
    Row(
        "a fixed field changed by hand",
        THING,
        found(replace(THERE, place="there")),
        Action.REPLACE,
        records=recorded(THERE),
        causes=DRIFT,
        fields=("place",),
    ),
    Row(
        "a fixed and another field",
        replace(THING, place="there", size=2),
        found(THERE),
        Action.REPLACE,
        causes=CONFIG,
        fields=("place", "size"),
    ),
    Row(
        "a numbered history",
        Version(of="y"),
        found(Version()),
        Action.REPLACE,
        causes=CONFIG,
        reason="version 1 stays",
        fields=("of",),
    ),
    Row(
        "data, not allowed",
        replace(VAULT, place="there"),
        found(VAULT),
        Action.REPLACE,
        causes=CONFIG,
        unblock_hint=HELD,
        fields=("place",),
    ),
    Row(
        "data, allowed for another node",
        replace(VAULT, place="there"),
        found(VAULT),
        Action.REPLACE,
        options=PlanOptions(destroy=frozenset({"other"})),
        causes=CONFIG,
        unblock_hint=HELD,
        fields=("place",),
    ),
    Row(
        "data, allowed by name",
        replace(VAULT, place="there"),
        found(VAULT),
        Action.REPLACE,
        options=DESTROY,
        causes=CONFIG,
        fields=("place",),
    ),
    Row(
        "data, all allowed",
        replace(VAULT, place="there"),
        found(VAULT),
        Action.REPLACE,
        options=DESTROY_ALL,
        causes=CONFIG,
        fields=("place",),
    ),
    Row(
        "data, changed in place",
        replace(VAULT, size=2),
        found(VAULT),
        Action.UPDATE,
        causes=CONFIG,
        fields=("size",),
    ),
]
OWNERS = [
    Row(
        "foreign",
        THING,
        FOREIGN,
        Action.FOREIGN,
        reason="x exists and does not belong to this stack",
        unblock_hint=TAKE,
    ),
    Row(
        "foreign and different",
        replace(THING, place="there"),
        FOREIGN,
        Action.FOREIGN,
        reason="x exists and does not belong to this stack",
        unblock_hint=TAKE,
    ),
    Row(
        "foreign, another one adopted",
        THING,
        FOREIGN,
        Action.FOREIGN,
        options=PlanOptions(adopt=frozenset({"other"})),
        reason="x exists and does not belong to this stack",
        unblock_hint=TAKE,
    ),
    Row(
        "foreign, and data may be destroyed",
        THING,
        FOREIGN,
        Action.FOREIGN,
        options=DESTROY_ALL,
        reason="x exists and does not belong to this stack",
        unblock_hint=TAKE,
    ),
    Row(
        "another node's",
        THING,
        Observation(replace(THERE, tags={OWNER: f"{MARK}/other"}), owned=False),
        Action.FOREIGN,
        reason="x belongs to this stack's other",
        unblock_hint=TAKE,
    ),
    Row("adopted as it is", ADOPTED, FOREIGN, Action.KEEP, options=ADOPT),
    Row(
        "adopted and marked",
        THING,
        FOREIGN,
        Action.UPDATE,
        options=ADOPT,
        causes=CONFIG,
        fields=("tags",),
    ),
    Row(
        "adopted, with another size",
        replace(ADOPTED, size=2),
        FOREIGN,
        Action.UPDATE,
        options=ADOPT,
        causes=CONFIG,
        fields=("size",),
    ),
    Row(
        "not adopted where it cannot be changed",
        replace(ADOPTED, place="there"),
        FOREIGN,
        Action.FOREIGN,
        options=ADOPT,
        reason="x does not belong to this stack and cannot be adopted: place is here",
        unblock_hint="rename this stack's in config.yaml, or delete the other one",
        fields=("place",),
    ),
    Row(
        "not adopted in two fields",
        replace(ADOPTED, place="there", ports=(443,)),
        Observation(replace(THERE, tags={}, ports=(80, 81)), owned=False),
        Action.FOREIGN,
        options=ADOPT,
        reason="x does not belong to this stack and cannot be adopted: place is here; ports is 80,"
        " 81",
        unblock_hint="rename this stack's in config.yaml, or delete the other one",
        fields=("place", "ports"),
    ),
    Row(
        "adopted and replaced, as the user named it",
        replace(ADOPTED, place="there"),
        FOREIGN,
        Action.REPLACE,
        options=replace(ADOPT, destroy=frozenset({"it"})),
        causes=CONFIG,
        fields=("place",),
    ),
    Row(
        "several carry the mark",
        THING,
        Observation(THERE, alike=("i-1", "i-2")),
        Action.FOREIGN,
        reason="i-1 and i-2 carry its owner tag, and no state says which one is this node's",
        unblock_hint=f"remove the tag {OWNER} from the wrong ones, or restore the state",
    ),
    Row(
        "several carry the mark, whatever is adopted",
        replace(THING, size=2),
        Observation(THERE, alike=("i-1", "i-2", "i-3")),
        Action.FOREIGN,
        options=ADOPT,
        reason="i-1 and i-2 and i-3 carry its owner tag, and no state says which one is this"
        " node's",
        unblock_hint=f"remove the tag {OWNER} from the wrong ones, or restore the state",
    ),
]


@pytest.mark.parametrize("row", [*CREATES, *COMPARES, *REPLACES, *OWNERS], ids=lambda row: row.name)
def test_what_is_done_about_a_node(row: Row) -> None:
    change = row.plan()
    assert (change.action, change.causes) == (row.action, row.causes)
    assert (change.reason, change.unblock_hint) == (row.reason, row.unblock_hint)
    assert {diff.field for diff in change.diffs} == set(row.fields)
    assert (change.node, change.kind) == ("it", row.want.KIND)
    assert (change.want, change.have) == (row.want, row.seen.have)


def test_what_is_another_nodes_is_renamed_or_adopted() -> None:
    found = Observation(replace(THERE, tags={OWNER: f"{MARK}/table.old"}), owned=False)
    change = planner().plan(a_node("table.new"), THING, found)
    assert change.unblock_hint.startswith("`moved: {table.old: table.new}` in config.yaml")


@dataclass(frozen=True, kw_only=True)
class Ailing(Part, ReportsProblems):
    """A kind that belongs only to this stack, and whose status shows its problem."""

    def reported_problem(self) -> str:
        return "its role is gone"


def test_only_what_all_stacks_share_reports_its_problem_in_a_plan() -> None:
    assert planner().plan(a_node(), Account(), Observation(Account())).reason == "its role is gone"
    assert planner().plan(a_node(), Ailing(), Observation(Ailing())).reason == ""


@pytest.mark.parametrize(
    "seen",
    [
        Observation(THERE, deposed=(Thing(name="old", tags=OURS),)),
        Observation(THERE, owned=False, deposed=(Thing(name="old", tags=OURS),)),
        Observation(THERE, alike=("a", "b"), deposed=(Thing(name="old", tags=OURS),)),
    ],
)
def test_what_is_deposed_is_passed_on(seen: Observation) -> None:
    assert planner().plan(a_node(), THING, seen).deposed == seen.deposed


@pytest.mark.parametrize(
    ("kinds", "reason"), [({"test.thing": "no such service"}, "no such service"), ({}, None)]
)
def test_what_the_emulator_lacks(kinds: dict[str, str], reason: str | None) -> None:
    change = planner(limitations=Limitations(kinds, {}, {})).skip(a_node(), THING)
    assert (change and (change.action, change.reason)) == (reason and (Action.SKIP, reason))


# -- deletions -------------------------------------------------------------------------------


def a_change(have: Step | None, want: Step | None = None, **more: Any) -> ResourceChange:
    given: dict[str, Any] = {"action": Action.UPDATE, "diffs": (), **more}
    kind = (have or want or THING).KIND
    return ResourceChange("it", (), kind, want, have, **given)


STORED = StoredData(3, 2000, protected=False)
PROTECTED = replace(STORED, protected=True)
AMOUNT = "3 items, 2.0 kB by AWS's count of up to six hours ago"
UP, ON_DOWN = "`provision up --destroy it`", "`provision down --destroy it`"
LOST = "its backups need it"
BACKUP = "a final backup is made first"
NO_BACKUP = "no backup is made: --no-backup"
OFF = "deletion protection is on and is switched off first"
LEFT = "x does not belong to this stack: not touched"

Deletion = tuple[str, Step | None, bool, DataFacts | None, PlanOptions, Action, str]
DELETIONS: list[Deletion] = [
    ("nothing is there", None, False, None, NO_OPTIONS, Action.KEEP, "not there"),
    ("ours", THERE, True, None, NO_OPTIONS, Action.DELETE, ""),
    ("foreign", Thing(tags={}), False, None, NO_OPTIONS, Action.FOREIGN, LEFT),
    ("foreign data", Vault(tags={}), False, None, DESTROY_ALL, Action.FOREIGN, LEFT),
    (
        "another node's",
        Thing(tags={OWNER: f"{MARK}/other"}),
        False,
        None,
        NO_OPTIONS,
        Action.FOREIGN,
        "x belongs to this stack's other: not touched",
    ),
    ("shared", Account(), True, None, NO_OPTIONS, Action.KEEP, "the whole account uses it"),
    ("shared data", SharedVault(), True, None, DESTROY, Action.KEEP, "the whole account uses it"),
    ("lasting", Kept(tags=OURS), True, None, DESTROY, Action.KEEP, "its zone proves the domain"),
    (
        "lasting data",
        KeptVault(tags=OURS),
        True,
        None,
        DESTROY,
        Action.KEEP,
        "its zone proves the domain",
    ),
    ("locked", Locked(tags=OURS), True, None, NO_OPTIONS, Action.DELETE, OFF),
    (
        "data",
        VAULT,
        True,
        DataFacts(stored=STORED),
        NO_OPTIONS,
        Action.KEEP,
        f"it holds data ({AMOUNT}); {UP} deletes it",
    ),
    (
        "data, on the way down",
        VAULT,
        True,
        DataFacts(stored=STORED),
        DOWN,
        Action.KEEP,
        f"it holds data ({AMOUNT}); {ON_DOWN} deletes it",
    ),
    (
        "protected data",
        VAULT,
        True,
        DataFacts(stored=PROTECTED),
        NO_OPTIONS,
        Action.KEEP,
        f"it holds data ({AMOUNT}; deletion protection is on); {UP} deletes it",
    ),
    (
        "data that is not counted",
        VAULT,
        True,
        DataFacts(),
        NO_OPTIONS,
        Action.KEEP,
        f"it holds data; {UP} deletes it",
    ),
    (
        "data, named",
        VAULT,
        True,
        DataFacts(stored=STORED),
        DESTROY,
        Action.DELETE,
        f"{AMOUNT}; {BACKUP}",
    ),
    (
        "data, all allowed",
        VAULT,
        True,
        DataFacts(stored=STORED),
        DESTROY_ALL,
        Action.DELETE,
        f"{AMOUNT}; {BACKUP}",
    ),
    (
        "protected data, named",
        VAULT,
        True,
        DataFacts(stored=PROTECTED),
        DESTROY,
        Action.DELETE,
        f"{AMOUNT}; {OFF}; {BACKUP}",
    ),
    (
        "data without a backup",
        VAULT,
        True,
        DataFacts(stored=STORED),
        WITHOUT_BACKUP,
        Action.DELETE,
        f"{AMOUNT}; {NO_BACKUP}",
    ),
    ("an empty queue", LETTERS, True, DataFacts(), DOWN, Action.DELETE, ""),
    (
        "messages",
        LETTERS,
        True,
        DataFacts(messages=3),
        DOWN,
        Action.KEEP,
        f"about 3 messages wait in it; `save it` keeps them; {ON_DOWN} deletes it",
    ),
    (
        "messages, named",
        LETTERS,
        True,
        DataFacts(messages=1),
        DESTROY,
        Action.DELETE,
        "about 1 message waits in it",
    ),
    ("data that is not counted, named", VAULT, True, DataFacts(), DESTROY, Action.DELETE, BACKUP),
    (
        "others lose by it",
        VAULT,
        True,
        DataFacts(LOST),
        NO_OPTIONS,
        Action.KEEP,
        f"{LOST}; {UP} deletes it",
    ),
    (
        "others lose by it, all data allowed",
        VAULT,
        True,
        DataFacts(LOST),
        DESTROY_ALL,
        Action.KEEP,
        f"{LOST}; {UP} deletes it",
    ),
    ("others lose by it, named", VAULT, True, DataFacts(LOST), DESTROY, Action.DELETE, LOST),
    (
        "others lose by it, no backup wanted",
        VAULT,
        True,
        DataFacts(LOST),
        WITHOUT_BACKUP,
        Action.DELETE,
        LOST,
    ),
]


@pytest.mark.parametrize(
    ("have", "owned", "data", "options", "action", "reason"),
    [row[1:] for row in DELETIONS],
    ids=[row[0] for row in DELETIONS],
)
def test_what_a_removal_does(
    have: Step | None,
    data: DataFacts | None,
    options: PlanOptions,
    action: Action,
    reason: str,
    *,
    owned: bool,
) -> None:
    stale = diff_fields(replace(THING, size=2), THERE, None)
    before = a_change(have, diffs=stale, unblock_hint="asked before", reason="said before")
    change = planner(options=options).plan_deletion(before, data, owned=owned)
    assert (change.action, change.unblock_hint, change.diffs) == (action, "", ())
    assert change.reason == reason
    assert change.stored_data == (data.stored if data else None)


def test_a_backup_that_the_emulator_cannot_make_is_not_promised() -> None:
    made = planner(options=DESTROY, limitations=FORGETFUL)
    change = made.plan_deletion(a_change(VAULT), DataFacts(), owned=True)
    assert change.reason == "no backup is made: none"


def test_what_the_emulator_lacks_is_not_removed() -> None:
    skipped = a_change(None, THING, action=Action.SKIP, reason="no such service")
    assert planner().plan_deletion(skipped, None, owned=False) is skipped


@pytest.mark.parametrize(
    ("have", "holds"),
    [
        (VAULT, True),
        (THERE, False),
        (KeptVault(tags=OURS), False),
        (SharedVault(), False),
        (Kept(tags=OURS), False),
    ],
)
def test_where_data_is_asked_for(have: Step, *, holds: bool) -> None:
    assert holds_deletable_data(have) is holds


def test_what_is_deposed_gets_names_that_are_free() -> None:
    first, second = Thing(name="a", tags=OURS), Thing(name="b", tags=OURS)
    change = replace(a_change(THERE), needs=("other",), deposed=(first, second))
    named = planner(recorded(THERE, node="it~1")).name_deposed(change)
    assert [(one.node, one.have) for one in named] == [("it~2", first), ("it~3", second)]
    assert {(one.action, one.cause, one.needs, one.kind, one.diffs) for one in named} == {
        (Action.DELETE, None, ("other",), Thing.KIND, ())
    }


@pytest.mark.parametrize(("node", "cause"), [("gone", Cause.REMOVED), ("gone~1", None)])
def test_an_orphan_is_removed_as_the_configuration_says(node: str, cause: Cause | None) -> None:
    records = recorded(THING, "", "other", node=node)
    change = planner(records).name_orphan(node, THERE)
    assert (change.node, change.needs, change.kind) == (node, ("other",), "test.thing")
    assert change.diffs == ()
    assert (change.action, change.cause, change.have, change.want) == (
        Action.DELETE,
        cause,
        THERE,
        None,
    )


def test_an_orphan_of_a_foreign_parent_is_left_alone() -> None:
    made = planner(recorded(Part(), node="gone"))
    change = made.part_of_foreign(made.name_orphan("gone", Part()))
    assert (change.action, change.cause) == (Action.FOREIGN, None)
    assert (
        change.reason == "x is part of a resource that does not belong to this stack: not touched"
    )


# -- what depends on other nodes and resources -----------------------------------------------


@pytest.mark.parametrize(
    ("have", "others", "reason", "unblock_hint"),
    [
        (
            None,
            ("a",),
            "a carries its owner tag, and no state says which one holds its data",
            "`provision up --adopt it` creates x and leaves a as it is",
        ),
        (
            THERE,
            ("a", "b"),
            (
                "a and b carry its owner tag, and so does x, and no state says which one holds"
                " its data"
            ),
            "`provision up --adopt it` continues with x and leaves a and b as it is",
        ),
    ],
)
def test_several_may_hold_its_data(
    have: Step | None, others: tuple[str, ...], reason: str, unblock_hint: str
) -> None:
    diffs = diff_fields(replace(THING, size=2), THERE, None)
    change = planner().refuse_marked_twice(a_change(have, THING, diffs=diffs), others)
    assert (change.action, change.diffs, change.reason) == (Action.FOREIGN, (), reason)
    rest = f"; or remove the tag {OWNER} from the wrong ones, or restore the state"
    assert change.unblock_hint == f"{unblock_hint}{rest}"


def test_one_alone_holds_its_data() -> None:
    change = a_change(THERE, THING)
    assert planner().refuse_marked_twice(change, ()) is change


GROWN = FieldDiff("size", 2, 1, fixed=False, cause=Cause.CONFIG)
EXPIRES = FieldDiff("expiry", "a", "", fixed=False, cause=Cause.CONFIG)
KEY = Key(tags=OURS)


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        (a_change(THERE, THING, action=Action.KEEP), True),
        (a_change(THERE, THING, action=Action.UPDATE, diffs=(GROWN,)), True),
        (a_change(THERE, THING, action=Action.FOREIGN), True),
        (a_change(THERE, THING, action=Action.REPLACE), False),
        (a_change(None, THING, action=Action.CREATE), False),
        (a_change(None, THING, action=Action.KEEP), False),
        (a_change(None, THING, action=Action.SKIP), False),
        (a_change(THERE, None, action=Action.KEEP), False),
        (a_change(KEY, KEY, action=Action.UPDATE, diffs=(GROWN,)), False),
        (a_change(KEY, KEY, action=Action.UPDATE, diffs=(EXPIRES,)), True),
    ],
)
def test_what_dependents_can_know_of_it(change: ResourceChange, *, keeps: bool) -> None:
    assert keeps_computed(change) is keeps


@pytest.mark.parametrize(
    ("have", "action", "deletes"),
    [
        (THERE, Action.REPLACE, True),
        (Beside(tags=OURS), Action.REPLACE, True),
        (Version(), Action.REPLACE, False),
        (THERE, Action.UPDATE, False),
        (None, Action.CREATE, False),
    ],
)
def test_what_goes_with_it(have: Step | None, action: Action, *, deletes: bool) -> None:
    assert deletes_dependents(a_change(have, THING, action=action)) is deletes


def a_parent(
    action: Action, have: Step | None = THERE, want: Step = THING, cause: Cause = Cause.CONFIG
) -> ResourceChange:
    diff = FieldDiff("place", "there", "here", fixed=True, cause=cause)
    return ResourceChange("parent", (), want.KIND, want, have, (diff,), action)


def a_part(have: Step | None, action: Action = Action.UPDATE, want: Step | None = None) -> Any:
    return ResourceChange("it", ("parent",), "test.part", want or Part(), have, (GROWN,), action)


MARKED = Beside(tags=OURS)


@pytest.mark.parametrize(
    ("change", "parent", "cause"),
    [
        (a_part(Part()), a_parent(Action.REPLACE), Cause.CONFIG),
        (a_part(Part()), a_parent(Action.REPLACE, cause=Cause.DRIFT), Cause.DRIFT),
        (a_part(Part()), a_parent(Action.REPLACE, MARKED, MARKED), Cause.CONFIG),  # of one name
        (a_part(Part()), a_parent(Action.REPLACE, MARKED, Beside(name="y", tags=OURS)), None),
        (a_part(Part()), a_parent(Action.REPLACE, Version(), Version(of="y")), None),
        (a_part(Part()), a_parent(Action.UPDATE), None),
        (a_part(Part()), a_parent(Action.REPLACE, None), None),
        (a_part(Part(), Action.FOREIGN), a_parent(Action.REPLACE), None),
        (a_part(THERE, want=THING), a_parent(Action.REPLACE), None),
        (a_part(None), a_parent(Action.REPLACE), None),
        (a_change(Part(), Part()), a_parent(Action.REPLACE), None),  # it needs nothing
    ],
)
def test_a_part_goes_with_its_replaced_parent(
    change: ResourceChange, parent: ResourceChange, cause: Cause | None
) -> None:
    followed = follow_replaced_parent(change, {"parent": parent})
    if cause is None:
        assert followed is change
    else:
        assert (followed.action, followed.cause) == (Action.CREATE, cause)
        assert (followed.have, followed.diffs) == (None, ())


def test_no_kind_of_these_tables_reads_from_aws() -> None:
    """Otherwise a row would not cover that read."""
    anything: Any = None
    for step in (with_computed(THING, THERE), Content(), Part()):
        with pytest.raises(AssertionError, match="read from AWS"):
            step.observe(anything)
    with pytest.raises(AssertionError, match="read from AWS"):
        Part().parent_owner(anything)
