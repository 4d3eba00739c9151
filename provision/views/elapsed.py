"""Shows a line with a spinner, words that may change, and the seconds since it began."""

from __future__ import annotations

import time
from collections.abc import Callable

from rich.console import Console
from rich.text import Text

from provision.views.formatting import seconds
from provision.views.live_region import Region, spinner


class Elapsed:
    """A `Canvas` with one line. `words` is called for each picture; nothing without a terminal."""

    def __init__(self, console: Console, words: Callable[[], str]) -> None:
        self._region = Region(console)
        self._words = words
        self._began = time.monotonic()

    def open(self) -> None:
        self._region.open()
        self.frame()

    def say(self, words: str) -> None:
        self._region.print(Text(words, style="dim"))

    def frame(self) -> None:
        now = time.monotonic()
        sign = Text(spinner(now), style="green")
        words = f" {self._words()}, {seconds(now - self._began)}"
        self._region.draw([sign.append(words, style="default")])

    def close(self) -> None:
        self._region.close()

    @property
    def restoring(self) -> str:
        return self._region.restoring
