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
import unicodedata
from collections import Counter
from collections.abc import Set as AbstractSet
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
_COMMAND: Final = re.compile(
    r"(?<!\S):(?=:)|:(?=:[a-z][a-z-]*(?:::|\s))|#(?=#[\w.-]{0,40}\[)", re.IGNORECASE
)
"""The first sign of what tells a CI something by a line of its log: GitHub `::name::` where a line
begins, in any case, after `stop-commands` with a name that anybody chose; `##[` and Azure's
`##vso[` wherever they stand; TeamCity `##teamcity[`. A long line is wrapped, so that any word can
be the first of one, and a long word is cut anywhere: hence the escape goes between the two."""
_LOGS: Final = frozenset({"CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION"})
"""What a CI sets in the environment of what it runs."""
_BLANK: Final = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    "\U00013441\U00013442\U00016fe4\U0001d159\U000e0100-\U000e01ef]"
)
"""What Python calls printable and nobody sees: the rest of Unicode's Default_Ignorable_Code_Point
(https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt), and blank signs."""
_SUBSTITUTE: Final = "provision.output.text"


def printable(text: str, encoding: str = "utf-8") -> str:
    """The text as one line: no control character, line feeds and marks of direction included, none
    that nobody sees, and no character that the encoding lacks."""
    if not (text.isprintable() and (text.isascii() or _is_plain(text, encoding))):
        text = "".join(_shown(char, encoding) for char in text)
    if ("::" in text or "##" in text) and _is_read_for_commands():
        text = _COMMAND.sub(r"\g<0>\\", text)
    return text


def told_apart(one: str, other: str) -> tuple[str, str]:
    """Two texts, of which every character beyond ASCII is an escape where else they look alike; in
    others those that one of them has more often: a letter of another script hides in a change."""
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
    """Write a JSON document to stdout. Its strings are ASCII by the rules of JSON; what the log of
    a CI would obey is spelled with an escape of JSON's, so that it reads the same."""
    if _is_read_for_commands():
        text = _COMMAND.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
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
    if char.isprintable() and not _BLANK.match(char) and _has(encoding, char):
        return char
    return ASCII.get(char) or _escaped(char)


def _escaped(char: str) -> str:
    r"""As Python writes it: `\n`, `\x1b`, `\u202e`."""
    return char.encode("unicode_escape").decode("ascii")


def _in_ascii(text: str, but: AbstractSet[str] = frozenset()) -> str:
    return "".join(char if char.isascii() or char in but else _escaped(char) for char in text)


def _alike(one: str, other: str) -> bool:
    """Whether the texts differ only where one of them is beyond ASCII: a letter of another script,
    a mark that is added, another spelling of the same letter."""
    if len(one) == len(other):
        pairs = zip(one, other, strict=True)
        return all(a == b or not (a.isascii() and b.isascii()) for a, b in pairs)
    return _bare(one) == _bare(other) or _bare(_decomposed(one)) == _bare(_decomposed(other))


def _decomposed(text: str) -> str:
    return unicodedata.normalize("NFKD", text)


def _bare(text: str) -> str:
    return "".join(filter(str.isascii, text))


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """What an encoder writes in the place of what it lacks."""
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


def _is_read_for_commands() -> bool:
    return not _LOGS.isdisjoint(os.environ)
