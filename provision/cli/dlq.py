"""Defines the commands of `provision dlq`, their options and arguments."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verbs
from provision.cli.completions import complete_functions
from provision.cli.invoke import version_option
from provision.cli.options import confirm_option, json_option, pass_session, yes_option

if TYPE_CHECKING:
    from provision.commands.session import Session

_LIST = "list"
_function_argument = click.argument("function", required=False, shell_complete=complete_functions)


class _Group(Verbs):
    """A group whose command is `list` if none is named."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, after adding the command that is left out.

        Not for a shell's completion, which asks for the commands themselves.
        """
        if ctx.resilient_parsing:
            return super().parse_args(ctx, args)
        named = any(each in self.commands for each in args)
        helped = any(each in ctx.help_option_names for each in args)
        if not named and not helped and all(each.startswith("-") for each in args[:1]):
            args = [_LIST, *args]
        return super().parse_args(ctx, args)


@click.group("dlq", cls=_Group, short_help="See, run again, save or purge failed events.")
def dlq_group() -> None:
    """See, run again, save or purge the events in the functions' dead-letter queues.

    Without a command, list the queues.
    """


@dlq_group.command(_LIST)
@json_option
@pass_session
def list_queues(session: Session) -> int:
    """List the queues with their counts."""
    from provision.commands import dlq  # noqa: PLC0415

    return dlq.list_queues(session)


@dlq_group.command("peek")
@_function_argument
@click.option("--most", "-n", type=click.IntRange(1, 1000), default=10, show_default=True)
@json_option
@pass_session
def peek(session: Session, function: str | None, most: int) -> int:
    """Show events and why they failed; they stay in the queue."""
    from provision.commands import dlq  # noqa: PLC0415

    return dlq.peek(session, function, most)


@dlq_group.command("redrive")
@_function_argument
@click.option("--message", multiple=True, metavar="ID", help="Only this message. Repeatable.")
@version_option
@click.option(
    "--async",
    "asynchronous",
    is_flag=True,
    envvar="PROVISION_DLQ_REDRIVE_ASYNC",
    allow_from_autoenv=False,
    help="Queue the events with Lambda; what fails again comes back later.",
)
@click.option("--dry-run", is_flag=True, help="Show what would run; run nothing.")
@yes_option
@json_option
@pass_session
def redrive(
    session: Session,
    function: str | None,
    message: tuple[str, ...],
    version: str,
    *,
    asynchronous: bool,
    dry_run: bool,
    yes: bool,
) -> int:
    """Run each event once, and remove those that succeed.

    Exit code 5 if one failed again. An event may run twice if this is killed.
    """
    from provision.commands import dlq_redrive  # noqa: PLC0415

    chosen = dlq_redrive.options(message, asynchronous=asynchronous)
    return dlq_redrive.redrive(session, function, version, chosen, dry_run=dry_run, yes=yes)


@dlq_group.command("save")
@click.argument("function", shell_complete=complete_functions)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@pass_session
def save(session: Session, function: str, file: Path) -> int:
    """Write all events to a new FILE as JSON Lines; they stay in the queue."""
    from provision.commands import dlq  # noqa: PLC0415

    return dlq.save(session, function, file)


@dlq_group.command("purge")
@click.argument("function", shell_complete=complete_functions)
@click.option(
    "--save",
    "file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    envvar="PROVISION_DLQ_PURGE_SAVE",
    allow_from_autoenv=False,
    help="Write the events to a new FILE, and delete only those.",
)
@yes_option
@confirm_option
@json_option
@pass_session
def purge(
    session: Session, function: str, file: Path | None, *, yes: bool, confirm: str | None
) -> int:
    """Delete all events of a queue, those that arrive within a minute too."""
    from provision.commands import dlq  # noqa: PLC0415
    from provision.commands.confirmation import Confirmation  # noqa: PLC0415

    return dlq.purge(session, function, file, Confirmation(yes, confirm))
