"""Defines the options and arguments of `provision up`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.command_classes import Verb
from provision.cli.options import (
    adopt_option,
    confirm_option,
    destroy_option,
    json_option,
    no_backup_option,
    open_session,
    parallel_option,
    trace_option,
    yes_option,
)


@click.command(cls=Verb, short_help="Make AWS match config.yaml.")
@click.argument(
    "file",
    required=False,
    metavar="[FILE]",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@yes_option
@confirm_option
@json_option
@adopt_option
@destroy_option
@no_backup_option
@parallel_option
@trace_option
@click.pass_context
def up(
    context: click.Context,
    file: Path | None,
    adopt: tuple[str, ...],
    confirm: str | None,
    destroy: tuple[str, ...],
    parallel: int,
    trace: Path | None,
    *,
    yes: bool,
    json: bool,
    no_backup: bool,
) -> None:
    """Make AWS match config.yaml; with FILE, do what a saved plan says, or nothing."""
    if file and no_backup:
        raise click.UsageError(
            "a saved plan makes its final backups: --no-backup goes with `provision up` alone"
        )
    from provision.commands.confirmation import Confirmation  # noqa: PLC0415
    from provision.commands.up import up as run  # noqa: PLC0415
    from provision.commands.up_saved import up_saved  # noqa: PLC0415

    session = open_session(context, as_json=json, trace=trace)
    if file:
        agreement = Confirmation(yes, confirm)
        context.exit(
            up_saved(session, file, agreement, adopt=adopt, destroy=destroy, workers=parallel)
        )
    context.exit(
        run(
            session,
            Confirmation(yes, confirm),
            adopt=adopt,
            destroy=destroy,
            backup=not no_backup,
            workers=parallel,
        )
    )
