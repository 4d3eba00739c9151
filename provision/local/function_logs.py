"""Where a line of a function's log ends: at a line feed, as in Lambda. MiniStack ends one at each
of Python's ten ends of a line, so that a caller whose words are logged could begin another.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public face for any of this

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

Emit = Callable[..., None]


class _Text(str):
    """What MiniStack asks for its lines."""

    __slots__ = ()

    def splitlines(self, keepends: bool = False) -> list[str]:  # noqa: ARG002, FBT001, FBT002  (as str's)
        return self.removesuffix("\n").split("\n")


def install() -> None:
    """Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._emit_lambda_logs = partial(_emit, functions._emit_lambda_logs)
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime.Worker._read_stderr = _reading(runtime.Worker._read_stderr)


def _emit(
    emit: Emit,
    function: Mapping[str, Any],
    request_id: str,
    text: str | None,
    error: bool,  # noqa: FBT001  (as it is called)
    milliseconds: int,
    *,
    log_source: str | None = None,
) -> None:
    """The log of one invocation."""
    whole = _Text(text or "")
    emit(function, request_id, whole, error, milliseconds, log_source=log_source)


def _reading(read: Callable[[Any], None]) -> Callable[[Any], None]:
    """What a worker's standard error is read by. What is no text does not end it."""

    def read_lines(worker: Any) -> None:
        worker._proc.stderr.reconfigure(newline="\n", errors="backslashreplace")
        read(worker)

    return read_lines
