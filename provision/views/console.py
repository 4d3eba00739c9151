"""Puts text onto a console: fitted to a terminal's window, elsewhere unwrapped and unpadded."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

_WORDS: Final = re.compile(r"\s*\S+\s*|\s+")
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


def wrapped(text: str, width: int) -> list[str]:
    """Return the lines of a text, broken at blanks only: a longer word is a line of its own.

    The blanks in a line stay as they are. Always returns a first line.
    """
    lines: list[str] = []
    line = ""
    for word in _WORDS.findall(text):
        if line and cell_len(line + word.rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += word
    return [*lines, line.rstrip()]


@dataclass(frozen=True)
class Hanging:
    """A line of text that continues below, indented, if it is wider than the page.

    A line with a command in it is left to the terminal to wrap, so that it is copied whole.
    """

    text: Text
    indent: int = 6

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.text.cell_len <= options.max_width:
            yield self.text
            return
        if "`" in self.text.plain:
            whole = self.text.copy()
            whole.no_wrap, whole.overflow = True, "ignore"
            yield whole
            return
        wrapped = self.text.wrap(console, max(20, options.max_width - self.indent))
        for number, line in enumerate(wrapped):
            line.rstrip()
            yield Text(" " * self.indent if number else "").append_text(line)
