"""A command line, understood by the real click commands and not run."""

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
"""For a word in capitals, or a part that is known at run time only: a number, a name and a file."""
CALL = Invocation(program="provision")


@dataclass(frozen=True)
class Line:
    """What a line means. `verb` is empty for one that only asks for help."""

    verb: tuple[str, ...]
    settings: GlobalOptions | None
    options: dict[str, object]


def understood(words: list[str]) -> Line:
    """Raises click's `UsageError` for what the command line refuses."""
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
    """Why the program does not take a line as it is written, with placeholders in it: NODE, [FILE],
    N..., `list|rotate`. Nothing where it does. A group of commands may be named alone.
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
    """Each of the lines that one with alternatives stands for, with stand-ins for placeholders."""
    lines: list[list[str]] = [[]]
    for word in words:
        bare = word.strip("[]").removesuffix("...").strip("[]")
        if bare in {"", "…"}:
            continue
        choices = ["1" if re.fullmatch(r"[A-Z_]+", each) else each for each in bare.split("|")]
        lines = [[*line, choice] for line in lines for choice in choices]
    return [_with_names(line) for line in lines]


def _with_names(line: list[str]) -> list[str]:
    """`keys rotate` in a list of commands stands for `keys rotate NAME`."""
    named = line[:1] == ["keys"] and line[1:2] != ["list"] and len(line) == 2
    return [*line, STAND_IN] if named else line
