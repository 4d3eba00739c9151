"""Nothing is sent to the emulator over a connection that has not proved where it leads: whoever
takes the port while a question waits for its answer, or between two pushes, gets none of it.

The proof goes over the very connection, so nobody can come in between. An emulator proves by its
own port: what another one says cannot be passed on.
"""

# ruff: noqa: SLF001 - botocore has no public place for what makes its connections

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
"""How long an emulator that lives may take, however busy."""


def for_emulator(root: Path) -> Callable[[Any], None]:
    """What to do with every new client that talks to the emulator of `root`."""
    pool = _pool_of(str(root.resolve()))

    def prepare(client: Any) -> None:
        manager = client._endpoint.http_session._manager
        manager.pool_classes_by_scheme = {"http": pool}
        install(client)

    return prepare


def _pool_of(root: str) -> type[AWSHTTPConnectionPool]:
    # Not before there is a client: most commands' words are printed without the SDK.
    from botocore.awsrequest import AWSHTTPConnection, AWSHTTPConnectionPool  # noqa: PLC0415
    from urllib3.exceptions import NewConnectionError  # noqa: PLC0415

    class Connection(AWSHTTPConnection):
        """Asks first, each time that it is made anew."""

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
