"""Puts text onto a console: fitted to a terminal's window, elsewhere unwrapped and unpadded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

_WORDS: Final = re.compile(r"\s*(?:[^\s`]*`[^`]*`\S*|\S+)\s*|\s+")
BOUNDLESS: Final = 1_000_000
"""Columns if there is no window: files, pipes and logs are not wrapped."""


def columns(console: Console) -> int:
    """Return how many characters fit on a line."""
    return console.width if console.is_terminal else BOUNDLESS


def in_window(width: int) -> bool:
    """Return whether `width` is a terminal window's, even if a page has taken some columns."""
    return width < BOUNDLESS // 2


def print_page(console: Console, page: RenderableType) -> None:
    """Print a page.

    Without a terminal each line stays one line and has no trailing blanks.
    """
    if console.is_terminal:
        console.print(page, crop=False)
        return
    options = console.options.update(width=BOUNDLESS)
    for line in console.render_lines(page, options, pad=False):
        text = "".join(segment.text for segment in line if not segment.control)
        console.print(Text(text.rstrip()), soft_wrap=True)


_NARROW: Final = 20
"""The columns below which a line is not narrowed."""


def broken(text: Text, width: int, indent: str) -> list[Text]:
    """Return the lines of a text that has to fit, the further ones with `indent` before them.

    On a page of at most 20 columns nothing is indented.
    """
    indent = indent if width > _NARROW else ""
    if text.cell_len <= width:
        return [text]
    ends: list[int] = []
    lines: list[Text] = []
    at = 0
    for said in wrapped(text.plain, width, max(_NARROW, width - len(indent))):
        at = text.plain.index(said, at) + len(said)
        ends.append(at)
    for number, part in enumerate(text.divide(ends[:-1])):
        blanks = len(part.plain) - len(part.plain.lstrip()) if number else 0
        line = part[blanks:]
        line.rstrip()
        lines.append(Text(indent).append_text(line) if number else line)
    return lines


def wrapped(text: str, width: int, below: int = 0) -> list[str]:
    """Return the lines of a text, broken at blanks only: a longer word is a line of its own.

    A command in backticks is one word, so that it is copied whole. The blanks in a line stay as
    they are. Lines after the first have `below` columns, if given. Always returns a first line.
    """
    lines: list[str] = []
    line = ""
    for word in _WORDS.findall(text):
        if line and cell_len(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line, width = word.lstrip(), below or width
        else:
            line += word
    return [*lines, line.rstrip()]


@dataclass(frozen=True)
class Hanging:
    """A line of text that continues below, indented, if it is wider than the page.

    No command is broken: one that is wider than the page is left to the terminal to wrap.
    """

    text: Text
    indent: int = 6

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.text.cell_len <= options.max_width:
            yield self.text
            return
        for line in broken(self.text, options.max_width, " " * self.indent):
            line.no_wrap, line.overflow = True, "ignore"
            yield line
