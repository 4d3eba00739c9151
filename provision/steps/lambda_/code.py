"""Reads the zip of a function or layer for upload and checks it first."""

from __future__ import annotations

from pathlib import Path

from provision.errors import ProvisionError
from provision.packaging.archive import ZIPPED_LIMIT, Archive

_MEGABYTE = 1_048_576


class ZipUnusable(ProvisionError):
    """The zip is missing, too large, or not the one that the plan was made with."""


def read_zip(path: str, owner: str, digest: str) -> bytes:
    """Return the zip's content, or raise `ZipUnusable`.

    `owner` names the function or layer in errors. `digest` is the SHA-256 that the plan was made
    with, in hexadecimal or base64.
    """
    file = Path(path)
    try:
        size = file.stat().st_size
        if size > ZIPPED_LIMIT:  # AWS refuses it only after the whole upload (L23)
            raise ZipUnusable(
                f"the zip of {owner} is {size / _MEGABYTE:.1f} MiB; Lambda takes"
                f" {ZIPPED_LIMIT / _MEGABYTE:.0f} MiB in a direct upload",
                hint="remove what the code does not import, or move packages to another layer",
            )
        bundle = Archive.of(file.read_bytes())
    except OSError as error:
        raise ZipUnusable(
            f"the zip of {owner} cannot be read: {file}: {error.strerror or error}",
            hint="run the same command again: it is built again",
        ) from error
    if digest not in {bundle.sha256, bundle.code_sha256}:
        raise ZipUnusable(
            f"the zip of {owner} is no longer the one that the plan was made with: {file}",
            hint="run the same command again: it plans with the current one",
        )
    return bundle.content
