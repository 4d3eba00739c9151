"""Connections to the emulator that carry no request before the other end has proved its identity.

A program that takes the port while the user is asked a question, or between two pushes, thus
receives nothing. The proof is made over the connection itself, so no one can interpose. It includes
the emulator's port, so the proof of another emulator cannot be relayed.
"""

# ruff: noqa: SLF001 - botocore has no public interface for its connection classes

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from provision.local.corrections import install
from provision.local.identity import identity_over

if TYPE_CHECKING:
    from botocore.awsrequest import AWSHTTPConnectionPool

PROOF_SECONDS: Final = 30.0
"""How long a running emulator may take to prove itself, even if it is busy."""


def for_emulator(root: Path) -> Callable[[Any], None]:
    """Return a function that prepares every new client of the emulator of `root`."""
    pool = _pool_of(str(root.resolve()))

    def prepare(client: Any) -> None:
        manager = client._endpoint.http_session._manager
        manager.pool_classes_by_scheme = {"http": pool}
        install(client)

    return prepare


def _pool_of(root: str) -> type[AWSHTTPConnectionPool]:
    # Imported only once there is a client, so that `--help` works without loading the SDK.
    from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool  # noqa: PLC0415
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    class Connection(AWSHTTPConnection):
        """A connection that checks the emulator's identity each time it is opened."""

        def connect(self) -> None:
            super().connect()
            until = time.monotonic() + PROOF_SECONDS
            found = identity_over(self.sock, self.port, until=until)
            if found is None or found.root != root:
                self.close()
                why = f"what answers on port {self.port} is not the emulator of {root}"
                raise NewConnectionError(self, why)

    class Pool(AWSHTTPConnectionPool):
        ConnectionCls = Connection

    return Pool
