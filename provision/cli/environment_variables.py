"""Warns of environment variables that look like ours and are not: a misspelt one sets nothing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

import click

PREFIX: Final = "PROVISION_"

COMPLETION = "_PROVISION_COMPLETE"
"""The environment variable in which a shell asks for its completion."""


def misspelt_variables(tool: click.Context, names: Iterable[str]) -> Iterator[str]:
    """Yield a warning for each variable similar to one of ours; others are other programs'."""
    mine = [name for name in names if name.startswith(PREFIX)]
    if not mine:
        return
    known = sorted(_of(tool.command, tool))
    for name in mine:
        if name not in known and (meant := _suggestion(name, known)):
            yield f"warning: {name} is not a variable of provision and has no effect; {meant}"


def _of(command: click.Command, context: click.Context) -> set[str]:
    """Return the variables of a command and of all commands below it."""
    found = {
        str(option.envvar or f"{context.auto_envvar_prefix}_{option.name}").upper()
        for option in command.get_params(context)
        if isinstance(option, click.Option) and (option.envvar or option.allow_from_autoenv)
    }
    below = command.commands if isinstance(command, click.Group) else {}
    for name, each in below.items():
        found |= _of(each, click.Context(each, info_name=name, parent=context))
    return found


def _suggestion(name: str, known: Iterable[str]) -> str:
    from provision.config.problems import suggest  # noqa: PLC0415  (only where there is one)

    words = set(name.removeprefix(PREFIX).split("_"))
    holding = [each for each in known if words < set(each.removeprefix(PREFIX).split("_"))]
    if holding:
        return f'did you mean "{min(holding, key=len)}"?'
    bare = suggest(name.removeprefix(PREFIX), [each.removeprefix(PREFIX) for each in known])
    return bare.replace('"', f'"{PREFIX}', 1)
