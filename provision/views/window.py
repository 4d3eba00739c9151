"""Draws a picture that fills the window, again whenever the window changes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.live import Live
from rich.segment import Segment
from rich.text import Text

from provision.views.console import columns, print_page
from provision.views.live_region import SHOW_CURSOR, in_foreground

LEAVE: Final = f"\x1b[?1049l{SHOW_CURSOR}"
"""The sequence that shows the screen as it was before."""

Picture = Callable[[int, int | None], RenderableType]
"""A function that draws for so many columns and lines; None: as many lines as needed."""


class Window:
    """A `Canvas` on a terminal's alternate screen, with its last line for messages.

    Without a terminal each picture is printed below the one before.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live: Live | None = None
        self._picture: Picture | None = None
        self._said = ""
        self._size = (0, 0)
        """Columns and lines of the window when it was last drawn."""

    def open(self) -> None:
        if self._console.is_interactive and in_foreground(self._console.file):
            self._live = Live(console=self._console, screen=True, auto_refresh=False)
            self._live.start()
            self._draw()

    def show(self, picture: Picture) -> None:
        """Show this picture from now on."""
        self._picture, self._said = picture, ""
        if self._live:
            self._draw()
        else:
            print_page(self._console, picture(columns(self._console), None))

    def say(self, words: str) -> None:
        if self._live:
            self._said = words
            self._draw()
        else:
            self._console.print(Text(words, style="dim"), soft_wrap=True)

    def frame(self) -> None:
        if self._live and self._size != self._console.size:
            self._draw()

    def _draw(self) -> None:
        width, height = self._size = self._console.size
        picture = self._picture(width, height - 1) if self._picture else Text()
        said = Text(" ".join(self._said.split()), style="dim")
        if self._live:
            self._live.update(_Filled(picture, said), refresh=True)

    def close(self) -> None:
        if self._live:
            live, self._live = self._live, None
            live.stop()

    @property
    def restoring(self) -> str:
        return LEAVE if self._live else ""


@dataclass(frozen=True)
class _Filled:
    """A picture, cut or padded to the window's height, and a last line."""

    picture: RenderableType
    last: Text

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        width, height = options.size
        lines = console.render_lines(self.picture, options.update(height=None), pad=False)
        for line in Segment.set_shape(lines, width, height - 1):
            yield from line
            yield Segment.line()
        self.last.truncate(max(1, width - 1), overflow="ellipsis")
        self.last.end = ""
        yield self.last
