"""Handles Ctrl-C, SIGTERM, the end of the terminal, and Ctrl-Z.

The first signal lets calls in flight reach the journal, the second ends the process. Ctrl-Z gives
the terminal back before the process stops.
"""

from __future__ import annotations

import os
import queue
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import Enum, auto
from types import FrameType, TracebackType
from typing import Any, Final, Self

from provision.clock import Clock
from provision.errors import Interrupted

GRACE: Final = 10.0
"""Seconds that calls in flight have after the first signal."""
TELLING: Final = 0.5
"""Seconds that a terminal has to show that the run is stopping, before it does."""
FAREWELL: Final = 2.0
"""Seconds that ending may take if a terminal or a pipe takes no output."""


@dataclass(frozen=True)
class _Asked:
    """The first signal. `clock` is that of the threads that call AWS meanwhile."""

    clock: Clock | None


class _Ends(Enum):
    """The ways in which the thread that follows signals ends."""

    AT_ONCE = auto()
    WITH_US = auto()


class StopSignals:
    """The reaction to signals while it is entered.

    A handler may run in the middle of anything, even while a lock is held. It therefore takes no
    lock: it puts the signal into a queue, on which a thread acts. `leave` prints the farewell; the
    process ends when it returns, and soon if it does not. Nothing is lost, since the journal was on
    disk before each change. `suspend` stops the process, as Ctrl-Z asks.
    """

    def __init__(
        self,
        *,
        tell: Callable[[str], None],
        leave: Callable[[], None],
        suspend: Callable[[], None],
    ) -> None:
        self.asked = False
        self.asked_at = 0.0
        """When the first signal came, by the monotonic clock."""
        self.tell = tell
        self._leave = leave
        self._suspend = suspend
        self._leaving = False
        self._holding = False
        self._clock: Clock | None = None
        self._signals: queue.SimpleQueue[_Asked | _Ends] = queue.SimpleQueue()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            threading.Thread(target=self._follow, name="stopping", daemon=True).start()
            for number, handler in self._handlers():
                self._before[number] = signal.signal(number, handler)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._signals.put(_Ends.WITH_US)

    def _handlers(self) -> Iterator[tuple[signal.Signals, Any]]:
        yield signal.SIGINT, self._signalled
        yield signal.SIGTERM, self._signalled
        if os.name == "posix":  # stay ignored under `nohup` or without job control
            for number, handler in (
                (signal.SIGHUP, self._signalled),
                (signal.SIGTSTP, self._suspended),
            ):
                if signal.getsignal(number) is not signal.SIG_IGN:
                    yield number, handler

    @contextmanager
    def stopping(self, clock: Clock) -> Iterator[None]:
        """Let a signal stop the clock, so that other threads can finish their AWS calls.

        Outside of this, a signal interrupts the main thread wherever it is.
        """
        before, self._clock = self._clock, clock
        try:
            yield
        finally:
            self._clock = before

    def hold(self) -> None:
        """Let the first signal interrupt nothing any more: what remains takes moments.

        For a command that is about to succeed as a whole. A second signal still ends the process.
        """
        self._holding = True

    def _signalled(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (handler signature)
        if self._leaving:
            os._exit(Interrupted.exit_code)
        if self.asked:
            self._leaving = True
            self._signals.put(_Ends.AT_ONCE)
            time.sleep(FAREWELL + 1)  # the thread ends the process meanwhile
            os._exit(Interrupted.exit_code)
        self.asked, self.asked_at = True, time.monotonic()
        self._signals.put(_Asked(self._clock))
        if self._clock is None and not self._holding:
            raise KeyboardInterrupt

    def _suspended(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (likewise)
        self._suspend()

    def _follow(self) -> None:
        """Run the thread. It writes on no terminal itself, as a stopped one would block it."""
        patience: float | None = None
        while True:
            try:
                event = self._signals.get(timeout=patience)
            except queue.Empty:
                event = _Ends.AT_ONCE
            if event is _Ends.WITH_US:
                return
            if isinstance(event, _Asked):
                patience = GRACE
                self._stop(event.clock)
            else:
                _within(FAREWELL, self._leave)
                os._exit(Interrupted.exit_code)

    def _stop(self, clock: Clock | None) -> None:
        if clock:
            _within(TELLING, self._announce)
            clock.stop()

    def _announce(self) -> None:
        with suppress(OSError):  # the terminal is gone
            self.tell(
                f"stopping: calls in flight have {GRACE:.0f} s to finish; interrupt again to end"
                " now"
            )


def _within(seconds: float, work: Callable[[], None]) -> None:
    """Run `work`, which writes on a terminal, but wait no longer than `seconds` for it."""
    thread = threading.Thread(target=work, name="telling", daemon=True)
    thread.start()
    thread.join(seconds)
