"""Defines the options and arguments of `provision status`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, pass_session, trace_option

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb)
@json_option
@click.option("--watch", is_flag=True, help="Refresh in place until Ctrl-C.")
@click.option("--check", is_flag=True, help="Exit 5 on drift, missing or unhealthy.")
@trace_option
@pass_session
def status(session: Session, *, watch: bool, check: bool) -> int:
    """Show the dashboard: every resource, drift, health, numbers."""
    if watch and session.call.as_json:
        raise click.UsageError("--watch draws a screen; --json prints one document: choose one")
    from provision.commands.status import status as run  # noqa: PLC0415

    return run(session, watch=watch, check=check)
