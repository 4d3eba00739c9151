"""A command line, parsed by the real click commands and not run."""

from __future__ import annotations

import re
import shlex
from contextlib import chdir, redirect_stdout
from dataclasses import dataclass
from io import StringIO
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from unittest.mock import patch

import click

from provision.cli import cli
from provision.cli.command_classes import Verb
from provision.cli.global_options import GlobalOptions, global_options_of
from provision.commands.invocation import Invocation

STAND_IN = "1"
"""Replaces a word in capitals, or a part known only at run time: a number, a name or a file."""
CALL = Invocation(program="provision")


@dataclass(frozen=True)
class Line:
    """A parsed line; `verb` is empty if it only asks for help."""

    verb: tuple[str, ...]
    settings: GlobalOptions | None
    options: dict[str, object]


def understood(words: list[str]) -> Line:
    """Parse a command line; raise click's `UsageError` if it is refused."""
    found: list[Line] = []

    def keep(_: Verb, context: click.Context) -> None:
        verb = tuple(context.command_path.split()[1:])
        found.append(Line(verb, global_options_of(context, CALL), context.params))

    with patch.object(Verb, "invoke", keep), TemporaryDirectory() as folder, chdir(folder):
        for verb, plan in pairwise(words):
            if verb == "up" and re.fullmatch(r"\w[\w. -]*", plan):
                Path(plan).touch()  # `up` takes a plan that is there
        with redirect_stdout(StringIO()):
            cli.main(words, prog_name="provision", standalone_mode=False, obj=CALL)
    return found[0] if found else Line((), None, {})


def refusals(command: str) -> list[str]:
    """Return why the program refuses a line as it is written, or nothing if it accepts it.

    The line may have placeholders: NODE, [FILE], N..., `list|rotate`. A group of commands may be
    named alone.
    """
    told = []
    for words in _spelt_out(shlex.split(command)[1:]):
        try:
            understood(words)
        except click.exceptions.NoArgsIsHelpError:
            continue
        except click.UsageError as error:
            told.append(f"`{shlex.join(['provision', *words])}`: {error.format_message()}")
    return told


def _spelt_out(words: list[str]) -> list[list[str]]:
    """Return each line that one with alternatives means, with values for placeholders."""
    lines: list[list[str]] = [[]]
    for word in words:
        bare = word.strip("[]").removesuffix("...").strip("[]")
        if bare in {"", "…"}:
            continue
        choices = ["1" if re.fullmatch(r"[A-Z_]+", each) else each for each in bare.split("|")]
        lines = [[*line, choice] for line in lines for choice in choices]
    return [_with_names(line) for line in lines]


def _with_names(line: list[str]) -> list[str]:
    """Return the line with a name: in a list, `keys rotate` means `keys rotate NAME`."""
    named = line[:1] == ["keys"] and line[1:2] != ["list"] and len(line) == 2
    return [*line, STAND_IN] if named else line
