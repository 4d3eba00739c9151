"""What happens while `up` and `down` work: live on a terminal, one plain line a transition
elsewhere.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from functools import partial
from typing import Final

from rich.console import Console
from rich.text import Text

from provision.engine.planner import NodeEvent
from provision.plan.change import Action
from provision.views.draw_thread import Drawing
from provision.views.formatting import ACTION_STYLES, seconds, truncate
from provision.views.live_region import Region, spinner

HEARTBEAT: Final = 30.0
"""Seconds between two lines about the same wait where there is no terminal."""
MOST_RUNNING: Final = 12
"""Nodes at work that are listed at most; fewer where the window is low."""
NARROW: Final = 60
"""Columns below which a node's name has all that is left of a line."""


@dataclass(frozen=True)
class _Event:
    """What a worker reports; `at` is when it did, whenever it is drawn."""

    node: str
    moment: NodeEvent
    words: str
    at: float


@dataclass
class _Running:
    """A node being worked on."""

    action: str
    since: float
    words: str = ""
    told: float = 0.0


class Progress:
    """Receives the engine's reports from every worker. What it shows is there while `drawing` is
    entered.
    """

    def __init__(self, console: Console, total: int) -> None:
        self._transitions = Transitions(console, total)
        self.drawing = Drawing(self._transitions)

    def report(self, node: str, moment: NodeEvent, words: str) -> None:
        """The engine's `EventListener`. Never waits, whatever the terminal does."""
        event = _Event(node, moment, words, time.monotonic())
        self.drawing.do(partial(self._transitions.follow, event))


class Transitions:
    """A line for each node that is done, and below them those at work. A `Canvas`."""

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
        """Show what a report changes."""
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
                self._print("✗", f"{event.node} failed", event.words, style="bold red")

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
        ended = sign.sign if event.words == Action.FOREIGN else "✓"  # another's by now: left
        self._print(ended, f"{sign.done} {event.node}", spent, style=sign.style)

    def _print(self, sign: str, words: str, more: str, *, style: str = "") -> None:
        text = Text(f"{sign} ", style=style).append(words)
        if more:
            text.append(f"  {more}", style="dim")
        self._region.print(text)

    def _picture(self, now: float) -> list[Text]:
        """A line for each node at work, as many as leave half of the window to what was printed,
        and the count."""
        width, height = self._region.size
        running = sorted(self._running.items(), key=lambda item: item[1].since)
        listed = running[: max(1, min(MOST_RUNNING, height // 2 - 1))]
        room = max(8, width - 20) if width < NARROW else width
        names = {node: truncate(node, room) for node, _ in listed}
        widest = max(map(len, names.values()), default=0)
        lines = [self._line(names[node], widest, state, now) for node, state in listed]
        rest = Text(f"{self._done} of {self._total} done", style="bold")
        if len(running) > len(listed):
            rest.append(f", {len(running)} at work")
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
