"""Defines the options and arguments of `provision outputs`."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.cli.options import json_option, open_session


@click.command(cls=Verb)
@click.argument("name", required=False)
@json_option
@click.pass_context
def outputs(context: click.Context, name: str | None, *, json: bool) -> None:
    """Names, ids and addresses. `outputs api_key` asks AWS for the key's value."""
    from provision.commands.outputs import outputs as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json), name))
