"""The last parts of a run: revocations and what copies them, and a last look after a removal."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from provision.engine.engine import REAPPEAR_DELAY, Engine
from provision.engine.revocations import _as_one
from provision.model.stack import Stack
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange, diff_fields
from provision.plan.options import PlanOptions
from provision.plan.plan import Result
from tests.unit.engine import test_runs_in_memory
from tests.unit.engine.in_memory import THERE, Item, a_change, raising, refused
from tests.unit.engine.test_executor import BACKUP, Group, Vault
from tests.unit.engine.test_runs_in_memory import Role, Runs, a_stack, named
from tests.unit.plan.kinds import MARK, NAME

LAST = "access is revoked only after all other changes"


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.setattr("os.fsync", lambda _: None)
    for kind in (Group, Vault):
        monkeypatch.setitem(test_runs_in_memory.KINDS, kind.KIND, kind)
    return Runs(tmp_path / "state")


def copies(granted: str, size: int = 1) -> Stack:
    """Return a role, a copy of what it grants, a copy of that, and two that copy nothing."""
    made = Stack(NAME, moved={}, owner_prefix=MARK)
    role = made.add("role", lambda _: Role(name="r", expiry=granted, tags={}))
    copy = made.add(
        "copy", lambda get: Item(name="c", expiry=get(role).expiry, tags={}), needs=(role,)
    )
    made.add("second", lambda get: Item(name="s", expiry=get(copy).expiry, tags={}), needs=(copy,))
    made.add("beside", lambda get: Item(name=f"b{get(role).name}", tags={}), needs=(role,))
    made.add("after", lambda _: Item(name="a", size=size, tags={}), after=(role,))
    return made


def sizes(runs: Runs) -> dict[str, str]:
    return {one.name: one.expiry for one in runs.account.resources.values()}


def test_what_copies_a_grant_follows_its_revocation_in_order(runs: Runs) -> None:
    runs.up(copies("ab"))
    result = runs.up(copies("bc"))
    assert not result.failed
    assert sizes(runs) == {"r": "bc", "c": "bc", "s": "bc", "br": "", "a": ""}
    assert runs.account.writes() == [("update", "expiry")] * 6
    for name in ("role", "copy", "second"):
        change = result.changes[name]
        assert change.action is Action.UPDATE
        assert [(one.field, one.have, one.want) for one in change.diffs] == [("expiry", "ab", "bc")]
        assert vars(result.resources[name])["expiry"] == "bc"
    assert result.changes["beside"].action is Action.KEEP
    assert {one.action for one in runs.up(copies("bc")).changes.values()} == {Action.KEEP}


def test_a_pure_revocation_touches_its_copies_once(runs: Runs) -> None:
    runs.up(copies("ab"))
    result = runs.up(copies("b"))
    assert sizes(runs) == {"r": "b", "c": "b", "s": "b", "br": "", "a": ""}
    assert runs.account.writes() == [("update", "expiry")] * 3
    assert {name for name, one in result.changes.items() if one.action is Action.UPDATE} == {
        "role",
        "copy",
        "second",
    }


def test_a_failure_before_it_leaves_the_grant_and_says_what_comes_after(runs: Runs) -> None:
    runs.up(copies("ab"))
    runs.account.faults["update"] = [raising(refused("ValidationException"))]
    result = runs.up(copies("b", size=2))
    assert set(result.failed) == {"after"}
    assert sizes(runs)["r"] == "ab"
    reasons = {name: one.reason for name, one in result.changes.items() if one.reason}
    assert reasons.pop("role") == LAST
    assert reasons.pop("copy") == reasons.pop("second") == f"comes after role: {LAST}"
    assert set(reasons) <= {"after"}


def test_a_revocation_that_fails_blocks_its_copies(runs: Runs) -> None:
    runs.up(copies("ab"))
    runs.account.faults["update"] = [raising(refused("ValidationException"))]
    result = runs.up(copies("b"))
    assert set(result.failed) == {"role"}
    assert sizes(runs) == {"r": "ab", "c": "ab", "s": "ab", "br": "", "a": ""}
    blocked = {name for name, one in result.changes.items() if one.action is Action.BLOCKED}
    assert blocked >= {"copy", "second"}


OLD, NEW = replace(THERE, expiry="ab"), replace(THERE, expiry="b")


def update(have: Item, want: Item, action: Action = Action.UPDATE, **more: Any) -> ResourceChange:
    change = a_change(action, want, have, **more)
    return replace(change, diffs=diff_fields(want, have, None))


def test_two_changes_of_a_node_are_told_as_one() -> None:
    first = update(OLD, replace(OLD, expiry="abc", size=2))
    then = update(replace(OLD, expiry="abc", size=2), replace(NEW, size=2, place="there"))
    whole = _as_one(first, then)
    assert whole.have == OLD
    assert whole.want == then.want
    assert whole.action is Action.UPDATE
    shown = {one.field: (one.have, one.want) for one in whole.diffs}
    assert shown == {"size": (1, 2), "expiry": ("ab", "b"), "place": ("here", "there")}


def test_what_was_created_or_kept_first_is_told_as_such() -> None:
    then = update(OLD, NEW)
    created = a_change(Action.CREATE, OLD, None)
    assert _as_one(created, then) == created
    assert _as_one(a_change(Action.KEEP, OLD, OLD), then) == then
    replaced = update(OLD, OLD, Action.REPLACE)
    assert _as_one(replaced, then).action is Action.REPLACE
    assert _as_one(then, update(OLD, NEW, Action.REPLACE)).action is Action.REPLACE


def test_a_last_look_comes_as_late_as_log_lines_may(runs: Runs) -> None:
    made = Stack(NAME, moved={}, owner_prefix=MARK)
    made.add("group", lambda _: Group(name="g", size=2, tags={}))
    runs.up(made)
    runs.account.clock.slept.clear()
    runs.down(made)
    assert runs.account.clock.slept == [REAPPEAR_DELAY]
    assert not runs.account.resources
    runs.up(made)
    runs.account.clock.slept.clear()
    runs.up(a_stack(*named("a")))
    assert runs.account.clock.slept == [], "`up` goes on; the next run looks again"


def test_down_tells_what_was_made_backups_of_failures_and_an_interruption(runs: Runs) -> None:
    made = Stack(NAME, moved={}, owner_prefix=MARK)
    made.add("vault", lambda _: Vault(name="v", tags={}))
    made.add("other", lambda _: Item(name="o", tags={}))
    runs.up(made)
    runs.account.faults["delete"] = [raising(refused("ValidationException"))]
    options = PlanOptions(verb="down", destroy_data=True)
    result = runs.down(made, options)
    assert result.resources == {}
    assert len(result.failed) == 1
    assert result.backups == {"vault": BACKUP}
    assert result.interrupted is False

    def then(engine: Engine) -> Result:
        removal = engine.plan_removal(engine.plan(workers=1))
        runs.account.clock.stop()
        return engine.remove(removal, workers=1)

    last = runs.run(made, then, options)
    assert isinstance(last, Result)
    assert last.interrupted is True


def test_a_diff_keeps_its_cause() -> None:
    """A field that drifted and is changed once more still counts as drift."""
    before = FieldDiff("expiry", want="abc", have="ab", fixed=False, cause=Cause.DRIFT)
    first = replace(update(OLD, NEW), diffs=(before,))
    (told,) = _as_one(first, update(replace(OLD, expiry="abc"), NEW)).diffs
    assert (told.cause, told.have, told.want) == (Cause.DRIFT, "ab", "b")
