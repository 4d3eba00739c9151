"""Defines the options and arguments of `provision status`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, open_session, trace_option


@click.command(cls=Verb)
@json_option
@click.option("--watch", is_flag=True, help="Refresh in place until Ctrl-C.")
@click.option("--check", is_flag=True, help="Exit 5 on drift, missing or unhealthy.")
@trace_option
@click.pass_context
def status(
    context: click.Context,
    trace: Path | None,
    *,
    json: bool,
    watch: bool,
    check: bool,
) -> None:
    """The dashboard: every resource, drift, health, numbers."""
    if watch and json:
        raise click.UsageError("--watch draws a screen; --json prints one document: choose one")
    from provision.commands.status import status as run  # noqa: PLC0415

    session = open_session(context, as_json=json, trace=trace)
    context.exit(run(session, watch=watch, check=check))
