"""Screens as SVG pictures, drawn by rich, and the texts of such a picture."""

from __future__ import annotations

import io
import re
from html import unescape

from rich.console import Console
from rich.text import Text

WIDTH = 96
PIECE = 8
"""So many characters of a secret in a row reveal it: a narrow column breaks it in pieces."""


def console(width: int = WIDTH) -> Console:
    """Return a console that records and shows nothing."""
    return Console(
        record=True, width=width, color_system="truecolor", file=io.StringIO(), highlight=False
    )


def drawn(terminal: str, title: str = "", width: int = WIDTH) -> str:
    """Return the picture of a command's output on a terminal."""
    return picture(Text.from_ansi(terminal), title, width)


def picture(text: Text, title: str, width: int = WIDTH) -> str:
    """Return the picture of a window with this text."""
    screen = console(width)
    screen.print(text)
    return screen.export_svg(title=title)


def shown(picture: str) -> list[str]:
    """Return the picture's texts, a line for each span, unescaped and with plain blanks."""
    texts = re.findall(r"<text\b[^>]*>(.*?)</text>", picture, re.DOTALL)
    return [unescape(text).replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def betrays(picture: str, secret: str) -> bool:
    """Return whether a piece of the secret can be read in it, across spans and lines."""
    text = _solid("".join(shown(picture)))
    whole = _solid(secret)
    starts = range(max(len(whole) - PIECE, 0) + 1)
    return any(whole[start : start + PIECE] in text for start in starts)


def _solid(text: str) -> str:
    """Return the text without blanks: a picture adds some at the end of lines."""
    return "".join(text.split())
