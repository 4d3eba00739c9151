"""The words of `provision up`."""

from __future__ import annotations

import click

from provision.cli.options import (
    destroy_option,
    json_option,
    local_option,
    open_session,
    parallel_option,
    yes_option,
)


@click.command()
@yes_option
@json_option
@local_option
@click.option("--adopt", multiple=True, metavar="NODE", help="Take over what is not ours.")
@destroy_option
@parallel_option
@click.pass_context
def up(
    context: click.Context,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    parallel: int,
    *,
    yes: bool,
    as_json: bool,
    on_local: bool,
) -> None:
    """Make AWS match config.yaml."""
    from provision.commands.up import up as run  # noqa: PLC0415

    session = open_session(context, on_local=on_local, as_json=as_json)
    context.exit(run(session, yes=yes, adopt=adopt, destroy=destroy, workers=parallel))
