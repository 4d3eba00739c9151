"""Defines options that several commands share, and opens the session of a command."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from provision.cli.global_options import Answering, Settings, refuse_stray_port

if TYPE_CHECKING:
    from provision.commands.session import Session


json_option = click.option("--json", is_flag=True, help="One JSON document on stdout.")
yes_option = click.option("--yes", "-y", cls=Answering, is_flag=True, help="Do not ask.")
adopt_option = click.option(
    "--adopt",
    cls=Answering,
    multiple=True,
    metavar="NODE",
    help="Take over what is not ours. Repeatable.",
)
destroy_option = click.option(
    "--destroy",
    cls=Answering,
    multiple=True,
    metavar="NODE",
    help="Let this node's data be lost. Repeatable.",
)
confirm_option = click.option(
    "--confirm",
    cls=Answering,
    metavar="STACK",
    help="The stack's name: agrees where it is protected.",
)
no_backup_option = click.option(
    "--no-backup", cls=Answering, is_flag=True, help="Make no final backup of data that goes."
)
parallel_option = click.option(
    "--parallel",
    type=click.IntRange(1, 64),
    default=16,
    show_default=True,
    metavar="N",
    help="Nodes worked on at the same time.",
)


trace_option = click.option(
    "--trace",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write where the time goes, for ui.perfetto.dev or chrome://tracing.",
)


def open_session(
    context: click.Context, *, as_json: bool = False, trace: Path | None = None
) -> Session:
    """Return the session of a command that calls AWS."""
    from provision.commands.session import Session  # noqa: PLC0415  (the AWS SDK costs 0.3 s)
    from provision.trace import open_trace  # noqa: PLC0415
    from provision.workspace import Options  # noqa: PLC0415

    settings: Settings = context.obj
    refuse_stray_port(context, settings)
    options = Options(
        settings.config,
        settings.environment,
        settings.region,
        settings.profile,
        settings.state,
        settings.local_port,
        settings.allow_endpoint,
        settings.new_env,
        settings.allow_outside,
    )
    call = settings.call
    call.as_json = as_json
    return Session(options, settings.verbose, call, trace=context.with_resource(open_trace(trace)))
