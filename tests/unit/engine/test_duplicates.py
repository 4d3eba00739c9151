"""Resources that share one owner tag: another run's, several of ours, and those that hold data."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self, cast

import pytest

from provision.aws.client import Aws
from provision.engine.concurrent_runs import ambiguous, concurrent_run_error, duplicates, id_of
from provision.engine.marked_twice import others_with_owner
from provision.errors import ConcurrentRun
from provision.model.capabilities import HoldsData
from provision.model.step import OWNER, Computed, Replacement
from provision.plan.change import Action
from provision.plan.options import NO_OPTIONS, PlanOptions
from provision.plan.ownership import Ownership
from tests.unit.engine.in_memory import (
    LOST,
    Account,
    Bench,
    Item,
    a_change,
    nothing,
    of,
    raising,
    refused,
)
from tests.unit.plan.kinds import MARK, OURS, Part, a_stack, recorded


@dataclass(frozen=True, kw_only=True)
class Unnamed(Item):
    """A kind without a unique name, found only by its owner tag."""

    KIND = "test.unnamed"
    IDENTITY = ("tags",)

    def observe(self, aws: Aws) -> Self | None:
        return next(iter(self.find_candidates(aws)), None)

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        of(aws).called("observe", self.name)
        return [cast(Self, one) for one in of(aws).resources.values()]


@dataclass(frozen=True, kw_only=True)
class Numbered(Unnamed):
    REPLACEMENT = Replacement.NEW_VERSION


@dataclass(frozen=True, kw_only=True)
class Deposing(Unnamed):
    REPLACEMENT = Replacement.CREATE_FIRST


@dataclass(frozen=True, kw_only=True)
class WithArn(Part):
    arn: Computed[str] = ""


ONE, TWO = (Unnamed(tags=OURS, id=name) for name in ("i-1", "i-2"))
WANT = Unnamed(tags=OURS)


def an_account(*steps: Item) -> Aws:
    return cast(Aws, Account({step.id: step for step in steps}))


def test_only_our_mark_on_one_that_is_not_known_is_another_runs() -> None:
    foreign = replace(ONE, id="i-3", tags={OWNER: "x/it"})
    assert duplicates(an_account(ONE, TWO, foreign), WANT, [ONE]) == [TWO]
    assert duplicates(an_account(ONE), WANT, [replace(ONE, size=9)]) == []


@pytest.mark.parametrize("want", [Item(tags=OURS), Numbered(tags=OURS), Part()])
def test_of_names_and_histories_and_parts_there_are_no_two(want: Item) -> None:
    aws = an_account(ONE, TWO)
    assert duplicates(aws, want, []) == ()
    assert not of(aws).calls


HINT = "wait for the other run to end; `provision plan` then shows what is left to do"


def test_the_error_names_theirs_and_ours() -> None:
    assert concurrent_run_error(WANT, [TWO]).message == (
        f"another run is creating this stack: i-2 carries the tag {OWNER}={MARK}/it, and did not"
        " exist when this run planned"
    )
    both = concurrent_run_error(WANT, [TWO, ONE], replace(ONE, id="i-3"))
    assert both.message == (
        f"another run is creating this stack: i-1, i-2 carry the tag {OWNER}={MARK}/it, and did"
        " not exist when this run planned; i-3, which this run had created too, was deleted again"
    )
    assert both.hint == HINT


def test_several_of_ours_are_ambiguous_unless_one_is_deposed() -> None:
    assert ambiguous(WANT, [ONE, TWO]) == [ONE, TWO]
    assert ambiguous(WANT, [ONE]) == ()
    assert ambiguous(Part(), [Part(), Part()]) == ()
    old = Deposing(tags=OURS, id="i-1", place="there")
    assert ambiguous(Deposing(tags=OURS), [old, replace(old, id="i-2", place="here")]) == ()


def test_an_id_is_its_id_or_its_arn() -> None:
    assert id_of(ONE) == "i-1"
    assert id_of(WithArn(arn="arn:x")) == "arn:x"


# -- in the run --------------------------------------------------------------------------------


def test_what_another_run_made_before_ours_stops_the_creation(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Unnamed,))
    bench.there(TWO)
    with pytest.raises(ConcurrentRun, match=": i-2 carries"):
        bench.executor.apply(a_change(Action.CREATE, WANT))
    assert bench.crossed == ["it"]
    assert not bench.account.writes()
    assert bench.record() is None


def test_what_another_run_made_meanwhile_deletes_ours_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Unnamed,))
    bench.faults("observe", nothing, lambda: bench.account.resources.update({"i-2": TWO}))
    with pytest.raises(ConcurrentRun, match="which this run had created too"):
        bench.executor.apply(a_change(Action.CREATE, WANT))
    assert bench.crossed == ["it"]
    assert [verb for verb, _ in bench.account.writes()] == ["create", "delete"]
    assert list(bench.account.resources) == ["i-2"]
    assert bench.record() is None


def test_what_is_known_is_not_another_runs(tmp_path: Path) -> None:
    """A deposed resource, a replaced one, and a pending creation are not another run's."""
    bench = Bench(tmp_path / "state", kinds=(Deposing,))
    first, second, third = (Deposing(tags=OURS, id=f"i-{number}x") for number in (1, 2, 3))
    bench.journal.done("it~1", bench.there(first))
    change = a_change(
        Action.REPLACE,
        Deposing(tags=OURS, place="there"),
        bench.there(second),
        deposed=(bench.there(third),),
    )
    made = bench.executor.apply(change)
    assert bench.record() == (made, ("other",), "")
    assert not bench.crossed
    pending = Bench(tmp_path / "pending", kinds=(Unnamed,))
    pending.journal.begin("it", "create", WANT, ())
    pending.there(TWO)
    with pytest.raises(ConcurrentRun):
        pending.executor.apply(a_change(Action.CREATE, WANT))
    assert [verb for verb, _ in pending.account.calls] == ["create", "observe", "delete"]


def test_a_predecessor_is_not_taken_for_what_was_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Deposing,))
    old = Deposing(tags=OURS, id="i-1")
    bench.there(old)
    bench.faults("create", raising(LOST))
    want = Deposing(tags=OURS, place="there")
    made = bench.executor.apply(a_change(Action.REPLACE, want, old))
    assert [verb for verb, _ in bench.account.writes()] == ["create", "create"]
    assert made == replace(want, id=id_of(made))
    assert bench.record() == (made, ("other",), "")


# -- whose data it may be ----------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Vault(Item, HoldsData):
    def others_with_owner(self, aws: Aws, owners: Collection[str]) -> Sequence[str]:
        of(aws).called("others", " ".join(owners))
        return ["theirs"]


VAULT = Vault(tags=OURS)


def others(
    want: Item, action: Action = Action.CREATE, options: PlanOptions = NO_OPTIONS, **more: bool
) -> tuple[tuple[str, ...], list[tuple[str, str]]]:
    aws = an_account()
    if more.get("denied"):
        of(aws).faults["others"] = [raising(refused("AccessDenied"))]
    ownership = Ownership(
        a_stack("it", moved={"old": "it"}), recorded(VAULT) if more.get("known") else {}
    )
    found = others_with_owner(aws, ownership, options, a_change(action, want))
    return found, of(aws).calls


def test_others_that_carry_the_mark_may_hold_the_data() -> None:
    assert others(VAULT) == (("theirs",), [("others", f"{MARK}/it {MARK}/old")])
    assert others(VAULT, denied=True)[0] == ()


def test_nothing_is_read_where_it_decides_nothing() -> None:
    adopting = PlanOptions(adopt=frozenset({"it"}))
    for asked in (
        others(Item(tags=OURS)),
        others(VAULT, Action.FOREIGN),
        others(VAULT, Action.SKIP),
        others(VAULT, known=True),
        others(VAULT, options=adopting),
    ):
        assert asked == ((), [])
