"""Defines the command `provision explain`, its options and arguments."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_explained
from provision.cli.global_options import GlobalOptions
from provision.cli.options import as_json, json_option


@click.command("explain", cls=Verb, short_help="Explain an error code, a kind, a node or a word.")
@click.argument("what", nargs=-1, shell_complete=complete_explained)
@json_option
@click.pass_context
def explain(context: click.Context, what: tuple[str, ...]) -> int:
    """Explain WHAT: the code behind an error's message (`locked`), a kind of resource
    (`dynamodb.table`), a node (`table.items`) or a word of the plans (`drift`). Without WHAT, list
    what can be explained. AWS is not called; only nodes need config.yaml.
    """
    from provision.commands import explain as command  # noqa: PLC0415

    options: GlobalOptions = context.obj
    options.call.as_json = as_json(context)
    if not what:
        return command.overview(options.call)
    place = command.Place(
        options.config,
        options.environment,
        options.region,
        options.state,
        options.new_env,
        options.allow_outside,
    )
    return command.explain(options.call, place, " ".join(what))
