"""What happens while `up` and `down` work: live on a terminal, one plain line a transition
elsewhere.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Self

from rich.console import Console, ConsoleOptions, Group, RenderResult
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from provision.judge import Moment
from provision.screens.words import SIGNS, seconds, shortened

HEARTBEAT = 30.0
"""Seconds between two lines about the same wait where there is no terminal."""


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
        self._console = console
        self._total = total
        self._done = 0
        self._running: dict[str, _Running] = {}
        self._settling: set[str] = set()
        self._mutex = threading.Lock()
        self._began = time.monotonic()
        self._spinner = Spinner("dots")
        self._live = Live(self, console=console, refresh_per_second=10, transient=True)

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

    def report(self, node: str, moment: Moment, words: str) -> None:
        """The engine's `Report`."""
        now = time.monotonic()
        with self._mutex:
            match moment:
                case Moment.BEGUN:
                    self._running[node] = _Running(words, now, told=now)
                    if not self._console.is_terminal:
                        self._say(SIGNS[words].sign, f"{SIGNS[words].doing} {node}", "")
                case Moment.WAITING:
                    self._wait(node, words, now)
                case Moment.DONE:
                    self._finish(node, words, now)
                case Moment.FAILED:
                    self._running.pop(node, None)
                    self._settling.discard(node)
                    self._say("✗", f"{node} failed", words, style="bold red")
                case Moment.SETTLED:
                    self._settling.discard(node)

    def _wait(self, node: str, words: str, now: float) -> None:
        running = self._running.get(node)
        if running is None:
            return
        running.words = words
        if not self._console.is_terminal and now - running.told >= HEARTBEAT:
            running.told = now
            self._say("…", node, words)

    def _finish(self, node: str, action: str, now: float) -> None:
        running = self._running.pop(node, None)
        self._done += 1
        self._settling.add(node)
        spent = seconds(now - running.since) if running else ""
        sign = SIGNS[action]
        self._say("✓", f"{sign.done} {node}", spent, style=sign.style)

    def _say(self, sign: str, words: str, more: str, *, style: str = "") -> None:
        text = Text(f"{sign} ", style=style).append(words)
        if more:
            text.append(f"  {more}", style="dim")
        self._console.print(text, soft_wrap=True)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        now = time.monotonic()
        with self._mutex:
            running = sorted(self._running.items(), key=lambda item: item[1].since)
            done = self._done
        rows = Table.grid(padding=(0, 1))
        for node, state in running[: max(1, options.max_width and 12)]:
            spent = seconds(now - state.since)
            room = max(10, options.max_width - len(node) - len(spent) - 16)
            rows.add_row(
                self._spinner,
                Text(SIGNS[state.action].doing, style=SIGNS[state.action].style),
                Text(node, style="bold"),
                Text(spent),
                Text(shortened(state.words, room), style="dim"),
            )
        bar = Text(f"{done} of {self._total} done", style="bold")
        bar.append(f"  {seconds(now - self._began)}", style="dim")
        yield Group(rows, bar)
