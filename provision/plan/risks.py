"""The risks of a change: those that its kind declares, and those that follow from a replacement."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provision.model.capabilities import HasOwnRisks, HoldsData
from provision.model.risks import Impact, Risk
from provision.model.step import Replacement, Step, replacement
from provision.plan.change import WRITES, Action, Cause, ResourceChange
from provision.unknown import is_known


def risks_of(change: ResourceChange) -> tuple[Risk, ...]:
    """Return the risks, the worst impact first; of each impact the longest risk, and its own."""
    step = change.have or change.want
    if step is None:
        return ()
    worst: dict[Impact, Risk] = {}
    for risk in _all(change, step):
        if risk.impact is Impact.SLOW and change.at_once:
            continue
        known = worst.get(risk.impact)
        if known is None or (risk.longest, risk.seconds) > (known.longest, known.seconds):
            worst[risk.impact] = risk
    declared = (worst[impact] for impact in Impact if impact in worst)
    order = list(Impact)
    return tuple(sorted((*declared, *_own(change)), key=lambda risk: order.index(risk.impact)))


def _own(change: ResourceChange) -> Sequence[Risk]:
    """Return what the settings themselves risk, of a kind that reads them (`HasOwnRisks`)."""
    want = change.want
    if change.action not in WRITES or not isinstance(want, HasOwnRisks):
        return ()
    return want.own_risks(change.have if isinstance(change.have, type(want)) else None)


def _all(change: ResourceChange, step: Step) -> Iterator[Risk]:
    risks = step.RISKS
    match change.action:
        case Action.CREATE:
            yield from _of_creation(change, risks.create)
            if change.cause is Cause.DRIFT:
                yield from risks.gone
                yield from (risk for risk in risks.recreate if _still_to_come(risk))
        case Action.UPDATE:
            yield from _changed(change, step)
        case Action.REPLACE:
            yield from _changed(change, step)
            yield from (*_of_creation(change, risks.create), *risks.recreate)
            yield from _lost(step)
            assert change.want is not None
            if replacement(change.want, step) is Replacement.DELETE_FIRST and risks.downtime:
                yield Risk(Impact.DOWNTIME, risks.downtime)
        case Action.DELETE:
            yield from risks.delete
            yield from _lost(step)
            if change.messages:
                told = "messages are" if change.messages > 1 else "message is"
                yield Risk(Impact.DATA_LOSS, f"about {change.messages:,} {told} deleted with it")


def _of_creation(change: ResourceChange, risks: Iterable[Risk]) -> Iterator[Risk]:
    return (risk for risk in risks if risk.when(None, change.want))


def _still_to_come(risk: Risk) -> bool:
    """Return whether the risk remains if the old resource is already gone.

    No data is left to lose in it, and nothing delays its deletion any more.
    """
    return risk.impact is not Impact.DATA_LOSS and not risk.of_old


def _changed(change: ResourceChange, step: Step) -> Iterator[Risk]:
    for diff in change.diffs:
        for risk in step.RISKS.update.get(diff.field, ()):
            if not is_known(diff.want) or risk.when(diff.have, diff.want):
                yield risk


def _lost(step: Step) -> Iterable[Risk]:
    if not isinstance(step, HoldsData):
        return ()
    return (Risk(Impact.DATA_LOSS, "all its data is deleted with it"),)
