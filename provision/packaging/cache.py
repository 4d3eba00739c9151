"""Built zips, kept with the user and not in the checkout, and believed only as far as they can be
checked: against what they were made of and against their own digest.

What is damaged, or was made of something else, is built again. A directory that is not the user's
alone, or that a checkout could have filled, is not used: then the zips live as long as the process.
"""

from __future__ import annotations

import atexit
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import platformdirs

from provision.errors import ProvisionError
from provision.files import (
    Planted,
    check_own_directory,
    make_private,
    read_private,
    replace_private,
)
from provision.packaging.archive import ZIPPED_LIMIT, Archive

KEPT_SECONDS: Final = 30 * 24 * 3600.0
"""How long a zip is kept after its last use."""

_FORMAT: Final = 2  # of the manifest, and of what the same inputs are made into


class CacheFailed(ProvisionError):
    """A zip cannot be put on disk."""


@dataclass(frozen=True)
class Cache:
    """Zips by their digest in one directory, and for each layer a manifest of what it is made of.
    Processes may share it."""

    directory: Path
    downloads: Path | None = None
    """Where the installer keeps what it downloads; None: where the user has it."""

    def layer(self, inputs: Mapping[str, str]) -> Archive | None:
        """What was made of these inputs, unless it is damaged or was never made."""
        manifest = self._manifest(inputs)
        try:
            kept = json.loads(read_private(manifest) or b"null")
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or kept.get("inputs") != _told(inputs):
            return None
        bundle = self._bundle(str(kept.get("zip")))
        if bundle:
            _touch(manifest)
        return bundle

    def keep_layer(self, inputs: Mapping[str, str], bundle: Archive) -> None:
        """The zip first: a manifest never names one that is not there."""
        self.keep(bundle)
        told = {"inputs": _told(inputs), "zip": bundle.sha256}
        self._write(self._manifest(inputs), json.dumps(told, indent=1).encode())

    def keep(self, bundle: Archive) -> Path:
        """The file that holds it, whole."""
        path = self._zip(bundle.sha256)
        if self._bundle(bundle.sha256) is None:
            self._write(path, bundle.content)
        return path

    def _bundle(self, digest: str) -> Archive | None:
        path = self._zip(digest)
        try:
            content = read_private(path, ZIPPED_LIMIT)
        except (OSError, ValueError):  # a digest that is no part of a name
            return None
        bundle = Archive.of(content) if content is not None else None
        if bundle is None or bundle.sha256 != digest:
            return None
        _touch(path)
        return bundle

    def _zip(self, digest: str) -> Path:
        return self.directory / f"{digest}.zip"

    def _manifest(self, inputs: Mapping[str, str]) -> Path:
        key = hashlib.sha256(json.dumps(_told(inputs), sort_keys=True).encode()).hexdigest()
        return self.directory / f"{key}.json"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            make_private(self.directory)
            replace_private(path, content)
        except OSError as error:
            raise CacheFailed(
                f"{path} cannot be written: {error.strerror or error}",
                hint="free space there; XDG_CACHE_HOME names another place",
            ) from error


def open_cache(checkout: Path, say: Callable[[str], None]) -> Cache:
    """The user's cache; one for this process alone where that cannot be trusted or written to."""
    try:
        directory = platformdirs.user_cache_path("provision", appauthor=False) / "packages"
        _check_place(directory, checkout)
        make_private(directory)
        check_own_directory(directory)
        if not os.access(directory, os.W_OK):
            raise Planted(directory, "cannot be written to")
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links, or no home directory
        why = error.strerror if isinstance(error, OSError) else error
        say(f"packages are built for this run only, and not kept: {why}")
        directory = Path(tempfile.mkdtemp(prefix="provision-"))
        atexit.register(shutil.rmtree, directory, ignore_errors=True)
        return Cache(directory, directory / "downloads")
    _forget_old(directory)
    asked = os.environ.get("UV_CACHE_DIR")
    if asked and not _is_trusted(Path(asked), checkout):
        return Cache(directory, directory.with_name("downloads"))
    return Cache(directory)


def _check_place(directory: Path, checkout: Path) -> None:
    if not directory.is_absolute():
        raise Planted(directory, "is no absolute path: there is no home directory")
    if directory.resolve().is_relative_to(checkout.resolve()):
        raise Planted(directory, f"is inside {checkout}, which others may have filled")


def _is_trusted(directory: Path, checkout: Path) -> bool:
    """Whether the user alone can have filled it. One that is not there yet will be the user's."""
    try:
        _check_place(directory.absolute(), checkout)
        check_own_directory(directory.resolve())
    except FileNotFoundError:
        return True
    except (OSError, RuntimeError):
        return False
    return True


def _told(inputs: Mapping[str, str]) -> dict[str, str]:
    return {"format": str(_FORMAT), **inputs}


def _touch(path: Path) -> None:
    with suppress(OSError):
        os.utime(path)


def _forget_old(directory: Path) -> None:
    oldest = time.time() - KEPT_SECONDS
    with suppress(OSError):
        for path in directory.iterdir():
            with suppress(OSError):
                if path.lstat().st_mtime < oldest and not path.is_dir():
                    path.unlink()
