"""What a plan would delete and create although config.yaml only calls it something else now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.model.step import Mark, Step, fields_with
from provision.plan.change import Action, Cause, ResourceChange
from provision.plan.ownership import MOVABLE
from provision.unknown import is_known

SIMILAR: Final = 0.75
"""The share of settings in which two have to agree to be taken for one."""


def likely_renames(changes: Mapping[str, ResourceChange]) -> dict[str, str]:
    """Old node → new, for each table, function or layer that goes while its like is created."""
    goes = [each for each in changes.values() if _is_dropped(each)]
    comes = [each for each in changes.values() if _is_new(each)]
    scored = [
        (similarity(old.have, new.want), old.node, new.node)
        for old in goes
        for new in comes
        if old.kind == new.kind and old.have and new.want
    ]
    found: dict[str, str] = {}
    for score, old, new in sorted(scored, key=lambda each: -each[0]):
        if score >= SIMILAR and old not in found and new not in found.values():
            found[old] = new
    return found


def similarity(old: Step, new: Step) -> float:
    """The share of known settings, names and tags apart, that agree; 0 where one that cannot change
    in place differs, as then the old could not become the new."""
    kind = type(new)
    apart = {*new.IDENTITY, "tags", "description"}
    fixed = [name for name in fields_with(kind, Mark.FIXED) if name not in apart]
    names = [*fixed, *(name for name in fields_with(kind, None) if name not in apart)]
    known = [name for name in names if is_known(vars(new)[name])]
    differ = {name for name in known if vars(old)[name] != vars(new)[name]}
    if not known or differ & set(fixed):
        return 0.0
    return 1 - len(differ) / len(known)


def _is_dropped(change: ResourceChange) -> bool:
    """Whether config.yaml no longer has it: what holds data is kept, and waits to be named."""
    gone = change.cause is Cause.REMOVED and change.action in {Action.DELETE, Action.KEEP}
    return gone and change.have is not None and _is_movable(change.node)


def _is_new(change: ResourceChange) -> bool:
    return (
        change.action is Action.CREATE and change.cause is Cause.CONFIG and _is_movable(change.node)
    )


def _is_movable(node: str) -> bool:
    area, _, rest = node.partition(".")
    return area in MOVABLE and bool(rest) and "." not in rest and "~" not in rest
