"""Explains a node: its place in the stack and in config.yaml, and its kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from provision.config.yaml.nodes import YamlNode
from provision.preflight.config_positions import Lead
from provision.workflows.explanations.kinds import KindPage, kind_page
from provision.workflows.offline_stack import OfflineStack


@dataclass(frozen=True)
class NodePage:
    """A node: the entry of config.yaml that leads to it, the name of its resource, its needs."""

    node: str
    label: str
    file: str
    line: int
    key: str
    needs: Sequence[str]
    needed_by: Sequence[str]
    kind: KindPage


def node_page(offline: OfflineStack, tree: YamlNode, node: str) -> NodePage:
    """Return the page of a node. `tree` is the merged file that the stack is built from."""
    entry = Lead(tree).of_name(node)
    return NodePage(
        node,
        offline.label(node),
        entry.place.file,
        entry.place.line,
        ".".join(str(key) for key in entry.node.keys),
        offline.stack.nodes[node].needs,
        offline.needed_by(node),
        kind_page(type(offline.steps[node])),
    )
