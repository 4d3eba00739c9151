"""The words of `provision outputs`."""

from __future__ import annotations

import click

from provision.cli.options import json_option, local_option, open_session


@click.command()
@click.argument("name", required=False)
@json_option
@local_option
@click.pass_context
def outputs(context: click.Context, name: str | None, *, as_json: bool, on_local: bool) -> None:
    """Names, ids and addresses. `outputs api_key` asks AWS for the key's value."""
    from provision.commands.outputs import outputs as run  # noqa: PLC0415

    context.exit(run(open_session(context, on_local=on_local, as_json=as_json), name))
