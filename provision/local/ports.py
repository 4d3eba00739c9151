"""Finds free ports and the program that holds a port, so that an error can name it."""

from __future__ import annotations

import shlex
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import Final

from provision.errors import ProvisionError
from provision.local.identity import NAME_SECONDS, EmulatorIdentity, identity
from provision.local.limitations import HOST, PORTS

_LISTEN: Final = "0A"
PROC: Final = Path("/proc")


class PortTaken(ProvisionError):
    """A port of the emulator on which another program listens."""


def is_free(host: str, port: int) -> bool:
    """Return whether a server could listen there now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        if sys.platform != "win32":  # on Windows, SO_REUSEADDR lets two servers share a port
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def refuse_taken(port: int) -> None:
    """Raise `PortTaken` if another program listens on a port that the user asked for."""
    if is_free(HOST, port):
        return
    other = next((each for each in PORTS if each != port and is_free(HOST, each)), "N")
    elsewhere = identity(port, seconds=NAME_SECONDS)
    stop = "stop it"
    if elsewhere and (config := elsewhere.config).is_file():
        stop = f"stop it (`provision local stop --config {shlex.quote(str(config))}`)"
    raise PortTaken(
        f"port {port} of this machine, where the emulator should listen, is taken by"
        f" {holder_of(port, elsewhere)}",
        hint=f"{stop}, or use --local-port {other}; without a port, a free one is found",
    )


def holder_of(port: int, elsewhere: EmulatorIdentity | None) -> str:
    """Return a description of the program that listens on a port."""
    return f"the emulator of {elsewhere.root}" if elsewhere else holder(port) or "another program"


def holder(port: int) -> str:
    """Return `name (pid 123)` of the process that listens on the port, or "" if it is unknown."""
    inodes = _listening_inodes(port)
    if not inodes:
        return ""
    for process in PROC.iterdir():
        if process.name.isdigit() and inodes & _sockets(process):
            return f"{process_name(process)} (pid {process.name})"
    return ""


def _listening_inodes(port: int) -> set[str]:
    inodes = set()
    for table in (PROC / "net/tcp", PROC / "net/tcp6"):
        try:
            lines = table.read_text().splitlines()[1:]
        except OSError:  # not Linux
            continue
        for fields in (line.split() for line in lines):
            local, state, inode = fields[1], fields[3], fields[9]
            if state == _LISTEN and int(local.rpartition(":")[2], 16) == port:
                inodes.add(f"socket:[{inode}]")
    return inodes


def _sockets(process: Path) -> set[str]:
    found = set()
    try:
        for descriptor in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed meanwhile
                found.add(str(descriptor.readlink()))
    except OSError:  # another user's process, or it has ended
        return set()
    return found


def process_name(process: Path) -> str:
    try:
        return (process / "comm").read_text().strip()
    except OSError:
        return "a process"
