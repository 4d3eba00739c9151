"""Explains to the user who owns a resource found for a node, and what to do about it."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from typing import Final

from provision.model.step import OWNER, Step, Tagged

MOVABLE: Final = frozenset({"table", "function", "layer"})
"""The areas whose nodes `moved` in config.yaml may name."""


def describe_owner(have: Step, mark: str) -> str:
    """Return in words which node of this stack owns the resource, or that none does.

    For example: `tap-dev-items is this stack's table.articles`.
    """
    other = _other_node(have, mark)
    return (
        f"{have.label} is this stack's {other}"
        if other
        else f"{have.label} exists and is not this stack's"
    )


def ownership_hint(have: Step, mark: str, node: str) -> str:
    """Return what to do about it: declare a rename in config.yaml, or adopt it."""
    other = _other_node(have, mark)
    adopt = adopt_hint(node)
    if other and other.partition(".")[0] in MOVABLE and other.count(".") == node.count(".") == 1:
        return f"`moved: {{{other}: {node}}}` in config.yaml says that it was renamed; {adopt}"
    return adopt


def adopt_hint(node: str) -> str:
    """Return the command that adopts a foreign resource, with its effect."""
    return f"`provision up --adopt {shlex.quote(node)}` takes it over"


def unknown_move(node: str, moved: Mapping[str, str], known: Collection[str]) -> str:
    """Return why a node named in `moved` is created: the state knows no former name of it.

    Empty for every other node, and if the state knows nothing at all.
    """
    former = [old for old, new in moved.items() if new == node]
    if not former or not known or node in known or node.count(".") > 1:
        return ""
    return f"`moved` says it was {former[0]}, which the state does not know either"


def _other_node(have: Step, mark: str) -> str:
    """Return the node of this stack that the owner tag names; empty if it names another."""
    owner = have.tags.get(OWNER, "") if isinstance(have, Tagged) else ""
    return owner.removeprefix(f"{mark}/") if owner.startswith(f"{mark}/") else ""
