"""Defines the options and arguments of `provision graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_nodes
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session

FORMATS = ("mermaid", "dot", "svg", "json")


@click.command(cls=Verb)
@click.option(
    "--format",
    "form",
    envvar="PROVISION_GRAPH_FORMAT",
    allow_from_autoenv=False,
    type=click.Choice(FORMATS),
    help="Mermaid is for Markdown, DOT for Graphviz, SVG is a picture. [default: mermaid]",
)
@click.option("--live", is_flag=True, help="Read AWS, and show the state of each node.")
@click.option(
    "--of",
    "node",
    envvar="PROVISION_GRAPH_OF",
    allow_from_autoenv=False,
    metavar="NODE",
    shell_complete=complete_nodes,
    help="Only this node, its needs, and the nodes that need it.",
)
@json_option
@pass_session
def graph(session: Session, form: str | None, node: str | None, *, live: bool) -> int:
    """Print the stack as a graph.

    It is made from config.yaml alone; with --live it shows what AWS has.
    """
    from provision.commands.graph import Format, graph as run, live_graph  # noqa: I001, PLC0415

    if session.call.as_json and form not in {None, "json"}:
        raise click.UsageError(f"--json and --format {form} are forms of output: choose one")
    session.call.as_json = session.call.as_json or form == "json"
    chosen = Format.JSON if session.call.as_json else Format(form or Format.MERMAID)
    return live_graph(session, chosen, node) if live else run(session, chosen, node)
