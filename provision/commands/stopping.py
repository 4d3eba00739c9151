"""Ctrl-C and SIGTERM: the first lets what is in flight reach the journal, the second leaves."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any, Final, Self

from provision.clock import Clock

GRACE: Final = 10.0
"""Seconds that calls in flight have after the first signal."""
SIGNALS: Final = (signal.SIGINT, signal.SIGTERM)


class Stopping:
    """Obeys signals while it is entered. `leave` ends the process at once, and may be called in the
    middle of anything: the journal was on disk before each change, so nothing is lost."""

    def __init__(self, *, tell: Callable[[str], None], leave: Callable[[], None]) -> None:
        self.asked = False
        self.tell = tell
        self._leave = leave
        self._clock: Clock | None = None
        self._ended = threading.Event()
        self._before: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            self._before = {name: signal.signal(name, self._signalled) for name in SIGNALS}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        for name, handler in self._before.items():
            signal.signal(name, handler)

    @contextmanager
    def gently(self, clock: Clock) -> Iterator[None]:
        """Other threads call AWS now: a signal stops the clock and lets them come to an end.

        Everywhere else a signal interrupts the main thread where it stands.
        """
        self._clock = clock
        try:
            yield
        finally:
            self._clock = None

    def _signalled(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002  (a handler's form)
        if self.asked:
            self._leave()
        self.asked = True
        if self._clock is None:
            raise KeyboardInterrupt
        self._clock.stop()
        threading.Thread(target=self._count_down, daemon=True).start()

    def _count_down(self) -> None:
        """Beside the handler, which may have come in the middle of a print."""
        self.tell(
            f"stopping: what is in flight has {GRACE:.0f} s to end; once more, and it ends now"
        )
        if not self._ended.wait(GRACE):
            self._leave()
