"""Creates the exception classes of AWS's services on first use: most runs need few of them."""

from __future__ import annotations

import threading
from typing import Any

from botocore.errorfactory import ClientExceptionsFactory


class ThreadSafeExceptions(ClientExceptionsFactory):
    """A factory that creates the exception classes of a service only once.

    Two threads at once would otherwise get two, and an `except` of one would miss the other.
    """

    def __init__(self) -> None:
        super().__init__()
        self._making = threading.Lock()

    def create_client_exceptions(self, service_model: Any) -> Any:
        with self._making:
            return super().create_client_exceptions(service_model)
