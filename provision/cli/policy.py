"""Defines the commands of `provision policy`, their options and arguments."""

from __future__ import annotations

from pathlib import Path

import click

from provision.cli.command_classes import Verbs
from provision.cli.options import json_option, open_session

PURPOSES = ("up", "plan", "status", "down", "all")


_out_option = click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write each policy into a file there.",
)


@click.group("policy", cls=Verbs, short_help="Print the IAM policies this stack needs.")
def policy_group() -> None:
    """The IAM policies that go with this configuration; nothing is changed in AWS."""


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
    help="The commands it is to suffice for. `status` also does for plan, outputs and refresh;"
    " `plan` is for a pipeline, and for names that the configuration does not have yet.",
)
@_out_option
@click.pass_context
def deployer(context: click.Context, purpose: str, out: Path | None, *, json: bool) -> None:
    """What whoever runs the commands must be allowed, and no more.

    With `account:` in config.yaml no credentials are needed.
    """
    from provision.commands.policy import deployer as run  # noqa: PLC0415

    _refuse_both(out, json=json)
    context.exit(run(open_session(context, as_json=json), purpose, out))


@policy_group.command("boundary")
@json_option
@_out_option
@click.pass_context
def boundary(context: click.Context, out: Path | None, *, json: bool) -> None:
    """A permissions boundary for the stack's roles: what they need, and no more.

    `boundary:` below `environments` in config.yaml puts it on them. With `account:` there no
    credentials are needed.
    """
    from provision.commands.policy import boundary as run  # noqa: PLC0415

    _refuse_both(out, json=json)
    context.exit(run(open_session(context, as_json=json), out))


def _refuse_both(out: Path | None, *, json: bool) -> None:
    if out and json:
        raise click.UsageError("--out writes files; --json prints one document: choose one")
