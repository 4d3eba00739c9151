"""Shows a line with a spinner while there is nothing else to show yet."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text

from provision.views.live_region import Region, spinner


class Busy:
    """A `Canvas` with one line and a spinner. Shows nothing without a terminal."""

    def __init__(self, console: Console, words: str) -> None:
        self._region = Region(console)
        self._words = words

    def open(self) -> None:
        self._region.open()
        self.frame()

    def say(self, words: str) -> None:
        self._region.print(Text(words, style="dim"))

    def frame(self) -> None:
        sign = Text(spinner(time.monotonic()), style="green")
        self._region.draw([sign.append(f" {self._words}", style="default")])

    def close(self) -> None:
        self._region.close()

    @property
    def restoring(self) -> str:
        return self._region.restoring
