"""Detects likely renames: config.yaml only names a node differently that is deleted and created."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.model.step import FieldRole, Step, fields_with
from provision.plan.change import Action, Cause, ResourceChange
from provision.plan.ownership import MOVABLE
from provision.unknown import is_known

SIMILAR: Final = 0.75
"""The share of settings in which two must agree to be taken for one."""


def likely_renames(changes: Mapping[str, ResourceChange]) -> dict[str, str]:
    """Return old node → new node of likely renames.

    Each is a table, function or layer that is deleted while a similar one is created.
    """
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
    """Return the share of known settings that agree, apart from names and tags.

    It is 0 if a Fixed field differs, because then the old resource cannot become the new one.
    """
    kind = type(new)
    apart = {*new.IDENTITY, "tags", "description"}
    fixed = [name for name in fields_with(kind, FieldRole.FIXED) if name not in apart]
    names = [*fixed, *(name for name in fields_with(kind, None) if name not in apart)]
    known = [name for name in names if is_known(vars(new)[name])]
    differ = {name for name in known if vars(old)[name] != vars(new)[name]}
    if not known or differ & set(fixed):
        return 0.0
    return 1 - len(differ) / len(known)


def _is_dropped(change: ResourceChange) -> bool:
    """Return whether config.yaml no longer has the node.

    A resource that holds data counts, too: it is kept until the user names it.
    """
    gone = change.cause is Cause.REMOVED and change.action in {Action.DELETE, Action.KEEP}
    return gone and change.have is not None and _is_movable(change.node)


def _is_new(change: ResourceChange) -> bool:
    return (
        change.action is Action.CREATE and change.cause is Cause.CONFIG and _is_movable(change.node)
    )


def _is_movable(node: str) -> bool:
    area, _, rest = node.partition(".")
    return area in MOVABLE and bool(rest) and "." not in rest and "~" not in rest
