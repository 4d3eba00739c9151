"""Completes the values of options and arguments from the files of the project, for a shell.

AWS is not called. Nothing is printed and no error is raised: a shell would show it in the middle of
the line that is being typed.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import click

from provision.cli.global_options import global_options_of
from provision.commands.invocation import Invocation
from provision.workflows.names_on_disk import (
    outline_of,
    recorded_nodes,
    saved_events,
    state_directory,
)


def complete_functions(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the functions of config.yaml."""
    config, _state, _environment = _place(context)
    return _matching(outline_of(config).functions, begun)


def complete_logs(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the sources of logs: the functions, and the API."""
    config, _state, _environment = _place(context)
    return _matching((*outline_of(config).functions, "api"), begun)


def complete_nodes(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the nodes that the state has or config.yaml names."""
    config, state, environment = _place(context)
    outline = outline_of(config)
    directory = state_directory(config, state, environment or outline.environment)
    return _matching((*outline.nodes, *recorded_nodes(directory)), begun)


def complete_events(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the saved events of `invoke --event`."""
    config, _state, _environment = _place(context)
    return _matching(saved_events(config), begun)


def complete_routes(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the routes of config.yaml, for `invoke --route`."""
    config, _state, _environment = _place(context)
    return _matching(outline_of(config).routes, begun)


def complete_keys(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the names of the API keys of config.yaml."""
    config, _state, _environment = _place(context)
    return _matching(outline_of(config).keys, begun)


def complete_outputs(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the names of the outputs that the stack of config.yaml has once it is deployed."""
    from provision.workflows.completed_names import output_names_of  # noqa: PLC0415

    config, _state, _environment = _place(context)
    return _matching(output_names_of(outline_of(config)), begun)


def complete_config_keys(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the keys that `config explain` takes, with the names that config.yaml has."""
    from provision.workflows.completed_names import config_keys_of  # noqa: PLC0415

    config, _state, _environment = _place(context)
    return _matching(config_keys_of(outline_of(config)), begun)


def complete_checks(_: click.Context, __: click.Parameter, begun: str) -> list[str]:
    """Return the checks that `check --only` and `--skip` take."""
    from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS  # noqa: PLC0415

    return _matching(CHECK_DESCRIPTIONS, begun)


def complete_explained(context: click.Context, param: click.Parameter, begun: str) -> list[str]:
    """Return the error codes, words, checks, kinds and nodes that `explain` takes."""
    from provision.workflows.checks.descriptions import CHECK_DESCRIPTIONS  # noqa: PLC0415
    from provision.workflows.explanations.lookup import ERRORS, KIND_NAMES, WORDS  # noqa: PLC0415

    words = [word for word in WORDS if " " not in word]
    known = (*ERRORS, *words, *CHECK_DESCRIPTIONS, *KIND_NAMES)
    found = _matching(known, begun)
    if begun and found:  # nodes have names of their own, and reading them takes time
        return found
    return [*found, *complete_nodes(context, param, begun)]


def _place(context: click.Context) -> tuple[Path, Path | None, str]:
    """Return config.yaml, the state directory if one is given, and the environment if one is."""
    try:
        given = global_options_of(context, Invocation())
    except click.UsageError:  # the line is not finished yet
        return Path("config.yaml"), None, ""
    return given.config, given.state, given.environment or ""


def _matching(names: Iterable[str], begun: str) -> list[str]:
    return [name for name in dict.fromkeys(names) if name.startswith(begun)]
