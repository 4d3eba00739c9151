"""Defines the commands of `provision local`, their options and arguments."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verbs
from provision.cli.global_options import GlobalOptions
from provision.commands.invocation import say
from provision.sanitizing.text import put


@click.group("local", cls=Verbs)
def local_group() -> None:
    """The embedded emulator behind --local."""


@local_group.command("start")
@click.pass_context
def local_start(context: click.Context) -> None:
    """Start it, if it is not running."""
    from provision import local  # noqa: PLC0415

    options: GlobalOptions = context.obj
    emulator = local.start(
        local.emulator_directory(options.config, options.state),
        port=options.local_port,
        report=say,
    )
    put(emulator.endpoint)


@local_group.command("stop")
@click.pass_context
def local_stop(context: click.Context) -> None:
    """Stop it; its data stays."""
    from provision import local  # noqa: PLC0415

    options: GlobalOptions = context.obj
    root = local.emulator_directory(options.config, options.state)
    ran = local.stop(root)
    say("the emulator is stopped; its data stays" if ran else f"no emulator runs in {root}")


@local_group.command("reset")
@click.pass_context
def local_reset(context: click.Context) -> None:
    """Stop it and delete its data."""
    from provision import local  # noqa: PLC0415

    options: GlobalOptions = context.obj
    local.reset(local.emulator_directory(options.config, options.state))
    say("the emulator is stopped and its data deleted")
