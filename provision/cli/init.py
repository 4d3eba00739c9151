"""Defines the command `provision init`, its options and arguments."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.cli.global_options import Answering, GlobalOptions
from provision.cli.options import as_json, json_option

TEMPLATES = ("items", "minimal")


@click.command("init", cls=Verb, short_help="Begin a project: config.yaml, a function, a test.")
@click.argument("directory", metavar="[DIR]", default=".")
@click.option("--name", metavar="N", help="Name of the stack; the folder's when not given.")
@click.option(
    "--template",
    type=click.Choice(TEMPLATES),
    help="An API of items in a table, or one function behind one route.",
)
@click.option(
    "--force", cls=Answering, is_flag=True, help="Overwrite files that exist; all are listed."
)
@json_option
@click.pass_context
def init(
    context: click.Context, directory: str, name: str | None, template: str | None, *, force: bool
) -> int:
    """Write a project into DIR, this folder when not given: config.yaml, a function with a test of
    it, and a README. Nothing is called in AWS. On a terminal it asks for the name and the template.
    """
    from provision.commands import init as command  # noqa: PLC0415

    options: GlobalOptions = context.obj
    if not directory:
        raise click.UsageError("DIR is empty: name a folder, or leave it out", context)
    if any(words[0] == "--config" for words in options.call.given):
        raise click.UsageError(
            "a project's file is config.yaml in DIR: leave --config out", context
        )
    options.call.as_json = as_json(context)
    wanted = command.Wanted(directory, name, options.region, template, force)
    return command.init(options.call, wanted)
