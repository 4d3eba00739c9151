"""The last reads of a removal: the data to be deleted, and a resource that reappeared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

import pytest

from provision.aws.client import Aws
from provision.engine.events import NodeEvent
from provision.engine.executor import Deleted
from provision.engine.observer import Observer, accept_any
from provision.model.stored_data import StoredData
from provision.plan.change import Action
from provision.plan.planner import DataFacts
from tests.unit.engine.in_memory import ITEM, THERE, Bench, Item, a_change, of
from tests.unit.engine.test_executor import GROUP, Group, Vault

STORED = StoredData(7, 512, protected=False)


@dataclass(frozen=True, kw_only=True)
class Counted(Vault):
    KIND = "test.counted"

    def deletion_warning(self, aws: Aws) -> str:
        of(aws).called("warning", self.name)
        return self.expiry

    def stored_data(self, aws: Aws) -> StoredData | None:
        of(aws).called("count", self.name)
        return STORED if self.size else None


@pytest.mark.parametrize(
    ("have", "facts", "asked"),
    [
        (THERE, None, []),
        (Counted(tags={}), DataFacts(stored=STORED), ["warning", "count"]),
        (Counted(tags={}, size=0), DataFacts(), ["warning", "count"]),
        (Counted(tags={}, expiry="theirs go"), DataFacts("theirs go"), ["warning"]),
    ],
)
def test_data_is_counted_unless_more_than_that_is_lost(
    tmp_path: Path, have: Item, facts: DataFacts | None, asked: list[str]
) -> None:
    bench = Bench(tmp_path, kinds=(Counted,))
    observer = Observer(bench.aws, bench.journal, bench.check.ownership, accept_any)
    assert observer.data_facts(have) == facts
    assert [verb for verb, _ in bench.account.calls] == asked


@pytest.mark.parametrize(("passed", "slept"), [(0, [30.0]), (12, [18.0]), (30, []), (45, [])])
def test_a_last_look_waits_for_what_is_left_of_the_delay(
    tmp_path: Path, passed: int, slept: list[float]
) -> None:
    bench = Bench(tmp_path, kinds=(Group,))
    bench.there(GROUP)
    deleted = bench.executor.delete(a_change(Action.DELETE, None, GROUP))
    assert deleted.may_reappear_since == bench.account.clock.now()
    bench.account.clock.sleep(passed)
    bench.events.clear()
    bench.account.calls.clear()
    change = bench.executor.confirm_deleted(deleted, 30.0)
    assert bench.account.clock.slept == [passed, *slept]
    assert change == deleted.change
    assert bench.account.calls == [("observe", "x")]
    assert bench.events == [("it", NodeEvent.DONE, "delete")]
    assert bench.record() is None


def test_one_of_another_party_is_named_and_kept(tmp_path: Path) -> None:
    bench = Bench(tmp_path, kinds=(Group,))
    theirs = bench.there(replace(GROUP, tags={"provision:owner": "x/it"}))
    change = a_change(Action.DELETE, None, GROUP)
    told = bench.executor.confirm_deleted(Deleted(change, 0.0), 30.0)
    assert bench.account.resources == {theirs.id: theirs}
    assert told.reason == (
        f"{GROUP.label} no longer belongs to this stack: not touched; this stack's is deleted"
    )
    assert told.action is Action.DELETE
    assert cast(Item, told.have) == GROUP
    assert ITEM.tags == GROUP.tags
