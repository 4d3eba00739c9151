"""Defines the options and arguments of `provision up`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.options import (
    adopt_option,
    confirm_option,
    destroy_option,
    json_option,
    no_backup_option,
    parallel_option,
    pass_session,
    trace_option,
    yes_option,
)

if TYPE_CHECKING:
    from provision.commands.session import Session

check_option = click.option(
    "--check",
    is_flag=True,
    envvar="PROVISION_UP_CHECK",
    allow_from_autoenv=False,
    help="Then check what is deployed, for up to 120 s.",
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
@check_option
@trace_option
@pass_session
def up(
    session: Session,
    file: Path | None,
    adopt: tuple[str, ...],
    confirm: str | None,
    destroy: tuple[str, ...],
    parallel: int,
    *,
    yes: bool,
    no_backup: bool,
    check: bool,
) -> int:
    """Make AWS match config.yaml; with FILE, apply exactly this saved plan, or nothing."""
    if file and no_backup:
        raise click.UsageError(
            "a saved plan always makes its final backups: --no-backup works with `provision up`"
            " alone"
        )
    from provision.commands.confirmation import Confirmation  # noqa: PLC0415
    from provision.commands.up import up as run  # noqa: PLC0415
    from provision.commands.up_saved import up_saved  # noqa: PLC0415

    agreement = Confirmation(yes, confirm)
    if file:
        return up_saved(
            session,
            file,
            agreement,
            adopt=adopt,
            destroy=destroy,
            workers=parallel,
            then_check=check,
        )
    return run(
        session,
        agreement,
        adopt=adopt,
        destroy=destroy,
        backup=not no_backup,
        workers=parallel,
        then_check=check,
    )
