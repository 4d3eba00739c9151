"""Defines the options and arguments of `provision push`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_functions
from provision.cli.options import json_option, pass_session, trace_option

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb, short_help="Deploy changed function code, and nothing else.")
@click.argument("functions", nargs=-1, metavar="[FUNCTION]...", shell_complete=complete_functions)
@json_option
@click.option("--watch", is_flag=True, help="Push on every save that imports, until Ctrl-C.")
@trace_option
@pass_session
def push(session: Session, functions: tuple[str, ...], *, watch: bool) -> int:
    """Deploy changed code, and nothing else: of all functions, or of those named."""
    if watch and session.call.as_json:
        raise click.UsageError("--watch runs until Ctrl-C; --json prints one document: choose one")
    if watch:
        from provision.commands.push_watch import watch as push_saves  # noqa: PLC0415

        push_saves(session, functions)
    from provision.commands.push import push as run  # noqa: PLC0415

    return run(session, functions)
