"""The executor's writes to AWS and to the journal for one node, without an emulator."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.aws.client import Aws
from provision.engine.events import NodeEvent
from provision.engine.executor import MAX_UNKNOWN_OUTCOMES, VERIFY_DELAYS, Deleted
from provision.errors import ApiError, DataProtected, NotConverged, NotOwned
from provision.model.capabilities import (
    CheckedBeforeDeletion,
    HoldsData,
    KeepsVersions,
    MayOutliveStack,
    MayReappear,
)
from provision.model.step import OWNER, Replacement
from provision.model.stored_data import Backup
from provision.plan.change import Action
from provision.plan.limitations import Limitations
from provision.plan.options import PlanOptions
from tests.unit.engine.in_memory import (
    ITEM,
    LOST,
    THERE,
    Bench,
    Item,
    a_change,
    nothing,
    of,
    raising,
    refused,
)
from tests.unit.plan.kinds import MARK

ACTED = ReadTimeoutError(endpoint_url="AWS acted on it")
FOREIGN = {OWNER: "another/it"}


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "fsync", lambda _: None)  # it proves nothing here


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path / "state")


# -- creating and changing ---------------------------------------------------------------------


def test_what_the_user_must_decide_is_not_begun(bench: Bench) -> None:
    foreign = a_change(Action.FOREIGN, have=THERE, reason="not ours", unblock_hint="adopt it")
    with pytest.raises(NotOwned, match=r"^not ours$") as refusal:
        bench.executor.apply(foreign)
    assert refusal.value.hint == "adopt it"
    with pytest.raises(DataProtected, match=r"^x would be replaced$") as protected:
        bench.executor.apply(a_change(Action.REPLACE, have=THERE, unblock_hint="name it"))
    assert protected.value.hint == "name it"
    assert not bench.account.calls
    assert bench.record() is None


def test_a_creation_is_in_the_journal_before_its_call_and_after_it(bench: Bench) -> None:
    begun = []
    bench.faults("create", lambda: begun.append(bench.record()))
    made = bench.executor.apply(a_change(Action.CREATE))
    assert begun == [(ITEM, ("other",), "create")]
    assert bench.record() == (made, ("other",), "")
    assert bench.events == [("it", NodeEvent.BEGUN, "create"), ("it", NodeEvent.DONE, "create")]
    assert bench.account.heard == [True]
    assert bench.account.listener is None


def test_what_is_waited_for_is_reported_under_its_node(bench: Bench) -> None:
    def wait() -> None:
        assert bench.account.listener
        bench.account.listener("until it is active")

    bench.faults("create", wait)
    bench.executor.give(a_change(Action.CREATE), "the rest comes later")
    assert bench.events == [
        ("it", NodeEvent.BEGUN, "create"),
        ("it", NodeEvent.WAITING, "until it is active"),
        ("it", NodeEvent.WAITING, "the rest comes later"),
    ]
    bench.there()
    bench.faults("delete", wait)
    bench.executor.delete(a_change(Action.DELETE, None, THERE))
    assert bench.events[-2:] == [
        ("it", NodeEvent.WAITING, "until it is active"),
        ("it", NodeEvent.DONE, "delete"),
    ]


def test_the_listener_goes_when_the_call_fails(bench: Bench) -> None:
    bench.faults("create", raising(refused("ValidationException")))
    with pytest.raises(ClientError):
        bench.executor.apply(a_change(Action.CREATE))
    assert bench.account.listener is None
    assert bench.record() == (ITEM, ("other",), "create")
    assert bench.account.writes() == [("create", "x")]


def test_a_lost_answer_is_looked_up_and_what_exists_is_taken(bench: Bench) -> None:
    bench.faults("create", raising(ACTED))
    made = bench.executor.apply(a_change(Action.CREATE))
    assert list(bench.account.resources.values()) == [made]
    assert bench.account.writes() == [("create", "x")]


def test_a_creation_that_aws_did_not_see_is_sent_six_times_at_most(bench: Bench) -> None:
    bench.faults("create", raising(LOST), raising(refused("InternalError", 500)), nothing)
    bench.executor.apply(a_change(Action.CREATE))
    assert bench.account.writes() == [("create", "x")] * 3
    bench.account.resources.clear()
    bench.account.calls.clear()
    bench.faults("create", *[raising(LOST)] * 9)
    with pytest.raises(ReadTimeoutError):
        bench.executor.apply(a_change(Action.CREATE))
    assert bench.account.writes() == [("create", "x")] * MAX_UNKNOWN_OUTCOMES


def test_one_that_exists_and_cannot_be_seen_is_an_error_at_once(bench: Bench) -> None:
    bench.faults("create", raising(refused("ResourceAlreadyExistsException")), nothing)
    with pytest.raises(ClientError):
        bench.executor.apply(a_change(Action.CREATE))
    assert bench.account.writes() == [("create", "x")]


def another_is_there(bench: Bench, there: Item) -> None:
    """Let AWS refuse the creation, because of a resource that was not observed."""

    def fault() -> None:
        bench.there(there)
        raise refused("ResourceAlreadyExistsException")

    bench.faults("create", fault)


def test_a_foreign_one_of_that_name_is_not_taken(bench: Bench, tmp_path: Path) -> None:
    another_is_there(bench, replace(THERE, tags=FOREIGN))
    with pytest.raises(NotOwned, match=r"^x exists and does not belong to this stack$") as refusal:
        bench.executor.apply(a_change(Action.CREATE))
    assert refusal.value.hint == "`provision up --adopt it` takes it over"
    adopting = Bench(tmp_path / "adopting", PlanOptions(adopt=frozenset({"it"})))
    another_is_there(adopting, replace(THERE, tags=FOREIGN))
    assert adopting.executor.apply(a_change(Action.CREATE)) == THERE
    assert adopting.account.writes() == [("create", "x"), ("update", "tags")]


def test_one_of_ours_that_is_incomplete_is_completed(bench: Bench) -> None:
    another_is_there(bench, replace(THERE, size=9, expiry="never"))
    assert bench.executor.apply(a_change(Action.CREATE)) == THERE
    assert bench.account.writes() == [("create", "x"), ("update", "expiry size")]
    assert bench.record() == (THERE, ("other",), "")


@dataclass(frozen=True, kw_only=True)
class Beside(Item):
    """A kind whose replacement is created first, under another name."""

    KIND = "test.beside"
    REPLACEMENT = Replacement.CREATE_FIRST


BESIDE = Beside(tags=ITEM.tags, name="new")
OLD = Beside(tags=ITEM.tags, name="old", id="i-0")


def test_of_one_name_the_old_one_goes_first(bench: Bench) -> None:
    bench.there()
    want = replace(ITEM, place="there")
    begun = []
    bench.faults("delete", lambda: begun.append(bench.record()))
    made = bench.executor.apply(a_change(Action.REPLACE, want, THERE))
    assert bench.account.writes() == [("delete", "x"), ("create", "x")]
    assert begun == [(THERE, ("other",), "delete")]
    assert bench.record() == (made, ("other",), "")
    assert bench.events[0] == ("it", NodeEvent.BEGUN, "replace")


def test_of_two_names_the_old_one_is_deposed(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Beside,))
    bench.there(OLD)
    made = bench.executor.apply(a_change(Action.REPLACE, BESIDE, OLD))
    assert bench.account.writes() == [("create", "new")]
    assert bench.record() == (made, ("other",), "")
    assert bench.journal.deposed("it") == [OLD]
    assert bench.journal.records["it~1"].needs == ("other",)


def test_an_update_names_what_differs_and_none_makes_no_call(bench: Bench) -> None:
    bench.there()
    want = replace(ITEM, size=2, expiry="at")
    begun = []
    bench.faults("update", lambda: begun.append(bench.record()))
    made = bench.executor.apply(a_change(Action.UPDATE, want, THERE))
    assert made == replace(want, id="i-0")
    assert begun == [(THERE, ("other",), "update")]
    assert bench.account.writes() == [("update", "expiry size")]
    assert bench.executor.apply(a_change(Action.UPDATE, want, made)) == made
    assert bench.account.writes() == [("update", "expiry size")]


def test_an_update_whose_answer_was_lost_does_what_is_left(bench: Bench) -> None:
    bench.there()
    want = replace(ITEM, size=2, expiry="at")

    def half() -> None:
        bench.there(replace(THERE, size=2))
        raise LOST

    bench.faults("update", half)
    assert bench.executor.apply(a_change(Action.UPDATE, want, THERE)) == replace(want, id="i-0")
    assert bench.account.writes() == [("update", "expiry size"), ("update", "expiry")]

    def whole() -> None:
        bench.there(replace(want, id="i-0", size=3))
        raise LOST

    bench.account.calls.clear()
    bench.faults("update", whole)
    last = replace(want, size=3)
    made = bench.executor.apply(a_change(Action.UPDATE, last, replace(want, id="i-0")))
    assert made == replace(last, id="i-0")
    assert bench.account.writes() == [("update", "size")]


def test_an_update_is_sent_six_times_at_most_and_a_refused_one_once(bench: Bench) -> None:
    bench.there()
    change = a_change(Action.UPDATE, replace(ITEM, size=2), THERE)
    bench.faults("update", *[raising(LOST)] * 9)
    with pytest.raises(ReadTimeoutError):
        bench.executor.apply(change)
    assert bench.account.writes() == [("update", "size")] * MAX_UNKNOWN_OUTCOMES
    bench.account.calls.clear()
    bench.faults("update", raising(refused("ValidationException")))
    with pytest.raises(ClientError):
        bench.executor.apply(change)
    assert bench.account.writes() == [("update", "size")]
    bench.account.calls.clear()
    bench.account.resources.clear()
    bench.faults("update", raising(LOST))
    with pytest.raises(ReadTimeoutError):
        bench.executor.apply(change)
    assert bench.account.writes() == [("update", "size")]


def test_what_is_kept_is_recorded_if_the_record_differs(bench: Bench) -> None:
    keep = a_change(Action.KEEP, ITEM, THERE)
    assert bench.executor.apply(keep) == THERE
    assert bench.record() == (THERE, ("other",), "")
    log = (bench.state / "journal.jsonl").read_bytes()
    bench.executor.apply(keep)
    assert (bench.state / "journal.jsonl").read_bytes() == log
    for step, needs, pending in (
        (replace(THERE, size=9), ("other",), ""),
        (THERE, (), ""),
        (THERE, ("other",), "update"),
    ):
        bench.journal.begin("it", pending, step, needs)
        bench.executor.apply(keep)
        assert bench.record() == (THERE, ("other",), "")
    assert bench.executor.apply(a_change(Action.KEEP, THERE)) == THERE
    assert not bench.account.calls
    assert not bench.events


# -- verifying ---------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Numbered(Item, KeepsVersions):
    KIND = "test.numbered"

    def prune(self, aws: Aws) -> None:
        of(aws).called("prune", self.name)


def test_what_aws_shows_as_written_is_settled(bench: Bench) -> None:
    made = bench.there()
    bench.executor.verify(a_change(Action.CREATE), made)
    assert bench.record() == (THERE, ("other",), "")
    assert bench.events == [("it", NodeEvent.SETTLED, "")]
    assert not bench.account.clock.slept


def test_older_versions_go_when_the_newest_is_seen(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Numbered,))
    made = bench.there(Numbered(tags=ITEM.tags, id="i-0"))
    bench.executor.verify(a_change(Action.CREATE), made)
    assert bench.account.calls == [("observe", "x"), ("prune", "x")]


def test_a_stale_answer_is_looked_at_again(bench: Bench) -> None:
    bench.faults("observe", nothing, lambda: bench.account.resources.update({"i-0": THERE}))
    bench.executor.verify(a_change(Action.CREATE), THERE)
    assert bench.account.clock.slept == [VERIFY_DELAYS[0]]


@pytest.mark.parametrize(
    ("there", "differs"),
    [
        (replace(THERE, size=9, expiry="at"), "size, expiry still differs"),
        (None, "its existence still differs"),
    ],
)
def test_what_differs_to_the_end_is_named(bench: Bench, there: Item | None, differs: str) -> None:
    if there:
        bench.there(there)
    message = f"^AWS accepted the calls for x, but {differs}$"
    with pytest.raises(NotConverged, match=message) as error:
        bench.executor.verify(a_change(Action.CREATE), THERE)
    assert error.value.hint == (
        "`provision plan` shows the difference; a second `provision up` tries again"
    )
    assert bench.account.clock.slept == list(VERIFY_DELAYS)
    assert not bench.events


def test_a_field_that_the_emulator_does_not_show_is_not_compared(tmp_path: Path) -> None:
    forgetful = Limitations({}, {Item.KIND: {"size": "forgotten"}}, {})
    bench = Bench(tmp_path / "state", limitations=forgetful)
    bench.there(replace(THERE, size=9))
    bench.executor.verify(a_change(Action.CREATE), THERE)
    assert bench.record() == (THERE, ("other",), "")


# -- deleting ----------------------------------------------------------------------------------

BACKUP = Backup("b-1", "arn:b-1", "now", "restore it")


@dataclass(frozen=True, kw_only=True)
class Vault(Item, HoldsData, CheckedBeforeDeletion):
    KIND = "test.vault"

    def back_up(self, aws: Aws) -> Backup | None:
        of(aws).called("back up", self.name)
        return BACKUP if self.size else None

    def observe_owner(self, aws: Aws) -> Self | None:
        of(aws).called("owner", self.name)
        return self.observe(aws)


@dataclass(frozen=True, kw_only=True)
class Group(Item, MayReappear):
    KIND = "test.group"

    def has_recent_writes(self, aws: Aws) -> bool:
        return self.size > 1

    def is_new_and_empty(self, aws: Aws) -> bool:
        return not self.size

    def writer_owner(self, aws: Aws) -> str | None:
        return f"{MARK}/writer" if self.expiry else ""


@dataclass(frozen=True, kw_only=True)
class Lasting(Item, MayOutliveStack):
    KIND = "test.lasting"

    def retention_reason(self) -> str:
        return "it proves the domain"


VAULT = Vault(tags=ITEM.tags, id="i-0")
GROUP = Group(tags=ITEM.tags, id="i-0", size=2)


def vaults(state: Path, options: PlanOptions | None = None, *, able: bool = True) -> Bench:
    unable = Limitations({}, {}, {} if able else {Vault.KIND: "none"})
    bench = Bench(state, options or PlanOptions(verb="down"), unable, kinds=(Vault,))
    bench.there(VAULT)
    return bench


def test_what_was_found_is_recorded_once(bench: Bench) -> None:
    bench.executor.record_found(a_change(Action.DELETE, None, None))
    assert bench.record() is None
    bench.executor.record_found(a_change(Action.DELETE, None, THERE))
    assert bench.record() == (THERE, ("other",), "")
    bench.executor.record_found(a_change(Action.DELETE, None, replace(THERE, size=9)))
    assert bench.record() == (THERE, ("other",), "")


def test_a_deletion_is_in_the_journal_before_its_call_and_forgotten_after(bench: Bench) -> None:
    bench.there()
    begun = []
    bench.faults("delete", lambda: begun.append((bench.record(), bench.account.heard[-1])))
    change = a_change(Action.DELETE, None, THERE)
    assert bench.executor.delete(change) == Deleted(change)
    assert begun == [((THERE, ("other",), "delete"), True)]
    assert bench.record() is None
    assert bench.events == [("it", NodeEvent.BEGUN, "delete"), ("it", NodeEvent.DONE, "delete")]
    assert bench.account.listener is None


def test_what_stays_is_no_longer_pending(bench: Bench) -> None:
    keep = a_change(Action.KEEP, None, THERE)
    assert bench.executor.delete(keep) == Deleted(keep)
    assert bench.record() is None
    for pending in ("", "update"):
        bench.journal.begin("it", pending, replace(THERE, size=9), ())
        bench.executor.delete(keep)
        expected = (THERE, ("other",), "") if pending else (replace(THERE, size=9), (), "")
        assert bench.record() == expected
    assert not bench.account.calls


@pytest.mark.parametrize("action", [Action.KEEP, Action.FOREIGN])
def test_what_is_missing_or_outlives_the_stack_is_forgotten(tmp_path: Path, action: Action) -> None:
    bench = Bench(tmp_path / "state", kinds=(Lasting,))
    lasting = Lasting(tags=ITEM.tags, id="i-0")
    bench.journal.done("it", lasting)
    for have in (lasting, None):
        change = a_change(action, None, have)
        assert bench.executor.delete(change) == Deleted(change)
        assert bench.record() is None
    assert not bench.account.calls


def test_data_is_backed_up_first_and_its_owner_read_last(tmp_path: Path) -> None:
    bench = vaults(tmp_path / "state")
    bench.executor.delete(a_change(Action.DELETE, None, VAULT))
    assert [verb for verb, _ in bench.account.calls] == ["back up", "owner", "observe", "delete"]
    assert bench.backups == [("it", BACKUP)]


def test_no_backup_where_none_is_wanted_made_or_possible(tmp_path: Path) -> None:
    for number, bench in enumerate(
        (
            vaults(tmp_path / "unwanted", PlanOptions(verb="down", backup=False)),
            vaults(tmp_path / "unable", able=False),
            vaults(tmp_path / "empty"),
        )
    ):
        have = replace(VAULT, size=0) if number == 2 else VAULT
        bench.executor.delete(a_change(Action.DELETE, None, have))
        assert not bench.backups
        assert bench.account.writes()[-1] == ("delete", "x")


def test_a_backup_that_fails_keeps_the_data(tmp_path: Path) -> None:
    bench = vaults(tmp_path / "state")
    bench.faults("back up", raising(refused("LimitExceededException")))
    with pytest.raises(ApiError) as error:
        bench.executor.delete(a_change(Action.DELETE, None, VAULT))
    assert error.value.message == (
        "no backup could be made, so x is kept: Call: LimitExceededException: AWS's own text"
    )
    assert error.value.hint == (
        "fix the cause and run it again; `provision down --no-backup --destroy it` deletes it"
        " without one"
    )
    assert VAULT in bench.account.resources.values()
    assert bench.account.listener is None


def test_what_became_foreign_since_is_left_and_said(tmp_path: Path) -> None:
    bench = vaults(tmp_path / "state")
    bench.there(replace(VAULT, tags=FOREIGN))
    change = a_change(Action.DELETE, None, VAULT)
    left = bench.executor.delete(change).change
    assert left.action is Action.FOREIGN
    assert left.reason.startswith("x ")
    assert bench.record() is None
    assert ("delete", "x") not in bench.account.calls
    assert bench.events[-1][1] is NodeEvent.DONE


def test_what_delayed_writes_may_recreate_is_looked_at_again(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Group,))
    bench.there(GROUP)
    change = a_change(Action.DELETE, None, GROUP)
    deleted = bench.executor.delete(change)
    assert deleted == Deleted(change, bench.account.clock.now())
    assert bench.events[-1] == ("it", NodeEvent.WAITING, "delayed writes may recreate it")
    assert bench.record() == (GROUP, ("other",), "delete")
    bench.account.clock.sleep(10)
    assert bench.executor.confirm_deleted(deleted, 30.0) == change
    assert bench.account.clock.slept == [10, 20.0]
    assert bench.record() is None
    assert bench.events[-1] == ("it", NodeEvent.DONE, "delete")
    assert bench.account.writes() == [("delete", "x")]


@pytest.mark.parametrize(
    ("back", "again"),
    [
        (replace(GROUP, tags={}, size=0), True),
        (replace(GROUP, tags={}, size=0, expiry="ours"), True),
        (GROUP, True),
        (replace(GROUP, tags=FOREIGN, size=0), False),
        (replace(GROUP, tags={}, size=3), False),
    ],
)
def test_what_came_back_is_deleted_unless_another_party_made_it(
    tmp_path: Path, back: Group, *, again: bool
) -> None:
    bench = Bench(tmp_path / "state", kinds=(Group,))
    bench.there(GROUP)
    deleted = bench.executor.delete(a_change(Action.DELETE, None, GROUP))
    bench.account.clock.sleep(60)
    bench.there(back)
    change = bench.executor.confirm_deleted(deleted, 30.0)
    assert bench.account.clock.slept == [60]
    assert (back.id not in bench.account.resources) is again
    assert change.reason.endswith("; this stack's is deleted") is not again
    assert change.reason.startswith("x ") is not again
    assert bench.record() is None


def test_a_quiet_group_is_gone_at_once(tmp_path: Path) -> None:
    bench = Bench(tmp_path / "state", kinds=(Group,))
    quiet = bench.there(replace(GROUP, size=1))
    change = a_change(Action.DELETE, None, quiet)
    assert bench.executor.delete(change) == Deleted(change)
    assert bench.record() is None
