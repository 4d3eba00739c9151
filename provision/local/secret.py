"""The secret that only this user's emulators know, which authenticates them and their data.

A checkout can contain a whole `.provision`, and any program can listen on a port and claim to serve
a folder. Neither knows the secret: one file in the user's own directory, used for all folders.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

import platformdirs
from filelock import FileLock, Timeout

from provision.files import check_own_directory, make_private, read_private, replace_private

_FILE: Final = "emulator.key"
_BYTES: Final = 32
_LOCK_SECONDS: Final = 10.0


def read_secret() -> bytes | None:
    """Return the secret, or None if this user has never started an emulator."""
    for directory in _places():
        with suppress(OSError):
            check_own_directory(directory)
            found = read_private(directory / _FILE)
            if found and len(found) == _BYTES:
                return found
    return None


def make_secret() -> bytes:
    """Return the secret, creating it if needed. Raise OSError if it can be stored nowhere."""
    if found := read_secret():
        return found
    failed = OSError("no directory of this user's own can be written")
    for directory in _places():
        try:
            make_private(directory)
            check_own_directory(directory)
            with FileLock(directory / f"{_FILE}.lock", timeout=_LOCK_SECONDS):
                if found := read_secret():
                    return found
                made = secrets.token_bytes(_BYTES)
                replace_private(directory / _FILE, made)
                return made
        except Timeout:  # an OSError too; another process holds the lock and makes the secret here
            raise
        except OSError as error:
            failed = error
    raise failed


def key_of(secret: bytes, root: str) -> str:
    """Return the key of the emulator of a folder, which it receives at start and proves to know."""
    return _signed(secret, f"emulator\n{root}")


def proof(key: str, nonce: str, port: int) -> str:
    """Return the proof of the key. It includes the port, so no other emulator's can be relayed."""
    return _signed(key.encode(), f"{port}\n{nonce}")


def data_name(secret: bytes) -> str:
    """Return the name of the data folder. It cannot be guessed, so no one can plant data there."""
    return f"data-{_signed(secret, 'data')[:32]}"


def _signed(key: bytes, text: str) -> str:
    # A folder's name may be bytes that are not valid UTF-8.
    return hmac.new(key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _places() -> Iterator[Path]:
    """Yield the directories that may hold the secret.

    The second is for users, as in containers, without a home directory or with a read-only one.
    """
    with suppress(RuntimeError):
        usual = platformdirs.user_state_path("provision", appauthor=False)
        if usual.is_absolute():
            yield usual
    if hasattr(os, "getuid"):
        yield Path(tempfile.gettempdir(), f"provision-{os.getuid()}")
