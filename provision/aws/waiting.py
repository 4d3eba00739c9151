"""Polls conditions until they hold, and reports what is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final, TypeVar

from provision.clock import Clock
from provision.errors import WaitTimeout
from provision.trace import Trace

T = TypeVar("T")

WaitListener = Callable[[str], None]
"""Called with what is waited for, in words."""

LONGEST_PAUSE: Final = 10
"""The longest pause between two calls of a condition, in seconds."""


class Waiter:
    """Waits with growing pauses, and a listener for each thread. Safe to use from many threads."""

    def __init__(self, clock: Clock, trace: Trace) -> None:
        self._clock = clock
        self._trace = trace
        self._listeners: dict[int, WaitListener] = {}

    def wait(
        self, what: str, ready: Callable[[], T | None], *, budget: float, first: float = 0.5
    ) -> T:
        """Call `ready` until it returns something, with growing pauses up to 10 s.

        Raises `WaitTimeout` after `budget` seconds, `Interrupted` when the user asks to stop.
        """
        began = self._clock.now()
        delay = first
        with self._trace.span(what, "wait"):
            while (answer := ready()) is None:
                spent = self._clock.now() - began
                if spent >= budget:
                    raise WaitTimeout(
                        f"still waiting for {what} after {spent:.0f} s",
                        hint="AWS continues in the background; run the same command again to"
                        " continue from here",
                    )
                self.report_wait(f"{what}, {spent:.0f} s")
                self._clock.sleep(min(delay, budget - spent))
                delay = min(delay * 1.6, LONGEST_PAUSE)
            return answer

    def wait_until_gone(self, what: str, still_there: Callable[[], bool], *, budget: float) -> None:
        """Wait until `still_there` returns False. Raises as `wait` does."""
        self.wait(f"{what} to be deleted", lambda: None if still_there() else True, budget=budget)

    def wait_until_stable(
        self, what: str, read: Callable[[], T], changing: Callable[[T], bool], *, budget: float
    ) -> T:
        """Call `read` until the result is not `changing`, and return it. Raises as `wait` does.

        The result may be None, if the resource does not exist.
        """

        def settled() -> tuple[T] | None:
            found = read()
            return None if changing(found) else (found,)

        (found,) = self.wait(what, settled, budget=budget)
        return found

    def on_wait(self, listener: WaitListener | None) -> None:
        """Report the waits of this thread to a listener, until called with None."""
        if listener:
            self._listeners[threading.get_ident()] = listener
        else:
            self._listeners.pop(threading.get_ident(), None)

    def report_wait(self, what: str) -> None:
        """Report what this thread waits for to its listener, if it has one."""
        if listener := self._listeners.get(threading.get_ident()):
            listener(what)
