"""Defines the commands of `provision policy`, their options and arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verbs
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session

PURPOSES = ("up", "plan", "status", "down", "operate", "all")


_out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each policy to a file in this directory.",
)


@click.group("policy", cls=Verbs, short_help="Print the IAM policies this stack needs.")
def policy_group() -> None:
    """Print the IAM policies for this configuration; nothing is changed in AWS."""


@policy_group.command("deployer")
@json_option
@click.option(
    "--for",
    "purpose",
    type=click.Choice(PURPOSES),
    default="all",
    show_default=True,
    envvar="PROVISION_POLICY_DEPLOYER_FOR",
    allow_from_autoenv=False,
    help="The commands to permit. `status` also covers plan, outputs and refresh;"
    " `plan` is for a pipeline, and for names that the configuration does not have yet;"
    " `operate` is for invoke and dlq.",
)
@_out_option
@pass_session
def deployer(session: Session, purpose: str, out: Path | None) -> int:
    """Print the permissions that the commands need, and no more.

    With `account:` in config.yaml no credentials are needed.
    """
    from provision.commands.policy import deployer as run  # noqa: PLC0415

    _refuse_both(session, out)
    return run(session, purpose, out)


@policy_group.command("boundary")
@json_option
@_out_option
@pass_session
def boundary(session: Session, out: Path | None) -> int:
    """Print a permissions boundary for the stack's roles: what they need, and no more.

    `boundary:` below `environments` in config.yaml applies it. With `account:` in config.yaml no
    credentials are needed.
    """
    from provision.commands.policy import boundary as run  # noqa: PLC0415

    _refuse_both(session, out)
    return run(session, out)


def _refuse_both(session: Session, out: Path | None) -> None:
    if out and session.call.as_json:
        raise click.UsageError("--out writes files; --json prints one document: choose one")
