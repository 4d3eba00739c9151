"""What happens while `up` and `down` work: live on a terminal, one plain line a transition
elsewhere.

One thread draws; all others only put events into a queue. rich holds a lock of its own while it
draws, so whoever waited for a lock of ours meanwhile could wait for ever: there is none.
"""

from __future__ import annotations

import queue
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from provision.judge import Moment
from provision.screens.words import SIGNS, seconds, shortened

HEARTBEAT: Final = 30.0
"""Seconds between two lines about the same wait where there is no terminal."""
FRAME: Final = 0.1
"""Seconds between two pictures of the live screen."""
MOST_RUNNING: Final = 12
"""Nodes at work that are listed at most; fewer where the window is low."""


@dataclass(frozen=True)
class _Event:
    """What a worker reports; `at` is when it did, whenever it is drawn."""

    node: str
    moment: Moment
    words: str
    at: float


@dataclass(frozen=True)
class _Line:
    """A line for the user that is about no node."""

    words: str


@dataclass
class _Running:
    """A node being worked on."""

    action: str
    since: float
    words: str = ""
    told: float = 0.0


class Progress:
    """Receives the engine's reports from every worker. Use as a context manager."""

    def __init__(self, console: Console, total: int) -> None:
        self._screen = _Screen(console, total)
        self._events: queue.SimpleQueue[_Event | _Line | None] = queue.SimpleQueue()
        self._drawing = threading.Thread(target=self._draw, name="progress", daemon=True)
        self._failure: Exception | None = None

    def __enter__(self) -> Self:
        self._drawing.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Wait until all that was reported is drawn and the terminal is as it was found."""
        self._events.put(None)
        self._drawing.join()
        if self._failure and error is None:
            raise self._failure

    def report(self, node: str, moment: Moment, words: str) -> None:
        """The engine's `Report`. Never waits, whatever the terminal does."""
        self._events.put(_Event(node, moment, words, time.monotonic()))

    def say(self, words: str) -> None:
        """A line above the live screen."""
        self._events.put(_Line(words))

    def _draw(self) -> None:
        """The drawing thread. A terminal that is gone ends the drawing, not the work."""
        try:
            with self._screen:
                while (event := self._next()) is not None:
                    self._screen.take(event)
        except OSError:
            pass
        except Exception as failure:  # noqa: BLE001  (raised where the work has ended)
            self._failure = failure

    def _next(self) -> _Event | _Line | None:
        """The next event, with a new picture as often as `FRAME` says; None at the end."""
        while True:
            try:
                return self._events.get(timeout=FRAME)
            except queue.Empty:
                self._screen.refresh()


class _Screen:
    """What is drawn. Belongs to the drawing thread alone."""

    def __init__(self, console: Console, total: int) -> None:
        self._console = console
        self._total = total
        self._done = 0
        self._running: dict[str, _Running] = {}
        self._began = time.monotonic()
        self._drawn = 0.0
        self._spinner = Spinner("dots")
        self._live = Live(console=console, auto_refresh=False, transient=True)

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._console.is_terminal:
            self._live.stop()

    def take(self, event: _Event | _Line) -> None:
        """Show what an event changes."""
        if isinstance(event, _Line):
            self._console.print(Text(event.words, style="dim"), soft_wrap=True)
        else:
            self._follow(event)
        if time.monotonic() - self._drawn >= FRAME:
            self.refresh()

    def refresh(self) -> None:
        """Draw the picture of this moment."""
        self._drawn = time.monotonic()
        if self._console.is_terminal:
            self._live.update(self._picture(self._drawn), refresh=True)

    def _follow(self, event: _Event) -> None:
        match event.moment:
            case Moment.BEGUN:
                self._running[event.node] = _Running(event.words, event.at, told=event.at)
                if not self._console.is_terminal:
                    sign = SIGNS[event.words]
                    self._say(sign.sign, f"{sign.doing} {event.node}", "")
            case Moment.WAITING:
                self._wait(event)
            case Moment.DONE:
                self._finish(event)
            case Moment.FAILED:
                self._running.pop(event.node, None)
                self._say("✗", f"{event.node} failed", event.words, style="bold red")

    def _wait(self, event: _Event) -> None:
        running = self._running.get(event.node)
        if running is None:
            return
        running.words = event.words
        if not self._console.is_terminal and event.at - running.told >= HEARTBEAT:
            running.told = event.at
            self._say("…", event.node, event.words)

    def _finish(self, event: _Event) -> None:
        running = self._running.pop(event.node, None)
        self._done += 1
        spent = seconds(event.at - running.since) if running else ""
        sign = SIGNS[event.words]
        self._say("✓", f"{sign.done} {event.node}", spent, style=sign.style)

    def _say(self, sign: str, words: str, more: str, *, style: str = "") -> None:
        text = Text(f"{sign} ", style=style).append(words)
        if more:
            text.append(f"  {more}", style="dim")
        self._console.print(text, soft_wrap=True)

    def _picture(self, now: float) -> RenderableType:
        """A line for each node at work, as many as the window has room for, and the count."""
        width, height = self._console.size
        running = sorted(self._running.items(), key=lambda item: item[1].since)
        rows = Table.grid(padding=(0, 1))
        for node, state in running[: max(1, min(MOST_RUNNING, height - 2))]:
            spent = seconds(now - state.since)
            room = max(10, width - len(node) - len(spent) - 16)
            rows.add_row(
                self._spinner,
                Text(SIGNS[state.action].doing, style=SIGNS[state.action].style),
                Text(node, style="bold"),
                Text(spent),
                Text(shortened(state.words, room), style="dim"),
            )
        rest = Text(f"{self._done} of {self._total} done", style="bold")
        rest.append(f"  {seconds(now - self._began)}", style="dim")
        return Group(rows, rest)
