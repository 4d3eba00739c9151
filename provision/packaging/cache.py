"""A cache of built zips in the user's cache directory, outside of the checkout.

A zip is used only if its digest is right and, for a layer, its recorded inputs are the same;
otherwise it is built again. A directory that other users can write to, or that a checkout could
have filled, is not used: the zips are then kept only until the process ends.
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

_FORMAT: Final = 2  # version of the manifest and of how a zip is built from its inputs


class CacheFailed(ProvisionError):
    """A zip that cannot be written to disk."""


@dataclass(frozen=True)
class Cache:
    """A directory of zips named by their digests, and of manifests that list a layer's inputs.

    Processes may share it.
    """

    directory: Path
    downloads: Path | None = None
    """The installer's download cache; None for the user's usual one."""

    def layer(self, inputs: Mapping[str, str]) -> Archive | None:
        """Return the layer built from these inputs, or None if it is missing or damaged."""
        manifest = self._manifest(inputs)
        try:
            kept = json.loads(read_private(manifest) or b"null")
        except (OSError, ValueError, RecursionError):
            return None
        if not isinstance(kept, dict) or kept.get("inputs") != _described(inputs):
            return None
        bundle = self._archive(str(kept.get("zip")))
        if bundle:
            _touch(manifest)
        return bundle

    def keep_layer(self, inputs: Mapping[str, str], bundle: Archive) -> None:
        """Store a layer's zip, then its manifest, which thus never names a missing zip."""
        self.keep(bundle)
        told = {"inputs": _described(inputs), "zip": bundle.sha256}
        self._write(self._manifest(inputs), json.dumps(told, indent=1).encode())

    def keep(self, bundle: Archive) -> Path:
        """Store the zip unless it is there undamaged, and return its file."""
        path = self._zip(bundle.sha256)
        if self._archive(bundle.sha256) is None:
            self._write(path, bundle.content)
        return path

    def _archive(self, digest: str) -> Archive | None:
        path = self._zip(digest)
        try:
            content = read_private(path, ZIPPED_LIMIT)
        except (OSError, ValueError):  # ValueError: a digest that cannot be part of a file name
            return None
        bundle = Archive.of(content) if content is not None else None
        if bundle is None or bundle.sha256 != digest:
            return None
        _touch(path)
        return bundle

    def _zip(self, digest: str) -> Path:
        return self.directory / f"{digest}.zip"

    def _manifest(self, inputs: Mapping[str, str]) -> Path:
        key = hashlib.sha256(json.dumps(_described(inputs), sort_keys=True).encode()).hexdigest()
        return self.directory / f"{key}.json"

    def _write(self, path: Path, content: bytes) -> None:
        try:
            make_private(self.directory)
            replace_private(path, content)
        except OSError as error:
            raise CacheFailed(
                f"{path} cannot be written: {error.strerror or error}",
                hint="free space there; or set XDG_CACHE_HOME to another place",
            ) from error


def open_cache(checkout: Path, say: Callable[[str], None]) -> Cache:
    """Return the user's cache, or a temporary one if that cannot be trusted or written to.

    `say` is then called with the reason.
    """
    try:
        directory = platformdirs.user_cache_path("provision", appauthor=False) / "packages"
        _check_place(directory, checkout)
        make_private(directory)
        check_own_directory(directory)
        if not os.access(directory, os.W_OK):
            raise Planted(directory, "cannot be written to")
    except (OSError, RuntimeError) as error:  # RuntimeError: a loop of links or no home directory
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
    """Return whether only the user can have filled the directory.

    One that does not exist yet is trusted: the user will own it.
    """
    try:
        _check_place(directory.absolute(), checkout)
        check_own_directory(directory.resolve())
    except FileNotFoundError:
        return True
    except (OSError, RuntimeError):
        return False
    return True


def _described(inputs: Mapping[str, str]) -> dict[str, str]:
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
