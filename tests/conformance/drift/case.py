"""A change made outside the tool, and what `plan` must show of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from provision.aws.client import Aws

GONE: Final = "(gone)"
"""The "field" of a resource that was deleted as a whole."""

Change = Callable[[Aws, Any], None]
"""A change by plain calls of the last observed step; the page shows its docstring."""


@dataclass(frozen=True)
class Case:
    """One change of one field of one node.

    `follows` are the "node field" that depend on it and are named as well. `alone`: nothing else
    can be tried on these nodes at the same time. `others`: without its owner tag the resource is
    now foreign, until `--adopt`. `of`: the node that was changed, if another one shows it.
    `blocks`: the nodes that wait for it.
    """

    node: str
    field: str
    change: Change
    follows: tuple[str, ...] = ()
    alone: bool = False
    others: bool = False
    of: str = ""
    blocks: tuple[str, ...] = ()

    @property
    def changed(self) -> str:
        """The node that is passed to `change`."""
        return self.of or self.node

    @property
    def place(self) -> str:
        return f"{self.node} {self.field}"

    @property
    def how(self) -> str:
        return " ".join((self.change.__doc__ or "").split())

    @property
    def named(self) -> set[str]:
        """All that the plan must name, each as "node field"."""
        return {self.place, *self.follows}

    @property
    def nodes(self) -> set[str]:
        """All nodes on which the change shows."""
        named = (place.partition(" ")[0] for place in self.named)
        return {self.changed, *named, *self.blocks}

    def disturbs(self, other: Case) -> bool:
        """Return whether one plan could not distinguish the two cases."""
        if self.alone or other.alone or self.others or other.others:
            return not self.nodes.isdisjoint(other.nodes)
        return self.place == other.place


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """Return the fewest rounds in which no case disturbs another."""
    rounds: list[list[Case]] = []
    for case in cases:
        for one in rounds:
            if not any(case.disturbs(other) for other in one):
                one.append(case)
                break
        else:
            rounds.append([case])
    return rounds
