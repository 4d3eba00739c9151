"""Defines the options and arguments of `provision refresh`."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, open_session


@click.command(cls=Verb, short_help="Make the state anew from what AWS has.")
@json_option
@click.pass_context
def refresh(context: click.Context, *, json: bool) -> None:
    """Make the state anew from what AWS has; nothing is written there.

    What differs from config.yaml afterwards counts as not yet done, no longer as drift: the state
    then says what AWS says.
    """
    from provision.commands.refresh import refresh as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json)))
