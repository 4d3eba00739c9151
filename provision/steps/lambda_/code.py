"""Reads the zip of a function or layer for upload, or says why it cannot be uploaded."""

from __future__ import annotations

from pathlib import Path

from provision.errors import ProvisionError
from provision.packaging.archive import ZIPPED_LIMIT, Archive

_MEGABYTE = 1_048_576


class ZipUnusable(ProvisionError):
    """The zip is not there, too large, or not the one that was planned with."""


def read_zip(path: str, owner: str, digest: str) -> bytes:
    """The zip's content. `owner` is whose it is, for errors; `digest` (hexadecimal or base64) is
    what was planned with."""
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > ZIPPED_LIMIT:  # refused by AWS only after the whole of it was sent (L23)
            raise ZipUnusable(
                f"the zip of {owner} is {size / _MEGABYTE:.1f} MiB; Lambda takes"
                f" {ZIPPED_LIMIT / _MEGABYTE:.0f} MiB in a direct upload",
                hint="take out what the code does not import, or move packages to another layer",
            )
        bundle = Archive.of(file.read_bytes())
    except OSError as error:
        raise ZipUnusable(
            f"the zip of {owner} cannot be read: {file}: {error.strerror or error}",
            hint="run the same command again: it is built anew",
        ) from error
    if digest not in {bundle.sha256, bundle.code_sha256}:
        raise ZipUnusable(
            f"the zip of {owner} is no longer the one that was planned with: {file}",
            hint="run the same command again: it plans with what is there now",
        )
    return bundle.content
