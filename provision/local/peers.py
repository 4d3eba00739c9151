"""Finds the user whose program is at the other end of a local connection, from /proc on Linux."""

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
"""How often the table is read. It is read in parts, so a line can be missed while others change."""
_WORD: Final = 4
_USER: Final = 6
_INODE: Final = 8
"""The index of a field in a line, counted from the two addresses."""
_NO_INODE: Final = b"0"
_LOOKING: Final = ThreadPoolExecutor(2, "peers")

Address = tuple[str, int]
Host = ipaddress.IPv4Address | ipaddress.IPv6Address
End = tuple[Host, int]


def is_another_users(client: Address | None, server: Address | None) -> bool:
    """Return whether the client of this connection is neither this user's nor root's.

    True if the client cannot be found. False where there is no /proc to find it in.
    """
    if not hasattr(os, "getuid") or not any(table.exists() for table in _TABLES):
        return False
    if client is None or server is None:
        return True
    wanted = _forms(_end(client), _end(server))
    owners = (owner for _ in range(_TRIES) for owner in _owners(wanted))
    return next(owners, None) not in {0, os.getuid()}


async def comes_from_another_user(client: Address | None, server: Address | None) -> bool:
    """Return `is_another_users` from a thread, so that it does not block the event loop.

    Another user with thousands of connections makes the tables long.
    """
    loop = asyncio.get_running_loop()
    return await loop.run_in_executor(_LOOKING, is_another_users, client, server)


def _owners(wanted: Sequence[bytes]) -> Iterator[int]:
    """Yield the user ids of sockets between the two ends.

    Every state counts: a client that has sent everything may have half closed its socket. A socket
    closed by its program has no user, is listed with user 0 and no inode, and is left out.
    """
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
    """Return the forms in which the tables may list a connection.

    An IPv6 socket that speaks IPv4 is listed with addresses such as ::ffff:127.0.0.1.
    """
    forms = [b" %s %s " % (_written(client), _written(server))]
    if all(isinstance(host, ipaddress.IPv4Address) for host, _ in (client, server)):
        mapped = [
            (ipaddress.IPv6Address(f"::ffff:{host}"), port) for host, port in (client, server)
        ]
        forms.append(b" %s %s " % (_written(mapped[0]), _written(mapped[1])))
    return forms


def _written(end: End) -> bytes:
    """Return an end as the tables have it: 127.0.0.1:4566 is `0100007F:11D6`.

    The address is in words of four bytes, each in the machine's byte order.
    """
    host, port = end
    words = (host.packed[at : at + _WORD] for at in range(0, len(host.packed), _WORD))
    kept = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return b"%s:%04X" % (kept.hex().upper().encode(), port)


def _unmapped(host: Host) -> Host:
    return (host.ipv4_mapped or host) if isinstance(host, ipaddress.IPv6Address) else host
