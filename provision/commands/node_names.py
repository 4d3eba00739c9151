"""Checks the names of nodes on the command line."""

from __future__ import annotations

import click

from provision.config.problems import suggest
from provision.workspace import Workspace


def check_nodes(workspace: Workspace, names: tuple[str, ...]) -> None:
    """Raise UsageError for a misspelt node name, before anything is observed."""
    known = [*workspace.stack.nodes, *workspace.remembered]
    for name in names:
        if name not in known:
            every = "`provision plan --json` lists them"
            raise click.UsageError(
                f"there is no node {name} in {workspace.stack.name};"
                f" {suggest(name, known) or every}"
            )
