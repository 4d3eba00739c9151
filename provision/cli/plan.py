"""The words of `provision plan`."""

from __future__ import annotations

import click

from provision.cli.options import json_option, local_option, open_session


@click.command()
@json_option
@local_option
@click.option("--check", is_flag=True, help="Exit 4 when anything would change.")
@click.pass_context
def plan(context: click.Context, *, as_json: bool, on_local: bool, check: bool) -> None:
    """What `up` would do. Writes are refused before they leave."""
    from provision.commands.plan import plan as run  # noqa: PLC0415

    context.exit(run(open_session(context, on_local=on_local, as_json=as_json), check=check))
