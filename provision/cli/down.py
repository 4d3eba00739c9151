"""Defines the options and arguments of `provision down`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.global_options import Answering
from provision.cli.options import (
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


@click.command(cls=Verb, short_help="Remove the stack; data only if named.")
@yes_option
@confirm_option
@json_option
@destroy_option
@click.option(
    "--destroy-data", cls=Answering, is_flag=True, help="Allow deleting all data of the stack."
)
@no_backup_option
@parallel_option
@trace_option
@pass_session
def down(
    session: Session,
    confirm: str | None,
    destroy: tuple[str, ...],
    parallel: int,
    *,
    yes: bool,
    destroy_data: bool,
    no_backup: bool,
) -> int:
    """Remove the stack in the right order; data only if named."""
    from provision.commands.confirmation import Confirmation  # noqa: PLC0415
    from provision.commands.down import down as run  # noqa: PLC0415
    from provision.plan.options import PlanOptions  # noqa: PLC0415

    plan_options = PlanOptions(
        destroy=frozenset(destroy), destroy_data=destroy_data, backup=not no_backup, verb="down"
    )
    return run(session, Confirmation(yes, confirm), plan_options, workers=parallel)
