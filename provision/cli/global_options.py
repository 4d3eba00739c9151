"""Defines the options of the whole tool, which may be given before or after the command."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import click
from click.core import ParameterSource

from provision import LOCAL_ENVIRONMENT
from provision.commands.invocation import Invocation
from provision.workflows.names_on_disk import outline_of

Completer = Callable[[click.Context, click.Parameter, str], list[str]]
"""Returns the words that may follow, for a shell."""
_NOTES: Final = "provision.whole"
"""The key in the context under which a call notes the values of these options from all levels."""
_STRONGEST_FIRST: Final = (
    ParameterSource.COMMANDLINE,
    ParameterSource.ENVIRONMENT,
    ParameterSource.DEFAULT,
)


@dataclass(frozen=True)
class _Note:
    option: str
    source: ParameterSource | None
    value: Any


@dataclass(frozen=True)
class _Given:
    rank: int
    """The place of the source in `_STRONGEST_FIRST`."""
    values: tuple[Any, ...]


@dataclass(frozen=True)
class GlobalOptions:
    """The values of the options of the whole tool, at any level they were given."""

    config: Path
    environment: str | None
    region: str | None
    profile: str | None
    state: Path | None
    verbose: int
    local_port: int | None
    allow_endpoint: bool
    allow_outside: bool
    new_env: bool
    call: Invocation


def _note(context: click.Context, option: click.Parameter, value: Any) -> Any:
    name = str(option.name)
    note = _Note(name, context.get_parameter_source(name), value)
    context.meta.setdefault(_NOTES, []).append(note)
    return value


class Value(click.Option):
    """An option with a value, which notes all values that are given.

    An empty value is refused: an unset variable of a script must not lead to another stack.
    """

    def __init__(
        self,
        name: str,
        metavar: str,
        *,
        help: str,  # noqa: A002  (click's word)
        type: click.ParamType[Any] = click.STRING,  # noqa: A002
        default: object = None,
        complete: Completer | None = None,
    ) -> None:
        super().__init__(
            (name,),
            metavar=metavar,
            help=help,
            type=type,
            default=None if default is None else [default],
            show_default=default is not None,
            multiple=True,
            expose_value=False,
            callback=_note,
            envvar=_variable(name),
            show_envvar=True,
            allow_from_autoenv=False,
            shell_complete=complete,
        )

    def value_from_envvar(self, ctx: click.Context) -> Any:
        """Return None: the variable is read once it is known that no level gives a value."""

    def variable(self, context: click.Context) -> tuple[Any, ...]:
        """Return the value of the variable, whole. Raises UsageError if it is empty.

        click would split it, and treat an empty one as none.
        """
        said = os.environ.get(str(self.envvar))
        if said == "":
            raise click.UsageError(f"{self.envvar} is empty: give it a value, or unset it", context)
        return () if said is None else tuple(super().type_cast_value(context, (said,)))

    def type_cast_value(self, ctx: click.Context, value: Any) -> Any:
        """Convert a value as click does. Raises UsageError if it is empty."""
        if isinstance(value, Iterable) and "" in value:
            said = f"{self.opts[0]} is empty: give it a value, or leave it out"
            raise click.UsageError(said, ctx)
        return super().type_cast_value(ctx, value)


def _variable(name: str) -> str:
    return "PROVISION_" + name.removeprefix("--").replace("-", "_").upper()


def _complete_environments(context: click.Context, _: click.Parameter, begun: str) -> list[str]:
    """Return the environments of the file, for a shell."""
    try:
        known = outline_of(_one(context, _CONFIG)).environments
    except click.UsageError:  # the line is not finished yet
        return []
    return [name for name in known if name.startswith(begun)]


class Answering(click.Option):
    """An option that answers a question. It is never suggested for a misspelt one."""


def _flag(
    *names: str,
    help: str,  # noqa: A002  (click's word)
    count: bool = False,
    kind: type[click.Option] = click.Option,
) -> click.Option:
    return kind(
        names,
        is_flag=not count,
        count=count,
        help=help,
        expose_value=False,
        callback=_note,
        envvar=_variable(names[0]),
        show_envvar=True,
        allow_from_autoenv=False,
    )


_CONFIG = Value(
    "--config",
    "FILE",
    type=click.Path(path_type=Path),
    default=Path("config.yaml"),
    help="Configuration file.",
)
_ENV = Value(
    "--env",
    "NAME",
    help="Environment; default: the one in the file.",
    complete=_complete_environments,
)
_LOCAL = _flag("--local", help="Use the embedded emulator (--env local); no account needed.")
_REGION = Value("--region", "R", help="AWS region; default: the one in the file.")
_PROFILE = Value("--profile", "P", help="Profile from the AWS configuration.")
_STATE = Value(
    "--state",
    "DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="State directory; default: .provision/{environment} next to the configuration.",
)
_VERBOSE = _flag(
    "--verbose",
    "-v",
    count=True,
    help="Show each AWS call; plans show every field, status every node.",
)
_LOCAL_PORT = Value(
    "--local-port",
    "N",
    type=click.IntRange(1, 65535),
    help="The emulator's port on 127.0.0.1; default: its last one here, or a free one.",
)
_ALLOW_ENDPOINT = _flag(
    "--allow-endpoint",
    help="Allow sending real credentials to an endpoint that is neither AWS nor this machine.",
)
_ALLOW_OUTSIDE = _flag(
    "--allow-outside",
    kind=Answering,
    help="Allow sources outside the configuration's folder.",
)
_NEW_ENV = _flag(
    "--new-env",
    kind=Answering,
    help="Use an environment that the configuration does not list.",
)
_DEBUG = _flag("--debug", help="Show the traceback of an error.")

WHOLE_TOOL: Final[tuple[click.Option, ...]] = (
    _CONFIG,
    _ENV,
    _LOCAL,
    _REGION,
    _PROFILE,
    _STATE,
    _VERBOSE,
    _LOCAL_PORT,
    _ALLOW_ENDPOINT,
    _ALLOW_OUTSIDE,
    _NEW_ENV,
    _DEBUG,
)


def global_options_of(context: click.Context, call: Invocation) -> GlobalOptions:
    """Return what was given on all levels. Raises UsageError for contradictions."""
    return GlobalOptions(
        config=_one(context, _CONFIG),
        environment=_environment(context),
        region=_one(context, _REGION),
        profile=_one(context, _PROFILE),
        state=_one(context, _STATE),
        verbose=sum(_strongest(context, _VERBOSE).values),
        local_port=_one(context, _LOCAL_PORT),
        allow_endpoint=any(_strongest(context, _ALLOW_ENDPOINT).values),
        allow_outside=any(_strongest(context, _ALLOW_OUTSIDE).values),
        new_env=any(_strongest(context, _NEW_ENV).values),
        call=call,
    )


def refuse_stray_port(context: click.Context, options: GlobalOptions) -> None:
    """Raise UsageError if the emulator's port is typed for a command that calls AWS.

    The user meant the emulator.
    """
    typed = _strongest(context, _LOCAL_PORT)
    if typed.values and typed.rank == 0 and options.environment != LOCAL_ENVIRONMENT:
        raise click.UsageError(
            "--local-port is the emulator's: add --local, or leave it out", context
        )


def debugging(context: click.Context) -> bool:
    """Return whether errors are shown with their traceback."""
    return any(_strongest(context, _DEBUG).values)


def given(context: click.Context) -> tuple[tuple[str, ...], ...]:
    """Return the options on the command line that select this stack, each as it is typed."""
    words: list[tuple[str, ...]] = []
    for option in WHOLE_TOOL:
        said = _strongest(context, option)
        if said.rank or option in {_VERBOSE, _DEBUG}:
            continue
        name = option.opts[0]
        several = isinstance(option, Value)
        words += [(name, str(value)) for value in said.values[:1]] if several else [(name,)]
    return tuple(words)


def _strongest(context: click.Context, option: click.Option) -> _Given:
    """Return the values of an option from its strongest source: command line, variable, default."""
    notes = [note for note in context.meta.get(_NOTES, ()) if note.option == option.name]
    for rank, source in enumerate(_STRONGEST_FIRST):
        found = [note.value for note in notes if note.source is source]
        if isinstance(option, Value):
            found = [value for values in found for value in values]
            if source is ParameterSource.ENVIRONMENT:
                found = list(option.variable(context))
        if found:  # every level reads the same variable, and has the same default
            return _Given(rank, tuple(found[:1] if rank else found))
    return _Given(len(_STRONGEST_FIRST), ())


def _one(context: click.Context, option: click.Option) -> Any:
    """Return the value, or None. Raises UsageError if two different ones are given."""
    values = tuple(dict.fromkeys(_strongest(context, option).values))
    if len(values) > 1:
        listed = " and ".join(str(value) for value in values)
        raise click.UsageError(f"{option.opts[0]} is given twice, as {listed}: give one", context)
    return values[0] if values else None


def _environment(context: click.Context) -> str | None:
    """Return the name of the environment if one is given, also by `--local`.

    Raises UsageError if `--local` and `--env` contradict each other.
    """
    name: str | None = _one(context, _ENV)
    local = _strongest(context, _LOCAL)
    named = _strongest(context, _ENV).rank
    if not any(local.values) or (name is not None and named < local.rank):
        return name
    if name not in {None, LOCAL_ENVIRONMENT} and named == local.rank:
        raise click.UsageError(
            f"--local is short for --env {LOCAL_ENVIRONMENT}, and --env {name} names another"
            " environment: give one of the two",
            context,
        )
    return LOCAL_ENVIRONMENT
