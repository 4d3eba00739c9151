"""The program, stopped inside the write that `HOLD_AT` counts, until the file `go` is there.

With `HOLD_IN` only the writes of this operation count.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from itertools import count
from pathlib import Path
from typing import Any

from provision.aws.call_hooks import CallHooks
from provision.cli import main as command_line
from provision.clock import Clock
from provision.commands import signals


def main() -> None:
    """Run it with time a hundred times as fast, and with the grace that `GRACE` says."""
    signals.GRACE = float(os.environ["GRACE"])  # type: ignore[misc]
    sleep, now = Clock.sleep, Clock.now
    Clock.sleep = lambda self, seconds: sleep(self, seconds / 100)  # type: ignore[method-assign]
    Clock.now = lambda self: now(self) * 100  # type: ignore[method-assign]
    here, numbers, mutex = Path(), count(1), threading.Lock()
    before_call = CallHooks.before_call

    def counted(self: CallHooks, model: Any, **more: Any) -> None:
        before_call(self, model, **more)
        if model.name.startswith(("Get", "List", "Describe")):
            return
        if model.name != os.environ.get("HOLD_IN", model.name):
            return
        with mutex:
            held = next(numbers) == int(os.environ["HOLD_AT"]) and not (here / "held").exists()
            if held:
                (here / "held").touch()
        while held and not (here / "go").exists():
            time.sleep(0.02)

    CallHooks.before_call = counted  # type: ignore[method-assign]
    command_line(sys.argv[1:])
