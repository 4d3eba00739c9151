"""Text on its way out, to a terminal, a pipe or a log: harmless, and in characters it can show.

Names, keys, values and messages come from files, from AWS and from callers. A control character in
one of them could repaint a screen or begin a line of its own in a log, so each is shown as an
escape. Characters that the stream's encoding lacks are replaced by ASCII. All output passes here:
lines through `put`, rich's through `screens.words.Screen`.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
from functools import cache
from typing import Final

import click

ASCII: Final = {
    "→": "->",
    "←": "<-",
    "…": "...",
    "✓": "+",
    "✗": "x",
    "≠": "#",
    "±": "%",
    "·": ".",
    "▲": "^",
    "◆": "*",
    "▼": "v",
    "○": "o",
    "§": "section ",
    **dict(zip("▁▂▃▄▅▆▇█", "_.-:=+*#", strict=True)),
    **dict(zip("⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\|/-\\|/", strict=True)),  # rich's spinner
}
"""What stands for our own signs where the encoding lacks them."""
_COMMAND: Final = re.compile(r"(?<!\S)::(?=[a-z])|##(?=\[|vso\[)")
"""How GitHub and Azure are told something by a line of a log. A long line may be wrapped, so that
any word of it can be the first of a line."""
_SUBSTITUTE: Final = "provision.printable"


def printable(text: str, encoding: str = "utf-8") -> str:
    """The text as one line: no control character, line feeds and marks of direction included, and
    no character that the encoding lacks."""
    if not text.isprintable() or not (text.isascii() or _is_unicode(encoding)):
        text = "".join(_shown(char, encoding) for char in text)
    if ("::" in text or "##" in text) and _is_read_for_commands():
        text = _COMMAND.sub(lambda found: f"\\{found[0]}", text)
    return text


def put(*lines: str, err: bool = False, end: str = "\n") -> None:
    """Write lines to stdout, or to stderr."""
    encoding = encoding_of(sys.stderr if err else sys.stdout)
    click.echo("\n".join(printable(line, encoding) for line in lines) + end, nl=False, err=err)


def put_document(text: str) -> None:
    """Write a JSON document to stdout. Its strings are ASCII by the rules of JSON; what the log of
    a CI would obey is spelled with an escape of JSON's, so that it reads the same."""
    if _is_read_for_commands():
        text = _COMMAND.sub(lambda found: f"\\u{ord(found[0][0]):04x}{found[0][1:]}", text)
    click.echo(text)


def harden() -> None:
    """Let stdout and stderr take every character, from whatever writes to them: click's help, a
    warning, a traceback. What is typed may be no text either; it is then no answer."""
    codecs.register_error(_SUBSTITUTE, _substitute)
    for stream, errors in (
        (sys.stdout, _SUBSTITUTE),
        (sys.stderr, _SUBSTITUTE),
        (sys.stdin, "replace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def encoding_of(stream: object) -> str:
    """The stream's encoding; UTF-8 for one that has none."""
    return getattr(stream, "encoding", None) or "utf-8"


def _shown(char: str, encoding: str) -> str:
    if char.isprintable() and _has(encoding, char):
        return char
    return ASCII.get(char) or _escaped(char)


def _escaped(char: str) -> str:
    r"""As Python writes it: `\n`, `\x1b`, `\u202e`."""
    return char.encode("unicode_escape").decode("ascii")


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """What an encoder writes in the place of what it lacks."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(ASCII.get(char) or _escaped(char) for char in lacking), error.end


@cache
def _is_unicode(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith("utf")


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def _is_read_for_commands() -> bool:
    return "GITHUB_ACTIONS" in os.environ or "TF_BUILD" in os.environ
