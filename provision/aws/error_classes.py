"""The error classes of AWS's services, made when first asked for: most runs need few of them."""

from __future__ import annotations

import threading
from typing import Any

from botocore.errorfactory import ClientExceptionsFactory


class ThreadSafeExceptions(ClientExceptionsFactory):
    """Two threads that ask at once would get two, and one's `except` misses the other's."""

    def __init__(self) -> None:
        super().__init__()
        self._making = threading.Lock()

    def create_client_exceptions(self, service_model: Any) -> Any:
        with self._making:
            return super().create_client_exceptions(service_model)
