"""To whom belongs what stands where a node is wanted, in words; and what to type then."""

from __future__ import annotations

import shlex
from collections.abc import Collection, Mapping
from typing import Final

from provision.model.step import OWNER, Step, Tagged

MOVABLE: Final = frozenset({"table", "function", "layer"})
"""What `moved` in config.yaml may name."""


def describe_owner(have: Step, mark: str) -> str:
    """`tap-dev-items is this stack's table.articles`, or that it is not the stack's at all."""
    other = _other_node(have, mark)
    return (
        f"{have.label} is this stack's {other}"
        if other
        else f"{have.label} exists and is not this stack's"
    )


def ownership_hint(have: Step, mark: str, node: str) -> str:
    """What to do about it: the name has changed in config.yaml, or it is to be taken over."""
    other = _other_node(have, mark)
    adopt = adopt_hint(node)
    if other and other.partition(".")[0] in MOVABLE and other.count(".") == node.count(".") == 1:
        return f"`moved: {{{other}: {node}}}` in config.yaml says that it was renamed; {adopt}"
    return adopt


def adopt_hint(node: str) -> str:
    """What takes over what somebody else made."""
    return f"`provision up --adopt {shlex.quote(node)}` takes it over"


def unknown_move(node: str, moved: Mapping[str, str], known: Collection[str]) -> str:
    """Why a node that `moved` names is made: its former name was none of those the state knows.
    Empty for every other node, and where the state knows nothing at all."""
    former = [old for old, new in moved.items() if new == node]
    if not former or not known or node in known or node.count(".") > 1:
        return ""
    return f"`moved` says it was {former[0]}, which the state does not know either"


def _other_node(have: Step, mark: str) -> str:
    """The node of this stack that its owner tag names; empty for anybody else's."""
    owner = have.tags.get(OWNER, "") if isinstance(have, Tagged) else ""
    return owner.removeprefix(f"{mark}/") if owner.startswith(f"{mark}/") else ""
