"""What somebody does behind our back, and what `plan` is to say of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from provision.aws.client import Aws

GONE: Final = "(gone)"
"""In the place of a field: the whole of it was deleted."""

Change = Callable[[Aws, Any], None]
"""Made with plain calls, on what `look` found last. Its docstring is what the page says of it."""


@dataclass(frozen=True)
class Case:
    """One change of one field of one node. `follows` are the "node field" of what stands or falls
    with it, and is named beside it. `alone`: nothing else can be tried on these nodes meanwhile.
    `others`: what carries no mark is now told to be somebody else's, until `--adopt`. `of`: the
    node that was changed, where another one shows it. `blocks`: the nodes that wait meanwhile.
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
        """The node that `change` is handed."""
        return self.of or self.node

    @property
    def place(self) -> str:
        return f"{self.node} {self.field}"

    @property
    def how(self) -> str:
        return " ".join((self.change.__doc__ or "").split())

    @property
    def named(self) -> set[str]:
        """All that the plan is to name, each as "node field"."""
        return {self.place, *self.follows}

    @property
    def nodes(self) -> set[str]:
        """All on which it shows."""
        named = (place.partition(" ")[0] for place in self.named)
        return {self.changed, *named, *self.blocks}

    def disturbs(self, other: Case) -> bool:
        """Whether the two cannot be told apart in one look."""
        if self.alone or other.alone or self.others or other.others:
            return not self.nodes.isdisjoint(other.nodes)
        return self.place == other.place


def together(cases: Iterable[Case]) -> list[list[Case]]:
    """As few rounds as will do: in each, no case disturbs another."""
    rounds: list[list[Case]] = []
    for case in cases:
        for one in rounds:
            if not any(case.disturbs(other) for other in one):
                one.append(case)
                break
        else:
            rounds.append([case])
    return rounds
