"""Rebuilds the state from AWS: every record is renewed by reads that trust no record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from graphlib import TopologicalSorter

from provision.engine.engine import Engine
from provision.model.step import FieldRole, Management, Step, fields_with, with_computed
from provision.plan.change import Action, ResourceChange
from provision.plan.plan import Plan
from provision.state.record import Record
from provision.unknown import is_known


class RecordStatus(StrEnum):
    """The result of a refresh for the record of a node."""

    RECORDED = "recorded"  # as AWS has it
    GONE = "gone"  # not in AWS: its record is dropped
    FOREIGN = "foreign"  # the resource found is not this stack's
    UNSURE = "unsure"  # its deletion is pending and it still exists: it stays pending
    UNSEEN = "unseen"  # it cannot be observed here: the record stays as it was


@dataclass(frozen=True)
class RefreshEntry:
    """The refresh of one node.

    `moved` names the fields in which the record was not as in AWS; `begun` is the operation that a
    run which died has left pending.
    """

    node: str
    kind: str
    name: str
    fate: RecordStatus
    moved: tuple[str, ...] = ()
    known: bool = True
    """Whether there was a record before."""
    begun: str = ""


@dataclass(frozen=True)
class RefreshResult:
    """The records to keep, and what to report. Nodes never created are in neither."""

    records: dict[str, Record]
    entries: tuple[RefreshEntry, ...]


def trusts_record(want: Step) -> bool:
    """Return whether the record of a node for which `want` is wanted is trusted in a refresh.

    Resources are observed as if the state were lost, if a name alone leads to them. By owner tag
    alone, two of one owner (one of them deposed) could not be distinguished.
    """
    return not want.has_unique_identity


def refresh_records(engine: Engine, seen: Plan) -> RefreshResult:
    """Return what the state should hold, from what `engine` observed."""
    changes = seen.all
    order = TopologicalSorter({name: change.needs for name, change in changes.items()})
    records: dict[str, Record] = {}
    fates: dict[str, RecordStatus] = {}
    for name in order.static_order():
        if name in changes:
            fate, record = _status_and_record(engine, changes[name], fates)
            if fate:
                fates[name] = fate
            if record:
                records[name] = record
    entries = [_entry(engine, changes[name], fates[name]) for name in changes if name in fates]
    return RefreshResult(records, tuple(entries))


def _status_and_record(
    engine: Engine, change: ResourceChange, fates: Mapping[str, RecordStatus]
) -> tuple[RecordStatus | None, Record | None]:
    """Return the status and the record to keep; no status if neither record nor resource exists."""
    known = engine.journal.records.get(change.node)
    if change.action is Action.SKIP:
        return (RecordStatus.UNSEEN if known else None), known
    if change.have is None and not _comes_by_itself(change):
        return (RecordStatus.GONE if known else None), None
    if known is None and change.unblock_hint and change.action is Action.FOREIGN:
        return RecordStatus.FOREIGN, None  # of several candidates, none is recorded
    if change.have is not None and not _is_owned(engine, change, fates):
        # Without its record, `up` would create a second one if only its id leads to it.
        return RecordStatus.FOREIGN, None if change.have.has_unique_identity else known
    value = _value(engine, change)
    if not is_known(value):
        return RecordStatus.UNSEEN, known
    if known and known.pending == "delete":
        return RecordStatus.UNSURE, Record(value, change.needs, known.pending)
    return RecordStatus.RECORDED, Record(value, change.needs)


def _comes_by_itself(change: ResourceChange) -> bool:
    want = change.want
    made_by_aws = want is not None and want.MANAGEMENT is Management.MADE_BY_AWS
    return made_by_aws and is_known(want)


def _is_owned(engine: Engine, change: ResourceChange, fates: Mapping[str, RecordStatus]) -> bool:
    """Return whether it is owned. A resource without a mark belongs to the first node it needs."""
    has_mark = change.have is not None and change.have.OWNER_MARK.names_owner
    if not has_mark and change.needs and fates.get(change.needs[0]) is RecordStatus.FOREIGN:
        return False
    return engine.owns(change)


def _value(engine: Engine, change: ResourceChange) -> Step:
    """Return the value as `up` would leave it if nothing differs, otherwise as AWS has it."""
    want, have = change.want, change.have
    if want is None:
        assert have is not None
        return have
    if have is None or not change.diffs:
        return with_computed(want, have or want)
    forgets = engine.limitations.unreadable_fields.get(want.KIND, ())  # unreadable in an emulator
    return replace(have, **{name: vars(want)[name] for name in forgets})


def _entry(engine: Engine, change: ResourceChange, fate: RecordStatus) -> RefreshEntry:
    known = engine.journal.records.get(change.node)
    moved: tuple[str, ...] = ()
    if known and change.have and fate in {RecordStatus.RECORDED, RecordStatus.UNSURE}:
        value = _value(engine, change)
        moved = tuple(
            name
            for role in (FieldRole.FIXED, None, FieldRole.COMPUTED)
            for name in fields_with(type(value), role)
            if vars(known.step).get(name) != vars(value)[name]
        )
    name = change.label or (known.step.label if known else "")
    begun = known.pending if known else ""
    return RefreshEntry(change.node, change.kind, name, fate, moved, known is not None, begun)
