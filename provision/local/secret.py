"""What this user's emulators know and nobody else: by it one is believed to be ours, and what it
keeps is read.

A checkout can hold a whole `.provision`, and any program can listen on a port and claim a folder.
Neither knows the secret: one file in the user's own directory, for all folders.
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
    """None where no emulator was ever started by this user."""
    for directory in _places():
        with suppress(OSError):
            check_own_directory(directory)
            found = read_private(directory / _FILE)
            if found and len(found) == _BYTES:
                return found
    return None


def make_secret() -> bytes:
    """The one there is, or a new one. Raises OSError where it can be kept nowhere."""
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
        except Timeout:  # an OSError too: there is a secret, or will be in a moment
            raise
        except OSError as error:
            failed = error
    raise failed


def key_of(secret: bytes, root: str) -> str:
    """What the emulator of a folder is told, and proves to know."""
    return _signed(secret, f"emulator\n{root}")


def proof(key: str, nonce: str, port: int) -> str:
    """By the port too: a program in between cannot pass on what another emulator answers."""
    return _signed(key.encode(), f"{port}\n{nonce}")


def data_name(secret: bytes) -> str:
    """The folder of the data. Who cannot guess it plants nothing there."""
    return f"data-{_signed(secret, 'data')[:32]}"


def _signed(key: bytes, text: str) -> str:
    # A folder's name may be bytes that are no text.
    return hmac.new(key, text.encode(errors="surrogatepass"), hashlib.sha256).hexdigest()


def _places() -> Iterator[Path]:
    """A user of a container may have no home, or one that cannot be written."""
    with suppress(RuntimeError):
        usual = platformdirs.user_state_path("provision", appauthor=False)
        if usual.is_absolute():
            yield usual
    if hasattr(os, "getuid"):
        yield Path(tempfile.gettempdir(), f"provision-{os.getuid()}")
