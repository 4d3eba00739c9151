"""Builds the stack of a configuration without AWS: its nodes, and their wanted steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from provision.config import Config
from provision.model.stack import Stack
from provision.model.step import Step, with_computed
from provision.preflight.placeholders import stand_in_site
from provision.preflight.rehearsal import ACCOUNT, Rehearsal
from provision.stack import build_stack

ANY_ACCOUNT: Final = "{account}"
"""The account in names, if config.yaml does not name it."""


@dataclass(frozen=True)
class OfflineStack:
    """A stack as config.yaml wants it. Values that AWS will choose are unknown."""

    config: Config
    stack: Stack
    steps: Mapping[str, Step]

    def label(self, node: str) -> str:
        """Return the name of a node's resource."""
        label = self.steps[node].label
        return label if self.config.account else label.replace(ACCOUNT, ANY_ACCOUNT)

    def needed_by(self, node: str) -> tuple[str, ...]:
        """Return the nodes that need this one."""
        return tuple(name for name, needs in self.stack.graph.items() if node in needs)


def offline_stack(config: Config) -> OfflineStack:
    """Return the stack of the configuration. Its sources are not read."""
    where = Rehearsal(config.region, config.account or ACCOUNT).location
    stack = build_stack(stand_in_site(config, where))
    steps: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        steps[name] = with_computed(node.build(steps), None)
    return OfflineStack(config, stack, steps)
