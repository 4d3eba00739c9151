"""Defines options that several commands share, and passes a session to commands on the stack."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any, Concatenate, Final, ParamSpec

import click

from provision.cli.completions import complete_nodes
from provision.cli.global_options import Answering, GlobalOptions, refuse_stray_port

if TYPE_CHECKING:
    from provision.commands.session import Session

P = ParamSpec("P")

_JSON: Final = "provision.json"
_TRACE: Final = "provision.trace"
"""The keys in the context under which `--json` and `--trace` are noted for the session."""


def _note_as(key: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    """Return a callback that keeps an option's value for the session, not for the command."""

    def note(context: click.Context, _: click.Parameter, value: Any) -> None:
        context.meta[key] = value

    return note


json_option = click.option(
    "--json",
    is_flag=True,
    expose_value=False,
    callback=_note_as(_JSON),
    help="Print one JSON document on stdout.",
)
yes_option = click.option(
    "--yes", "-y", cls=Answering, is_flag=True, help="Do not ask for confirmation."
)
adopt_option = click.option(
    "--adopt",
    cls=Answering,
    multiple=True,
    metavar="NODE",
    shell_complete=complete_nodes,
    help="Take over this node's existing resource. Repeatable.",
)
destroy_option = click.option(
    "--destroy",
    cls=Answering,
    multiple=True,
    metavar="NODE",
    shell_complete=complete_nodes,
    help="Allow deleting this node's data. Repeatable.",
)
confirm_option = click.option(
    "--confirm",
    cls=Answering,
    metavar="STACK",
    help="The stack's name, to confirm where it is protected.",
)
no_backup_option = click.option(
    "--no-backup", cls=Answering, is_flag=True, help="Delete data without a final backup."
)
parallel_option = click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    metavar="N",
    help="Number of nodes processed concurrently.",
)
trace_option = click.option(
    "--trace",
    type=click.Path(path_type=Path, dir_okay=False),
    expose_value=False,
    callback=_note_as(_TRACE),
    help="Write a trace of the run, for ui.perfetto.dev or chrome://tracing.",
)


def as_json(context: click.Context) -> bool:
    """Return whether `json_option` was given to this command, or its variable is set."""
    return bool(context.meta.get(_JSON))


def pass_session(command: Callable[Concatenate[Session, P], int]) -> Callable[P, int]:
    """Pass the session to a command on the stack as its first argument.

    The counterpart of `click.pass_context`. `json_option` and `trace_option` are settings of the
    session; the command has them above this. The exit code is what it returns.
    """

    @wraps(command)
    def with_session(*arguments: P.args, **options: P.kwargs) -> int:
        return command(_open_session(click.get_current_context()), *arguments, **options)

    return with_session


def _open_session(context: click.Context) -> Session:
    from provision.commands.session import Session  # noqa: PLC0415  (the AWS SDK costs 0.3 s)
    from provision.trace import open_trace  # noqa: PLC0415
    from provision.workspace import Options  # noqa: PLC0415

    given: GlobalOptions = context.obj
    refuse_stray_port(context, given)
    options = Options(
        given.config,
        given.environment,
        given.region,
        given.profile,
        given.state,
        given.local_port,
        given.allow_endpoint,
        given.new_env,
        given.allow_outside,
    )
    given.call.as_json = as_json(context)
    trace = context.with_resource(open_trace(context.meta.get(_TRACE)))
    return Session(options, given.verbose, given.call, trace=trace)
