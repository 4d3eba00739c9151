"""The emulator's process: serves MiniStack on 127.0.0.1, saves its state and stops on request."""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout
from hypercorn.asyncio import serve
from hypercorn.config import Config

from provision.local import (
    dead_letters,
    function_errors,
    function_logs,
    gateway_authorizers,
    gateway_media_types,
    gateway_permission,
    gateway_preflights,
    invocations,
    log_pages,
    queued_events,
    request_metrics,
    runtime,
)
from provision.local.access_control import is_ambiguous, refusal
from provision.local.alarms import AlarmEvaluator
from provision.local.gateway_paths import as_sent
from provision.local.identity import write_record
from provision.local.limitations import HOST, IDENTITY, SERVING_LOCK, STOP, STOP_HEADER
from provision.local.peers import comes_from_another_user
from provision.local.secret import proof

LOCK_SECONDS: Final = 2.0
"""How long to wait for the lock: commands take it briefly, to see whether an emulator is alive."""

QUIET_SECONDS: Final = 2.0
LONGEST_UNSAVED_SECONDS: Final = 15.0

_READS: Final = ("Get", "List", "Describe", "Query", "Scan", "BatchGet", "Receive")

Scope = dict[str, Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class StateSaver:
    """A task that saves MiniStack's state shortly after writes, not only at a clean end."""

    def __init__(self, save: Callable[[], None]) -> None:
        self._save = save
        self._first: float | None = None
        self._last = 0.0

    def written(self) -> None:
        self._last = time.monotonic()
        if self._first is None:
            self._first = self._last

    async def run(self, stop: asyncio.Event) -> None:
        """Save when due until `stop` is set. No save is in progress once this has returned."""
        while not stop.is_set():
            if self._is_due():
                self._first = None
                await asyncio.to_thread(self._save)
            try:
                await asyncio.wait_for(stop.wait(), timeout=0.5)
            except TimeoutError:
                continue

    def _is_due(self) -> bool:
        if self._first is None:
            return False
        now = time.monotonic()
        quiet = now - self._last >= QUIET_SECONDS
        return quiet or now - self._first >= LONGEST_UNSAVED_SECONDS


@dataclass(frozen=True)
class Who:
    """The identity of this emulator, and its key, with which it proves that identity."""

    root: Path
    port: int
    key: str

    def told(self, nonce: str) -> dict[str, object]:
        proven = proof(self.key, nonce, self.port)
        return {"root": str(self.root), "pid": os.getpid(), "proof": proven}


class ControlEndpoints:
    """An ASGI application in front of MiniStack.

    It refuses requests that are not allowed (access_control.py, peers.py), proves the emulator's
    identity, stops it on request, passes all else to MiniStack, and calls `written` for writes.
    """

    def __init__(self, app: App, who: Who, written: Callable[[], None]) -> None:
        self._app = app
        self._who = who
        self._written = written
        self.stop = asyncio.Event()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif is_ambiguous(scope):
            await _refuse(scope, send, 400, "two headers say where the body ends")
        elif why := await self._refusal(scope):
            await _refuse(scope, send, 403, why)
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"] == IDENTITY:
            await _answer(send, 200, self._who.told(scope["query_string"].decode("latin-1")))
        elif scope["path"] == STOP:
            # A web page's request with our header needs a preflight request, which is refused.
            asked = STOP_HEADER in _header_names(scope) and scope["method"] == "POST"
            await _answer(send, 202 if asked else 403, {"stopping": asked})
            if asked:
                self.stop.set()
        else:
            await self._app(as_sent(scope), self._watched(scope, receive), send)

    async def _refusal(self, scope: Scope) -> str:
        if why := refusal(scope, self._who.port):
            return why
        if await comes_from_another_user(scope.get("client"), scope.get("server")):
            return "the emulator answers the user who started it only"
        return ""

    def _watched(self, scope: Scope, receive: Receive) -> Receive:
        first = True

        async def watched() -> dict[str, Any]:
            nonlocal first
            message = await receive()
            if first and is_write(scope, message.get("body", b"")):
                self._written()
            first = False
            return message

        return watched


def is_write(scope: Scope, body: bytes) -> bool:
    """Return whether a request may write.

    REST protocols show it by the method; JSON, CBOR and Query, where all is POST, by the operation.
    """
    if scope["method"] in {"GET", "HEAD", "OPTIONS"}:
        return False
    target: bytes = next((value for key, value in scope["headers"] if key == b"x-amz-target"), b"")
    operation = target.rpartition(b".")[2] or body.partition(b"Action=")[2]
    name = operation.decode("latin-1") or scope["path"].rpartition("/operation/")[2]
    return not name.startswith(_READS)


def _header_names(scope: Scope) -> Iterable[str]:
    return {key.decode("latin-1").lower() for key, _ in scope["headers"]}


async def _refuse(scope: Scope, send: Send, status: int, why: str) -> None:
    """Refuse the request and close the connection. No CORS header lets a page read the answer."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1008, "reason": why})
    else:
        closing = [(b"connection", b"close")] if scope["http_version"].startswith("1") else []
        await _answer(send, status, {"message": why}, closing)


async def _answer(
    send: Send, status: int, body: dict[str, object], more: Sequence[tuple[bytes, bytes]] = ()
) -> None:
    headers = [(b"content-type", b"application/json"), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(body).encode()})


async def _serve(who: Who) -> None:
    ministack = importlib.import_module("ministack.app")
    persistence = importlib.import_module("ministack.core.persistence")
    gateway_authorizers.install()
    gateway_media_types.install()
    gateway_permission.install()
    gateway_preflights.install()
    request_metrics.install()
    runtime.install(Path(tempfile.gettempdir()) / "python")
    invocations.install()
    function_logs.install()
    function_errors.install()
    dead_letters.install()
    queued_events.install()
    log_pages.install()

    def save() -> None:
        persistence.save_all(ministack._build_persistence_save_dict())  # noqa: SLF001 - not public

    saver = StateSaver(save)
    front = ControlEndpoints(ministack.app, who, saver.written)
    loop = asyncio.get_running_loop()
    if sys.platform != "win32":
        loop.add_signal_handler(signal.SIGTERM, front.stop.set)
        loop.add_signal_handler(signal.SIGINT, front.stop.set)
    saving = asyncio.create_task(saver.run(front.stop))
    watching = asyncio.create_task(AlarmEvaluator().run(front.stop))

    async def asked_to_stop() -> None:
        await front.stop.wait()
        await asyncio.gather(saving, watching)

    config = Config()
    config.bind = [f"{HOST}:{who.port}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 1
    await serve(front, config, shutdown_trigger=asked_to_stop)  # type: ignore[arg-type]  # plain ASGI


def main() -> None:
    """Run `python -m provision.local.server ROOT PORT`, with the emulator's key on stdin.

    The process must have the environment that `persistence.py` returns.
    """
    root, port = Path(sys.argv[1]), int(sys.argv[2])
    key = sys.stdin.read()
    if not key:  # the command was killed; without the key, no command could verify or stop this one
        sys.exit("the key of this emulator is missing on stdin")
    lock = FileLock(root / SERVING_LOCK, timeout=LOCK_SECONDS)
    try:
        with lock:
            write_record(root, port, os.getpid())
            asyncio.run(_serve(Who(root, port, key)))
    except Timeout:
        sys.exit(f"another emulator serves {root}")


if __name__ == "__main__":
    main()
