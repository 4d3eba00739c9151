"""What is being done while there is nothing to show of it yet: a line with a spinner."""

from __future__ import annotations

import time

from rich.console import Console
from rich.text import Text

from provision.views.live_region import Region, spinner


class Busy:
    """A `Canvas`. Shows nothing where there is no terminal."""

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
