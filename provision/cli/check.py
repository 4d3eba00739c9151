"""Defines the options of `provision check`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_checks
from provision.cli.options import json_option, pass_session
from provision.sanitizing.text import put

if TYPE_CHECKING:
    from provision.commands.session import Session

WAIT = 10
LONGEST = 3600


def _list_checks(context: click.Context, _: click.Parameter, value: object) -> None:
    """Print the ids of all checks, which need neither config.yaml nor AWS, and end."""
    if not value or context.resilient_parsing:
        return
    from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS  # noqa: PLC0415

    width = max(map(len, CHECK_DESCRIPTIONS))
    for name, each in CHECK_DESCRIPTIONS.items():
        put(f"{name:<{width}}  {each.promise}")
    put(f"One of them explained: {context.find_root().command_path} explain key-right", err=True)
    context.exit()


@click.command(cls=Verb, short_help="Ask the deployed API whether it keeps its promises.")
@click.option(
    "--only",
    multiple=True,
    metavar="ID",
    shell_complete=complete_checks,
    help="Only this check. Repeatable.",
)
@click.option(
    "--skip",
    multiple=True,
    metavar="ID",
    shell_complete=complete_checks,
    help="Not this check. Repeatable.",
)
@click.option(
    "--wait",
    type=click.IntRange(0, LONGEST),
    default=WAIT,
    show_default=True,
    metavar="SECONDS",
    help="Ask again for so long what does not pass.",
)
@click.option(
    "--deep",
    is_flag=True,
    envvar="PROVISION_CHECK_DEEP",
    allow_from_autoenv=False,
    help="Also send each function an event that it fails on.",
)
@click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    allow_from_autoenv=False,
    callback=_list_checks,
    help="List the checks with a line each; ask nothing.",
)
@json_option
@pass_session
def check(
    session: Session, only: tuple[str, ...], skip: tuple[str, ...], wait: int, *, deep: bool
) -> int:
    """Ask the deployed API whether it does what config.yaml says.

    Keys, CORS, validation, limits, logs, TLS: `--list` has all checks, and `provision explain ID`
    explains one. No request is sent that could write, and nothing of the data is touched. Exit
    code 5 if a check failed.
    """
    from provision.commands.check import CheckOptions  # noqa: PLC0415
    from provision.commands.check import check as run  # noqa: PLC0415

    return run(session, CheckOptions(only, skip, wait, deep=deep))
