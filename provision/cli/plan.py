"""Defines the options and arguments of `provision plan`."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.command_classes import Verb
from provision.cli.options import (
    adopt_option,
    destroy_option,
    json_option,
    open_session,
    trace_option,
)


@click.command(cls=Verb)
@json_option
@adopt_option
@destroy_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Save the plan: `provision up FILE` does exactly this, or nothing.",
)
@click.option("--check", is_flag=True, help="Exit 4 when anything would change.")
@trace_option
@click.pass_context
def plan(
    context: click.Context,
    adopt: tuple[str, ...],
    destroy: tuple[str, ...],
    out: Path | None,
    trace: Path | None,
    *,
    json: bool,
    check: bool,
) -> None:
    """What `up` would do. Writes are refused before they leave."""
    from provision.commands.plan import plan as run  # noqa: PLC0415

    session = open_session(context, as_json=json, trace=trace)
    context.exit(run(session, check=check, adopt=adopt, destroy=destroy, out=out))
