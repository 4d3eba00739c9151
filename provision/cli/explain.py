"""Defines the command `provision explain`, its options and arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import click

from provision.cli.command_classes import Verb
from provision.cli.completions import complete_explained
from provision.cli.global_options import GlobalOptions
from provision.cli.options import as_json, json_option

_LONGEST: Final = 200
"""The most characters of a command's summary."""


@click.command(
    "explain", cls=Verb, short_help="Explain an error code, a resource, a check, a word."
)
@click.argument("what", nargs=-1, shell_complete=complete_explained)
@json_option
@click.pass_context
def explain(context: click.Context, what: tuple[str, ...]) -> int:
    """Explain WHAT: the code behind an error's message (`locked`), a kind of resource
    (`dynamodb.table`), a node (`table.items`), a word of the plans (`drift`), a check
    (`key-right`), a key of config.yaml (`memory`) or a command. Without WHAT, list what can be
    explained. AWS is not called; only nodes need config.yaml.
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
    tool = context.find_root().command
    assert isinstance(tool, click.Group)
    return command.explain(options.call, place, " ".join(what), dict(_summaries(tool)))


def _summaries(group: click.Group, words: tuple[str, ...] = ()) -> Iterator[tuple[str, str]]:
    """Yield the words of each command, such as `keys rotate`, and what it does."""
    for name, one in group.commands.items():
        yield " ".join((*words, name)), one.get_short_help_str(_LONGEST)
        if isinstance(one, click.Group):
            yield from _summaries(one, (*words, name))
