"""Text for a terminal, a pipe or a log: harmless, and in characters that the stream can encode.

Names, keys, values and messages come from files, from AWS and from callers. A control character in
one of them could repaint a screen or start a new line in a log, so each is shown as an escape.
Characters that the stream's encoding lacks are replaced by ASCII. All output passes through here:
lines through `put`, rich's output through `views.formatting.Screen`.
"""

from __future__ import annotations

import codecs
import io
import os
import re
import sys
import unicodedata
from collections import Counter
from collections.abc import Set as AbstractSet
from functools import cache
from typing import Final, TextIO

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
"""ASCII replacements of the signs that we use, for encodings that lack them."""
_COMMAND: Final = re.compile(
    r"(?<!\S):(?=:)|:(?=:[a-z][a-z-]*(?:::|\s))|#(?=#[\w.-]{0,40}\[)", re.IGNORECASE
)
"""The first character of a command that a CI system reads from log lines.

GitHub reads `::name::` at the start of a line, in any case, and after `stop-commands` any name;
`##[` and Azure's `##vso[` count anywhere; TeamCity reads `##teamcity[`. A long line is wrapped, so
any word can start a line, and a long word is cut anywhere: so the escape is put between the two
signs."""
_LOGS: Final = frozenset({"CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"})
"""Environment variables that CI systems set."""
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
"""Invisible characters that Python calls printable: the rest of Unicode's
Default_Ignorable_Code_Point
(https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt), and blank signs."""
_SUBSTITUTE: Final = "provision.sanitizing.text"


def printable(text: str, encoding: str = "utf-8") -> str:
    """Return the text as one line that the encoding can show.

    Control characters (including line feeds and direction marks) and invisible characters become
    escapes; characters that the encoding lacks become ASCII signs or escapes. In a CI log, a
    backslash breaks commands to the CI system.
    """
    if not (text.isprintable() and (text.isascii() or _is_plain(text, encoding))):
        text = "".join(_shown(char, encoding) for char in text)
    if ("::" in text or "##" in text) and is_read_for_commands():
        text = _COMMAND.sub(r"\g<0>\\", text)
    return text


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Return both texts with escapes that show how they differ.

    If they would look alike, every non-ASCII character becomes an escape. Otherwise only those
    that do not occur equally often in both: a changed letter of another script could go unnoticed.
    """
    if one == other or (one.isascii() and other.isascii()):
        return one, other
    if _alike(one, other):
        return _in_ascii(one), _in_ascii(other)
    here, there = Counter(one), Counter(other)
    same = {char for char in here if here[char] == there[char]}
    return _in_ascii(one, same), _in_ascii(other, same)


def put(*lines: str, err: bool = False, end: str = "\n") -> None:
    """Write lines to stdout, or to stderr."""
    encoding = encoding_of(sys.stderr if err else sys.stdout)
    click.echo("\n".join(printable(line, encoding) for line in lines) + end, nl=False, err=err)


def put_document(text: str) -> None:
    """Write a JSON document to stdout.

    Its strings are ASCII, as `json.dumps` writes them. A sequence that a CI system would take for a
    command gets a JSON escape, so the document parses to the same value.
    """
    if is_read_for_commands():
        text = _COMMAND.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    click.echo(text)


def harden() -> None:
    """Make stdout and stderr accept every character from every writer.

    Click's help, warnings and tracebacks do not pass through `put`. Undecodable bytes on stdin are
    replaced, so they match no expected answer.
    """
    codecs.register_error(_SUBSTITUTE, _substitute)
    for stream, errors in (
        (sys.stdout, _SUBSTITUTE),
        (sys.stderr, _SUBSTITUTE),
        (sys.stdin, "replace"),
    ):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=errors)


def is_terminal(stream: TextIO | None) -> bool:
    """Return whether the stream is a terminal; a closed one (`>&-`) is none."""
    return stream is not None and stream.isatty()


def encoding_of(stream: object) -> str:
    """Return the stream's encoding, or UTF-8 if it has none."""
    return getattr(stream, "encoding", None) or "utf-8"


def _shown(char: str, encoding: str) -> str:
    if char.isprintable() and not _BLANK.match(char) and _has(encoding, char):
        return char
    return ASCII.get(char) or _escaped(char)


def _escaped(char: str) -> str:
    r"""Return the character as a Python escape: `\n`, `\x1b`, `\u202e`."""
    return char.encode("unicode_escape").decode("ascii")


def _in_ascii(text: str, but: AbstractSet[str] = frozenset()) -> str:
    return "".join(char if char.isascii() or char in but else _escaped(char) for char in text)


def _alike(one: str, other: str) -> bool:
    """Return whether the texts differ only in non-ASCII characters.

    Such as a letter of another script, an added mark or another encoding of the same letter.
    """
    if len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return all(a == b or not (a.isascii() and b.isascii()) for a, b in pairs)
    return _bare(one) == _bare(other) or _bare(_decomposed(one)) == _bare(_decomposed(other))


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def _bare(text: str) -> str:
    return "".join(filter(str.isascii, text))


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """Return an encoder's replacement for characters that it lacks, and where to continue."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(ASCII.get(char) or _escaped(char) for char in lacking), error.end


def _is_plain(text: str, encoding: str) -> bool:
    return _is_unicode(encoding) and not _BLANK.search(text)


@cache
def _is_unicode(encoding: str) -> bool:
    return encoding.lower().replace("_", "-").startswith("utf")


def _has(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


def is_read_for_commands() -> bool:
    return not _LOGS.isdisjoint(os.environ)
