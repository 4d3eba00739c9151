"""One call of `provision`: its words, and how it ends when no command could finish it."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from provision.commands.stopping import Stopping
from provision.errors import (
    Interrupted,
    NothingDone,
    NotPermitted,
    PartlyDone,
    ProvisionError,
)
from provision.printable import encoding_of, printable, put

_COMMAND: Final = re.compile(
    r"(?<![/\w])provision"
    r" ((?:up|plan|status|down|outputs|push|refresh|keys \w+|policy \w+|config \w+)\b)"
)
WRITING = frozenset({"up", "push", "down", "keys"})
"""What goes on from where it was interrupted."""


@dataclass
class Invocation:
    """`verb` and `as_json` are known once the command line is understood."""

    words: tuple[str, ...] = ()
    program: str = "provision"
    verb: str = ""
    as_json: bool = False
    debug: bool = False
    given: tuple[tuple[str, ...], ...] = ()
    """The options on the command line that lead to this stack, each as it is typed."""
    answered: bool = False
    """Whether the one JSON document is on stdout."""
    stopping: Stopping = field(init=False)

    def __post_init__(self) -> None:
        self.as_json = "--json" in self.words
        self.stopping = Stopping(tell=say, leave=self.leave)

    @property
    def again(self) -> str:
        """What to type to run the same once more."""
        return f"{self.program} {shlex.join(self.words)}".strip()

    def beside(self, *words: str) -> str:
        """What to type for another command on the same stack."""
        return f"{self.program} {shlex.join((*words, *chain.from_iterable(self.given)))}"

    def as_typed(self, words: str) -> str:
        """The words of a hint, where it names a command, with the options that lead to this stack:
        steps do not know them.
        """
        return _COMMAND.sub(lambda found: self.beside(*shlex.split(found[1])), words)

    def interrupted(self) -> Interrupted:
        """What a signal comes to."""
        resumes = self.verb in WRITING
        return Interrupted(
            "interrupted; what had begun is in the journal" if resumes else "interrupted",
            hint=f"`{self.again}` goes on from here" if resumes else "",
        )

    def fail(self, error: ProvisionError) -> int:
        """Tell an error that ended the command; its exit code."""
        if isinstance(error, Interrupted):
            error = self.interrupted()
            say(_farewell(error))
        else:
            plain = error.more or isinstance(error, PartlyDone | NotPermitted | NothingDone)
            put(error.message if plain else f"Error: {error.message}", *error.more, err=True)
            if error.hint:
                say(f"  → {self.as_typed(error.hint)}")
        if self.as_json and not self.answered:
            self.answer(error_document(error))
        return error.exit_code

    def answer(self, text: str) -> None:
        """Print the one document."""
        self.answered = True
        put(*text.split("\n"))

    def leave(self) -> None:
        """End the process now, from a signal handler or another thread: no buffer is touched."""
        error = self.interrupted()
        if sys.stdout.isatty() and self.verb == "status":
            os.write(1, b"\x1b[?1049l\x1b[?25h")  # the screen as it was before --watch
        cursor = "\x1b[?25h" if sys.stderr.isatty() else ""
        words = printable(_farewell(error), encoding_of(sys.stderr))
        os.write(2, f"{cursor}\n{words}\n".encode(encoding_of(sys.stderr)))
        if self.as_json and not self.answered:
            os.write(1, f"{error_document(error)}\n".encode())
        os._exit(error.exit_code)


def error_document(error: ProvisionError) -> str:
    """The document of a command that could not even look."""
    return json.dumps({"schema": 1, "error": error.document}, indent=2)


def say(text: str) -> None:
    """A line on stderr."""
    put(text, err=True)


def _farewell(error: Interrupted) -> str:
    return f"Interrupted. {error.hint}." if error.hint else "Interrupted."
