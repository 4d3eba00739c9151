"""Shows the progress of a run: live on a terminal, elsewhere one plain line a transition."""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.engine.events import NodeEvent
from provision.plan.change import Action
from provision.views.draw_thread import Drawing
from provision.views.formatting import ACTION_STYLES, seconds, truncate
from provision.views.live_region import Region, spinner

HEARTBEAT: Final = 30.0
"""Seconds between two lines about the same wait if there is no terminal."""
MOST_RUNNING: Final = 12
"""The greatest number of running nodes that are listed; fewer if the window is low."""
NARROW: Final = 60
"""Columns below which node names are cut to leave room for the rest of the line."""


@dataclass(frozen=True)
class _Event:
    """A report of a worker. `at` is the time of the report, not of its drawing."""

    node: str
    moment: NodeEvent
    words: str
    at: float


@dataclass
class _Running:
    """A node that is being worked on."""

    action: str
    since: float
    words: str = ""
    told: float = 0.0


class Progress:
    """A listener for the engine's events from all workers.

    It shows them while `drawing` is entered.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._transitions = Transitions(console, total)
        self.drawing = Drawing(self._transitions)

    def report(self, node: str, moment: NodeEvent, words: str) -> None:
        """Pass an event to the drawing thread, as the engine's `EventListener`.

        Never waits for the terminal.
        """
        event = _Event(node, moment, words, time.monotonic())
        self.drawing.do(partial(self._transitions.follow, event))


class Transitions:
    """A `Canvas` with a line for each finished node and, below them, the running nodes."""

    def __init__(self, console: Console, total: int) -> None:
        self._region = Region(console)
        self._total = total
        self._done = 0
        self._running: dict[str, _Running] = {}
        self._began = time.monotonic()

    def open(self) -> None:
        self._region.open()

    def say(self, words: str) -> None:
        self._region.print(Text(words, style="dim"))

    def close(self) -> None:
        self._region.close()

    @property
    def restoring(self) -> str:
        return self._region.restoring

    def frame(self) -> None:
        if self._region.live:
            self._region.draw(self._picture(time.monotonic()))

    def follow(self, event: _Event) -> None:
        """Show the change that an event reports."""
        match event.moment:
            case NodeEvent.BEGUN:
                self._running[event.node] = _Running(event.words, event.at, told=event.at)
                if not self._region.live:
                    sign = ACTION_STYLES[event.words]
                    self._print(sign.sign, f"{sign.doing} {event.node}", "")
            case NodeEvent.WAITING:
                self._wait(event)
            case NodeEvent.DONE:
                self._finish(event)
            case NodeEvent.FAILED:
                self._running.pop(event.node, None)
                # The reason is in the summary at the end, with what to do about it.
                self._print("✗", f"{event.node} failed", "", style="bold red")

    def _wait(self, event: _Event) -> None:
        running = self._running.get(event.node)
        if running is None:
            return
        running.words = " ".join(event.words.split())
        if not self._region.live and event.at - running.told >= HEARTBEAT:
            running.told = event.at
            self._print("…", event.node, event.words)

    def _finish(self, event: _Event) -> None:
        running = self._running.pop(event.node, None)
        self._done += 1
        spent = seconds(event.at - running.since) if running else ""
        sign = ACTION_STYLES[event.words]
        ended = sign.sign if event.words == Action.FOREIGN else "✓"  # foreign by now: not touched
        self._print(ended, f"{sign.done} {event.node}", spent, style=sign.style)

    def _print(self, sign: str, words: str, more: str, *, style: str = "") -> None:
        text = Text(f"{sign} ", style=style).append(words)
        if more:
            text.append(f"  {more}", style="dim")
        self._region.print(text)

    def _picture(self, now: float) -> list[Text]:
        """Return a line for each running node, and the count.

        At most half of the window is used, so that the lines printed before stay visible.
        """
        width, height = self._region.size
        running = sorted(self._running.items(), key=lambda item: item[1].since)
        listed = running[: max(1, min(MOST_RUNNING, height // 2 - 1))]
        room = max(8, width - 20) if width < NARROW else width
        names = {node: truncate(node, room) for node, _ in listed}
        widest = max(map(len, names.values()), default=0)
        lines = [self._line(names[node], widest, state, now) for node, state in listed]
        rest = Text(f"{self._done} of {self._total} done", style="bold")
        if len(running) > len(listed):
            rest.append(f", {len(running)} in progress")
        rest.append(f"  {seconds(now - self._began)}", style="dim")
        return [*lines, rest]

    def _line(self, name: str, widest: int, state: _Running, now: float) -> Text:
        sign = ACTION_STYLES[state.action]
        text = Text(f"{spinner(now)} ", style=sign.style)
        text.append(sign.doing, style=sign.style).append(f" {name:{widest}}", style="bold")
        text.append(f" {seconds(now - state.since)}")
        if state.words:
            text.append(f" {state.words}", style="dim")
        return text
