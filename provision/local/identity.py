"""Verifies which emulator answers on a port, and records where each one listened last."""

from __future__ import annotations

import hmac
import http.client
import json
import secrets
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from provision.files import read_private, replace_private
from provision.local.http_exchange import ask
from provision.local.limitations import HOST, IDENTITY, LAST_PORT
from provision.local.secret import key_of, proof, read_secret

ANSWER_SECONDS: Final = 5.0
NAME_SECONDS: Final = 1.0
"""How long a program that holds a port may take to identify itself, for a message."""
RECORD: Final = "emulator.json"


@dataclass(frozen=True)
class EmulatorIdentity:
    """The directory and the process id that an emulator reports of itself."""

    root: str
    pid: int

    @property
    def config(self) -> Path:
        """The configuration that the emulator belongs to, if that has its usual place and name."""
        return Path(self.root).parent.parent / "config.yaml"


def identity(port: int, *, seconds: float = ANSWER_SECONDS) -> EmulatorIdentity | None:
    """Return the emulator that answers on a port, or None if it is not one of this user's.

    Any program may listen there. It must prove that this user started it for the folder that it
    names; otherwise its answer is neither believed nor shown.
    """
    until = time.monotonic() + seconds
    try:
        with socket.create_connection((HOST, port), seconds) as connection:
            return identity_over(connection, port, until=until)
    except OSError:
        return None


def identity_over(connection: socket.socket, port: int, *, until: float) -> EmulatorIdentity | None:
    """Return the emulator at the other end of a connection to that port, or None.

    The connection stays open. See `identity`.
    """
    secret, nonce = read_secret(), secrets.token_hex(16)
    if secret is None:
        return None
    try:
        answer = json.loads(ask(connection, "GET", f"{IDENTITY}?{nonce}", {}, until=until))
        found = EmulatorIdentity(answer["root"], answer["pid"])
        proven = str(answer["proof"]).encode()
    except (OSError, http.client.HTTPException, ValueError, KeyError, TypeError, RecursionError):
        return None
    if not isinstance(found.root, str):
        return None
    wanted = proof(key_of(secret, found.root), nonce, port).encode()
    return found if hmac.compare_digest(proven, wanted) and isinstance(found.pid, int) else None


def request(method: str, port: int, path: str, headers: Mapping[str, str] | None = None) -> bytes:
    """Return the body of an answer from this machine, bypassing any proxy."""
    until = time.monotonic() + ANSWER_SECONDS
    with socket.create_connection((HOST, port), ANSWER_SECONDS) as connection:
        return ask(connection, method, path, headers or {}, until=until)


def write_record(root: Path, port: int, pid: int) -> None:
    """Record where the emulator of this directory listens."""
    replace_private(root / RECORD, json.dumps({"port": port, "pid": pid}).encode())


def last_port(root: Path) -> int | None:
    """Return the port of the last start in this directory, if there was one."""
    port = read_record(root).get("port")
    return port if isinstance(port, int) and 0 < port <= LAST_PORT else None


def read_record(root: Path) -> dict[str, Any]:
    """Return port and process id of the directory's last emulator; empty if unknown."""
    try:
        found = json.loads(read_private(root / RECORD) or b"{}")
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
