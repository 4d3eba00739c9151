"""Whose program is at the other end of a connection on this machine, as Linux tells it."""

from __future__ import annotations

import asyncio
import ipaddress
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_TRIES: Final = 3
"""The table is handed out in parts: a line can be missed while others come and go."""
_WORD: Final = 4
_USER: Final = 6
_INODE: Final = 8
"""Which word of a line, counted from where its two ends begin."""
_NO_INODE: Final = b"0"
_LOOKING: Final = ThreadPoolExecutor(2, "peers")

Address = tuple[str, int]
Host = ipaddress.IPv4Address | ipaddress.IPv6Address
End = tuple[Host, int]


def is_another_users(client: Address | None, server: Address | None) -> bool:
    """Whether the client of this connection is not ours, nor root's. Who cannot be found is not
    ours either; where there is no /proc nobody can be."""
    if not hasattr(os, "getuid") or not any(table.exists() for table in _TABLES):
        return False
    if client is None or server is None:
        return True
    wanted = _forms(_end(client), _end(server))
    owners = (owner for _ in range(_TRIES) for owner in _owners(wanted))
    return next(owners, None) not in {0, os.getuid()}


async def comes_from_another_user(client: Address | None, server: Address | None) -> bool:
    """The same beside the event loop: with thousands of connections of somebody's the tables are
    long, and nobody else is to wait for them."""
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_LOOKING, is_another_users, client, server)


def _owners(wanted: Sequence[bytes]) -> Iterator[int]:
    """The user of the socket that leads from one end to the other, whatever its state: who has
    sent all has half closed it. A socket that its program has closed has no user, and 0 is shown;
    it has no inode either."""
    for table in _TABLES:
        try:
            text = table.read_bytes()
        except OSError:
            continue
        for ends in wanted:
            for at in _places(text, ends):
                fields = text[at : text.find(b"\n", at)].split()
                if fields[_INODE] != _NO_INODE:
                    yield int(fields[_USER])


def _places(text: bytes, ends: bytes) -> Iterator[int]:
    at = text.find(ends)
    while at >= 0:
        yield at
        at = text.find(ends, at + 1)


def _end(address: Address) -> End:
    return _unmapped(ipaddress.ip_address(address[0].partition("%")[0])), address[1]


def _forms(client: End, server: End) -> list[bytes]:
    """How the tables may have it: a socket of IPv6 may speak IPv4, and is then listed as one to
    ::ffff:127.0.0.1."""
    forms = [b" %s %s " % (_written(client), _written(server))]
    if all(isinstance(host, ipaddress.IPv4Address) for host, _ in (client, server)):
        mapped = [
            (ipaddress.IPv6Address(f"::ffff:{host}"), port) for host, port in (client, server)
        ]
        forms.append(b" %s %s " % (_written(mapped[0]), _written(mapped[1])))
    return forms


def _written(end: End) -> bytes:
    """127.0.0.1:4566 is `0100007F:11D6`: words of four bytes, each as the machine keeps it."""
    host, port = end
    words = (host.packed[at : at + _WORD] for at in range(0, len(host.packed), _WORD))
    kept = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return b"%s:%04X" % (kept.hex().upper().encode(), port)


def _unmapped(host: Host) -> Host:
    return (host.ipv4_mapped or host) if isinstance(host, ipaddress.IPv6Address) else host
