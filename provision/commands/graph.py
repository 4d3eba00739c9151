"""Runs `provision graph`: prints the stack as a graph, from config.yaml or as it is in AWS."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

import click

from provision.aws.access import CallCounts
from provision.commands.offline_config import offline_config
from provision.commands.session import Session
from provision.commands.status import observe
from provision.config import Config
from provision.config.checks import check_values
from provision.config.problems import suggest
from provision.sanitizing.text import put_document
from provision.stack.lookups import key_as_recorded
from provision.views.graph.dot import as_dot
from provision.views.graph.mermaid import as_mermaid, excess_of
from provision.views.graph.svg import as_svg
from provision.views.json_graph import graph_document
from provision.workflows.stack_graph import StackGraph, graph_of, part_around, with_states
from provision.workflows.troubles import states_of


class Format(StrEnum):
    """The forms of output."""

    MERMAID = "mermaid"
    DOT = "dot"
    SVG = "svg"
    JSON = "json"


_DRAWN_BY: Final[Mapping[Format, Callable[[StackGraph], str]]] = {
    Format.MERMAID: as_mermaid,
    Format.DOT: as_dot,
    Format.SVG: as_svg,
}

_SMALLER: Final = (
    "`provision graph --format svg` is a picture, `--format dot` is for Graphviz, and"
    " `provision graph --of NODE` prints a part"
)


def graph(session: Session, form: Format, node: str | None) -> int:
    """Print the graph of config.yaml. AWS is not called."""
    config = offline_config(session)
    _print(session, form, config, None, _around(graph_of(config), node), CallCounts())
    return 0


def live_graph(session: Session, form: Format, node: str | None) -> int:
    """Print the graph with the state of each node in AWS, as `status` shows it."""
    workspace = session.open(check=check_values, key=key_as_recorded)
    seen, health = observe(session, workspace)
    config = workspace.inputs.config
    found = with_states(graph_of(config), seen.all, states_of(seen.all, health))
    account = workspace.inputs.location.account
    _print(session, form, config, account, _around(found, node), workspace.aws.calls)
    return 0


def _around(whole: StackGraph, node: str | None) -> StackGraph:
    """Return the part around the node. Raises click.UsageError for an unknown one."""
    if node is None:
        return whole
    if node not in whole.nodes:
        every = "`provision graph --json` lists them"
        raise click.UsageError(
            f"there is no node {node} in {whole.title}; {suggest(node, list(whole.nodes)) or every}"
        )
    return part_around(whole, node)


def _print(
    session: Session,
    form: Format,
    config: Config,
    account: str | None,
    found: StackGraph,
    calls: CallCounts,
) -> None:
    if form is Format.JSON:
        session.call.answer(graph_document(config, account, found, calls, session.seconds))
        return
    text = _DRAWN_BY[form](found).rstrip("\n")
    put_document(text)
    if form is Format.MERMAID and (excess := excess_of(text)):
        session.say(f"warning: Mermaid refuses so large a graph: {excess}; {_SMALLER}")
