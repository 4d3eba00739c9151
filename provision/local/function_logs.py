"""Ends the lines of a function's log at line feeds only, as Lambda does.

MiniStack splits at each of Python's ten line boundaries, so a caller whose text is logged could
start a log line of its own. The error of a failed invocation is one event of several lines.
"""

# ruff: noqa: SLF001 - MiniStack, pinned to one version, has no public interface for any of this

from __future__ import annotations

import contextvars
import importlib
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, Final

from provision.local.dead_letters import invoked

Emit = Callable[..., None]

_together: Final = contextvars.ContextVar("the lines that are one event of the log", default="")


class _Text(str):
    """A text that splits at line feeds only; MiniStack calls `splitlines`."""

    __slots__ = ()

    def splitlines(self, keepends: bool = False) -> list[str]:  # noqa: ARG002, FBT001, FBT002  (as str's)
        text, event = self.removesuffix("\n"), _together.get()
        before, found, after = text.rpartition(event) if event else ("", "", text)
        if not found:
            return text.split("\n")
        return [*_lines(before.removesuffix("\n")), event, *_lines(after.removeprefix("\n"))]


def install() -> None:
    """Patch MiniStack. Called once, in the emulator's process, before it serves."""
    functions: Any = importlib.import_module("ministack.services.lambda_svc")
    functions._emit_lambda_logs = partial(_emit, functions._emit_lambda_logs)
    runtime: Any = importlib.import_module("ministack.core.lambda_runtime")
    runtime.Worker._read_stderr = _reading(runtime.Worker._read_stderr)


def keep_together(event: str) -> None:
    """Let this part of the log be one event, in the log that this thread writes next."""
    _together.set(_encodable(event))


def _encodable(text: str) -> str:
    """Return the text with an escape for each half of a surrogate pair, as Python logs it.

    MiniStack would keep it, and then answer no reader of the log group any more.
    """
    return text.encode(errors="backslashreplace").decode()


def _lines(text: str) -> list[str]:
    return text.split("\n") if text else []


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
    """Write the log of one invocation."""
    invoked(request_id)
    whole = _Text(_encodable(text or ""))
    emit(function, request_id, whole, error, milliseconds, log_source=log_source)


def _reading(read: Callable[[Any], None]) -> Callable[[Any], None]:
    """Return a reader of a worker's stderr that splits at line feeds and survives invalid UTF-8."""

    def read_lines(worker: Any) -> None:
        worker._proc.stderr.reconfigure(newline="\n", errors="backslashreplace")
        read(worker)

    return read_lines
