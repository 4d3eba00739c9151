"""Screens as pictures: rich draws them as SVG; what such a picture shows, read back."""

from __future__ import annotations

import io
import re
from html import unescape

from rich.console import Console
from rich.text import Text

WIDTH = 96
PIECE = 8
"""So many characters of a secret in a row betray it: a narrow column breaks it in pieces."""


def console(width: int = WIDTH) -> Console:
    """Records what is drawn on it and shows nothing."""
    return Console(
        record=True, width=width, color_system="truecolor", file=io.StringIO(), highlight=False
    )


def drawn(terminal: str, title: str = "", width: int = WIDTH) -> str:
    """The picture of what a command wrote on a terminal."""
    return picture(Text.from_ansi(terminal), title, width)


def picture(text: Text, title: str, width: int = WIDTH) -> str:
    """The picture of a window that shows this."""
    screen = console(width)
    screen.print(text)
    return screen.export_svg(title=title)


def shown(picture: str) -> list[str]:
    """Its texts, a span each, unescaped and with plain blanks."""
    texts = re.findall(r"<text\b[^>]*>(.*?)</text>", picture, re.DOTALL)
    return [unescape(text).replace("\N{NO-BREAK SPACE}", " ") for text in texts]


def betrays(picture: str, secret: str) -> bool:
    """Whether a piece of the secret is to be read in it, over the ends of spans and lines."""
    text = _solid("".join(shown(picture)))
    whole = _solid(secret)
    starts = range(max(len(whole) - PIECE, 0) + 1)
    return any(whole[start : start + PIECE] in text for start in starts)


def _solid(text: str) -> str:
    """Without blanks: a picture has some of its own at the end of lines."""
    return "".join(text.split())
