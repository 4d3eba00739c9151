"""Renders one invocation: a line about it, the answer on stdout, the end of the log."""

from __future__ import annotations

import json
import sys
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from provision.sanitizing.text import is_read_for_commands, put, put_document
from provision.views.formatting import truncate
from provision.views.frames import with_short_frames
from provision.workflows import json_text
from provision.workflows.invoke import Invoked

_NOT_SHOWN: Final = ("START ", "END ", "REPORT ", "XRAY TraceId", '{"_aws":')
_SHORT: Final = 200
"""Characters of an error that are shown in the first line; the answer has all of it."""


def print_head(console: Console, function: str, done: Invoked) -> None:
    """Print what ran, whether it failed, and what it took."""
    parts = [f"{function} {version_words(done.version)}".strip()]
    if done.error:
        parts.append(f"failed: {truncate(done.error, _SHORT)}")
    elif done.payload:
        parts.append(str(_status_code(done)))
    else:
        parts.append(f"{done.status} accepted")
    parts += _cost(done)
    if done.request:
        parts.append(f"request {done.request}")
    if done.report.trace:
        parts.append(f"trace {done.report.trace}")
    console.print(Text("  ".join(parts), style="red" if done.error else "bold"), soft_wrap=True)


def print_answer(console: Console, done: Invoked, folder: str) -> None:
    """Print the payload: indented on a terminal, harmless in a CI log, elsewhere as it came.

    A terminal gets the stack trace of a failure with short paths: `folder` is that of the code.
    """
    if not done.payload:
        return
    text = done.payload.decode("utf-8", "replace")
    document = _document(text)
    if console.is_terminal:
        if document and done.error:
            shown = _with_short_trace(document[0], folder)
            text = json.dumps(shown, indent=2, ensure_ascii=False)
        elif document:
            text = json_text.indented(text)
        put(*(text.split("\n") if document else [text]))
    elif is_read_for_commands():
        put_document(text) if document else put(text)
    else:
        _write(done.payload)


def _with_short_trace(payload: object, folder: str) -> object:
    trace = payload.get("stackTrace") if isinstance(payload, dict) else None
    if not isinstance(payload, dict) or not isinstance(trace, list):
        return payload
    shown = [with_short_frames(one, folder) if isinstance(one, str) else one for one in trace]
    return {**payload, "stackTrace": shown}


def print_log(console: Console, done: Invoked, folder: str) -> None:
    """Print the end of the function's log, without Lambda's own lines and embedded metrics.

    Paths in tracebacks are short: `folder` is that of the function's code.
    """
    own = [line for line in done.log if not line.startswith(_NOT_SHOWN) and not _is_platform(line)]
    own = [line for line in own if line.strip()]
    if not own:
        return
    console.print(Text("── log ──", style="dim"))
    for line in own:
        console.print(Text(with_short_frames(line.expandtabs(), folder)), soft_wrap=True)


def _is_platform(line: str) -> bool:
    """Return whether Lambda itself wrote the line, in its JSON format."""
    found = _document(line) if line.startswith("{") else None
    members = found[0] if found else None
    return isinstance(members, dict) and str(members.get("type", "")).startswith("platform.")


def version_words(version: str) -> str:
    """Return `v8`, or `latest` for the code that is no version."""
    return f"v{version}" if version.isdecimal() else version.replace("$LATEST", "latest")


def as_document(payload: bytes) -> tuple[object] | None:
    """Return the payload's value in a tuple; None if it is no JSON, or cannot be printed again."""
    return _document(payload.decode("utf-8", "replace"))


def _document(text: str) -> tuple[object] | None:
    try:
        value = json_text.parse(text)
    except ValueError:
        return None
    return (value,) if json_text.fits_document(value) else None


def _status_code(done: Invoked) -> int:
    """Return the status that the function answers to the route's caller, or Lambda's own."""
    document = as_document(done.payload)
    if document and isinstance(document[0], dict):
        code = document[0].get("statusCode")
        if isinstance(code, int):
            return code
    return done.status


def _cost(done: Invoked) -> list[str]:
    report = done.report
    if report.duration_ms is None:
        return []
    used = f"{report.used_mb} of {report.memory_mb} MB"
    return [f"{report.duration_ms:.0f} ms (billed {report.billed_ms}, {used})"]


def _write(payload: bytes) -> None:
    """Write bytes to stdout, apart from the text that other writers have in their buffers."""
    stdout: TextIO | None = sys.stdout
    if stdout is None:  # closed by the caller (`>&-`)
        return
    stdout.flush()
    buffer = getattr(stdout, "buffer", None)
    if buffer is None:
        stdout.write(payload.decode("utf-8", "replace"))
        return
    buffer.write(payload)
    buffer.flush()
