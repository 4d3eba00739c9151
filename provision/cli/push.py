"""Defines the options and arguments of `provision push`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, open_session, trace_option


@click.command(cls=Verb, short_help="Bring changed code live, and nothing else.")
@click.argument("functions", nargs=-1, metavar="[FUNCTION]...")
@json_option
@click.option("--watch", is_flag=True, help="Push each save that imports, until Ctrl-C.")
@trace_option
@click.pass_context
def push(
    context: click.Context,
    functions: tuple[str, ...],
    trace: Path | None,
    *,
    json: bool,
    watch: bool,
) -> None:
    """Bring changed code live, and nothing else: of all functions, or of those named."""
    if watch and json:
        raise click.UsageError("--watch goes on; --json prints one document: choose one")
    session = open_session(context, as_json=json, trace=trace)
    if watch:
        from provision.commands.push_watch import watch as push_saves  # noqa: PLC0415

        push_saves(session, functions)
    from provision.commands.push import push as run  # noqa: PLC0415

    context.exit(run(session, functions))
