"""How text gets onto a console: fitted to a terminal's window, whole and unpadded elsewhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.text import Text

BOUNDLESS: Final = 1_000_000
"""Columns where there is no window: files, pipes and logs wrap nothing."""


def columns(console: Console) -> int:
    """How many characters fit on a line."""
    return console.width if console.is_terminal else BOUNDLESS


def in_window(width: int) -> bool:
    """Whether so many columns are of a terminal's window; a page may have taken some of them."""
    return width < BOUNDLESS // 2


def print_page(console: Console, page: RenderableType) -> None:
    """Print a page. Without a terminal each line stays one line, and no blanks follow it."""
    if console.is_terminal:
        console.print(page, crop=False)
        return
    options = console.options.update(width=BOUNDLESS)
    for line in console.render_lines(page, options, pad=False):
        text = "".join(segment.text for segment in line if not segment.control)
        console.print(Text(text.rstrip()), soft_wrap=True)


@dataclass(frozen=True)
class Hanging:
    """One line of text. Where it is wider than the page it goes on below, indented. One with a
    command in it is left to the terminal: copied from there, it is whole.
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
