"""Defines the options and arguments of `provision plan`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.options import (
    adopt_option,
    destroy_option,
    json_option,
    pass_session,
    trace_option,
)

if TYPE_CHECKING:
    from provision.commands.session import Session


@click.command(cls=Verb)
@json_option
@adopt_option
@destroy_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan; `provision up FILE` applies exactly this plan, or nothing.",
)
@click.option("--check", is_flag=True, help="Exit 4 if anything would change.")
@trace_option
@pass_session
def plan(
    session: Session,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    out: Path | None,
    *,
    check: bool,
) -> int:
    """Show what `up` would do. Nothing is written to AWS."""
    from provision.commands.plan import plan as run  # noqa: PLC0415

    return run(session, check=check, adopt=adopt, destroy=destroy, out=out)
