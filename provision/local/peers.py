"""Whose program is at the other end of a connection on this machine, as Linux tells it."""

from __future__ import annotations

import ipaddress
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_TABLES: Final = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_TRIES: Final = 3
"""The table is handed out in parts: a line can be missed while others come and go."""
_WORD: Final = 8
_NO_INODE: Final = "0"

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
    ends = _end(client), _end(server)
    owners = (owner for _ in range(_TRIES) for owner in _owners(*ends))
    return next(owners, None) not in {0, os.getuid()}


def _owners(client: End, server: End) -> Iterator[int]:
    """The user of the socket that leads from one end to the other, whatever its state: who has
    sent all has half closed it. A socket that its program has closed has no user, and 0 is shown;
    it has no inode either."""
    for table in _TABLES:
        try:
            lines = table.read_text("utf-8").splitlines()[1:]
        except OSError:
            continue
        for fields in (line.split() for line in lines):
            if fields[9] != _NO_INODE and (_read(fields[1]), _read(fields[2])) == (client, server):
                yield int(fields[7])


def _end(address: Address) -> End:
    return _unmapped(ipaddress.ip_address(address[0].partition("%")[0])), address[1]


def _read(text: str) -> End:
    """`0100007F:11D6` is 127.0.0.1:4566: words of four bytes, each as the machine keeps it."""
    address, _, port = text.partition(":")
    words = (bytes.fromhex(address[at : at + _WORD]) for at in range(0, len(address), _WORD))
    packed = b"".join(word[::-1] if sys.byteorder == "little" else word for word in words)
    return _unmapped(ipaddress.ip_address(packed)), int(port, 16)


def _unmapped(host: Host) -> Host:
    """A socket of IPv6 may speak IPv4: then it is listed as ::ffff:127.0.0.1."""
    return (host.ipv4_mapped or host) if isinstance(host, ipaddress.IPv6Address) else host
