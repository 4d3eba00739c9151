"""Defines the click classes of all commands; each also takes the options of the whole tool."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from difflib import get_close_matches

import click

from provision.cli.environment_variables import misspelt_variables
from provision.cli.global_options import WHOLE_TOOL, Answering, debugging, given, global_options_of
from provision.commands.invocation import Invocation
from provision.sanitizing.text import put


class Verb(click.Command):
    """One command. It begins when the options of all levels are known."""

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options of the command and those of the whole tool."""
        return [*WHOLE_TOOL, *super().get_params(ctx)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, with suggestions that are safe to follow."""
        with _safe_suggestions(self.get_params(ctx)):
            return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the command's options with their help, the whole tool's in a line or two."""
        _write_options(super().get_params(ctx), ctx, formatter)
        _write_whole_tool(ctx, formatter)

    def invoke(self, ctx: click.Context) -> object:
        """Evaluate the options, then run the command.

        Ctrl-C becomes click.Abort here: click itself would print an empty line, regardless of the
        screen.
        """
        call: Invocation = ctx.obj
        options = global_options_of(ctx, call)
        call.given, call.debug = given(ctx), debugging(ctx)
        call.verb = _first_word(ctx)
        if options.profile:
            call.aws = f"aws --profile {shlex.quote(options.profile)}"
        for line in misspelt_variables(ctx.find_root(), os.environ):
            put(line, err=True)
        ctx.obj = options
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            raise click.Abort from None


class Verbs(click.Group):
    """A group of commands, listed as they were added, the most used first."""

    command_class = Verb

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  (click's signature)
        """Return the commands in the order in which they were added, not by the alphabet."""
        return list(self.commands)

    def get_params(self, ctx: click.Context) -> list[click.Parameter]:
        """Return the options of the group and those of the whole tool."""
        return [*WHOLE_TOOL, *super().get_params(ctx)]

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse as click does, with suggestions that are safe to follow."""
        with _safe_suggestions(self.get_params(ctx)):
            return super().parse_args(ctx, args)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write all options with their help for the tool itself, where users look them up.

        Below it, write them as `Verb` does.
        """
        if ctx.parent is None:
            _write_options(self.get_params(ctx), ctx, formatter)
        else:
            _write_options(super().get_params(ctx), ctx, formatter)
            _write_whole_tool(ctx, formatter)
        self.format_commands(ctx, formatter)


def _first_word(context: click.Context) -> str:
    """Return the first word of the command: `keys` of `provision keys list`."""
    while context.parent and context.parent.parent:
        context = context.parent
    return context.info_name or ""


@contextmanager
def _safe_suggestions(params: Sequence[click.Parameter]) -> Iterator[None]:
    """Leave options that answer a question out of click's suggestions.

    A misspelt option must not lead the user to answer a question that was not asked yet.
    """
    try:
        yield
    except click.NoSuchOption as error:
        answers = {name for param in params if isinstance(param, Answering) for name in param.opts}
        safe = [name for name in _alike(error) if name not in answers]
        raise click.NoSuchOption(error.option_name, possibilities=safe, ctx=error.ctx) from None


def _alike(error: click.NoSuchOption) -> Iterator[str]:
    """Yield similar options. Dashes are left out, as they alone would make short words similar."""
    typed = error.option_name.lstrip("-")
    for name in error.possibilities or ():
        if get_close_matches(typed, [name.lstrip("-")], 1):
            yield name


def _write_options(
    params: Sequence[click.Parameter], ctx: click.Context, formatter: click.HelpFormatter
) -> None:
    options = (param for param in params if isinstance(param, click.Option))
    records = [option.get_help_record(ctx) for option in options]
    with formatter.section("Options"):
        formatter.write_dl([record for record in records if record])


def _write_whole_tool(ctx: click.Context, formatter: click.HelpFormatter) -> None:
    tool = ctx.find_root().command_path
    words = [" ".join(filter(None, (option.opts[-1], option.metavar))) for option in WHOLE_TOOL]
    with formatter.section(f"Options of the whole tool, explained by `{tool} --help`"):
        formatter.write_text(", ".join(words))
