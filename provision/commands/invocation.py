"""Describes one call of `provision`: its words, and how it ends if no command finished it."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Final

from provision.commands.signals import StopSignals
from provision.commands.terminal import Terminal
from provision.errors import (
    Interrupted,
    NothingDone,
    NotPermitted,
    PartialFailure,
    ProvisionError,
)
from provision.sanitizing.text import encoding_of, printable, put, put_document
from provision.views.error_lines import with_code
from provision.views.json_head import error_document

_COMMAND: Final = re.compile(r"`((?:provision|aws) [^`]+)`")
"""A command in a text, as the whole project writes one: in backticks, by the program's own name."""
_AWS: Final = re.compile(r"(^|\$\(|&& )aws (?!configure list-profiles)")
_ENVIRONMENT: Final = frozenset({"--env", "--local", "--new-env"})
_TO_EMULATOR: Final = frozenset({"--config", "--state", "--local-port"})
"""Options that lead to a folder's emulator, independent of the stack in it."""
RESUMABLE = frozenset({"up", "push", "down", "keys"})
"""Commands that continue from where they were interrupted."""


def called() -> str:
    """Return how the user called the program, by its path or its name, to be typed again."""
    path = sys.argv[0]
    if Path(path).name == "__main__.py":
        return f"{shlex.quote(sys.orig_argv[0])} -m provision"
    by_name = shutil.which("provision")
    found = by_name is not None and Path(by_name).resolve() == Path(path).resolve()
    return "provision" if found or not path else shlex.quote(path)


@dataclass
class Invocation:
    """A call of the program. `verb` and `as_json` are known once the command line is parsed."""

    words: tuple[str, ...] = ()
    program: str = field(default_factory=called)
    verb: str = ""
    as_json: bool = False
    debug: bool = False
    given: tuple[tuple[str, ...], ...] = ()
    """The options on the command line that select this stack, each as it is typed."""
    aws: str = "aws"
    """How to call the AWS CLI so that it reaches the same account or emulator."""
    replan_command: str = ""
    """The command that saves the applied plan again. A partly applied plan is stale and would be
    refused."""
    answered: bool = False
    """Whether the one JSON document is on stdout."""
    report: Callable[[Interrupted], Sequence[str]] | None = None
    """A function for the results until now, as stdout has them, for an end in the middle.

    It is called while all else still runs, must not print, and with --json returns the document."""
    terminal: Terminal = field(default_factory=Terminal)
    stopping: StopSignals = field(init=False)

    def __post_init__(self) -> None:
        self.as_json = "--json" in self.words
        self.stopping = StopSignals(tell=say, leave=self.exit_now, suspend=self.terminal.suspend)

    @property
    def rerun_command(self) -> str:
        """The command line that runs the same once more."""
        return f"{self.program} {shlex.join(self.words)}".strip()

    @property
    def resume_advice(self) -> str:
        """The advice after a partial failure: how to continue once its cause is removed."""
        if self.replan_command:
            return f"save a plan of what is missing: `{self.replan_command}`"
        return f"run `{self.rerun_command}` again: it does only what is missing"

    def command(self, *words: str) -> str:
        """Return the command line of another command on the same stack.

        The options given for this one follow, except those that the words give themselves; none
        do for `init`, since there is no stack yet.
        """
        leads = [each for each in self.given if words[0] != "local" or each[0] in _TO_EMULATOR]
        if words[0] == "init":
            leads = []
        more = chain.from_iterable(each for each in leads if not _says(words, each[0]))
        return f"{self.program} {shlex.join((*words, *more))}"

    def expand_hint(self, text: str) -> str:
        """Return the text with pasteable commands. Doing so twice changes nothing.

        Steps and the engine know neither how the program was called nor with which options.
        """
        return _COMMAND.sub(lambda found: f"`{self.pasteable(found[1])}`", text)

    def pasteable(self, command: str) -> str:
        """Return a command of this program or of the AWS CLI so that it can be pasted."""
        name, _, rest = command.partition(" ")
        if not name:
            return ""
        if name == "aws":
            done = command.startswith(f"{self.aws} ")
            return command if done else _AWS.sub(lambda at: f"{at[1]}{self.aws} ", command)
        try:
            return self.command(*shlex.split(rest))
        except ValueError:  # a name with a backtick or half a quote in it
            return command

    def word(self, error: ProvisionError) -> ProvisionError:
        """Return the error with pasteable commands in its message, lines and hint."""
        return error.reworded(
            message=self.expand_hint(error.message),
            more=[self.expand_hint(line) for line in error.more],
            hint=self.expand_hint(error.hint),
        )

    def interrupted(self) -> Interrupted:
        """Return the error that a signal leads to, with how to continue."""
        resumes = self.verb in RESUMABLE
        further = f"`{self.rerun_command}` continues from here"
        if self.replan_command:
            further = f"`{self.replan_command}` saves a plan of what is missing"
        return Interrupted(
            "interrupted; what was in progress is in the journal" if resumes else "interrupted",
            hint=further if resumes else "",
        )

    def fail(self, error: ProvisionError) -> int:
        """Print an error that ended the command, and return its exit code."""
        if isinstance(error, Interrupted):
            error = self.interrupted()
            with suppress(OSError):
                os.write(2, self.terminal.fresh_line(self.stopping.asked_at).encode())
            say(_farewell(error))
        else:
            error = self.word(error)
            plain = error.more or isinstance(error, PartialFailure | NotPermitted | NothingDone)
            first = error.message if plain else f"Error: {error.message}"
            put(*with_code(error.code, first, *error.more), err=True)
            if error.hint:
                say(f"  → {error.hint}")
        if self.as_json and not self.answered:
            self.answer(error_document(error))
        return error.exit_code

    def answer(self, text: str) -> None:
        """Print the one document."""
        self.answered = True
        put_document(text)

    def exit_now(self) -> None:
        """Print what was done and a farewell in the middle of anything, from another thread.

        No buffer is touched.
        """
        error = self.interrupted()
        words = printable(_farewell(error), encoding_of(sys.stderr))
        before = self.terminal.fresh_line(self.stopping.asked_at)
        with suppress(OSError):
            _write(2, before.encode())
        try:
            with suppress(OSError):
                self._report_now(error)
        finally:
            with suppress(OSError):
                _write(2, f"{words}\n".encode(encoding_of(sys.stderr)))

    def _report_now(self, error: Interrupted) -> None:
        if self.answered:
            return
        if self.report and not self.as_json:
            encoding = encoding_of(sys.stdout)
            lines = [printable(line, encoding) for line in self.report(error)]
            _write(1, "".join(f"{line}\n" for line in lines).encode(encoding))
        elif self.as_json:
            document = "\n".join(self.report(error)) if self.report else error_document(error)
            _write(1, f"{document}\n".encode())


def _write(stream: int, content: bytes) -> None:
    """Write all of it, without a buffer."""
    while content:
        content = content[os.write(stream, content) :]


def _says(words: Sequence[str], name: str) -> bool:
    """Return whether the words give the option themselves. `--local` is an environment too."""
    names = {name, "--env", "--local"} if name in _ENVIRONMENT else {name}
    return any(word.partition("=")[0] in names for word in words)


def say(text: str) -> None:
    """Print a line on stderr."""
    put(text, err=True)


def _farewell(error: Interrupted) -> str:
    return f"Interrupted. {error.hint}." if error.hint else "Interrupted."
