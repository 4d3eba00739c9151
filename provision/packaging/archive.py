"""Reproducible zips for Lambda: the same bytes for the same content, on every system."""

from __future__ import annotations

import base64
import hashlib
import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from provision.packaging.exclusion import packed_files
from provision.packaging.folder import (
    PackagingFailed,
    check_sizes,
    read_file,
    too_large,
)

ZIPPED_LIMIT: Final = 52_428_800  # bytes of a zip that is sent in the call itself (L23)

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)  # the earliest time that a zip can hold
# One mode for all files: Windows has no modes, and helper programs must stay executable.
_MODE: Final = 0o100755


@dataclass(frozen=True)
class Archive:
    """A zip to be uploaded."""

    content: bytes
    sha256: str  # hexadecimal, for the description of a layer version (L24)
    code_sha256: str  # base64, as in Lambda's CodeSha256 (L22)

    @classmethod
    def of(cls, content: bytes) -> Archive:
        digest = hashlib.sha256(content)
        return cls(content, digest.hexdigest(), base64.b64encode(digest.digest()).decode("ascii"))


def zip_directory(source: Path, exclude: Sequence[str] = ()) -> Archive:
    """Return the zip of a function's folder, with the files that `packed_files` selects."""
    return zip_files(packed_files(source, exclude), str(source))


def zip_files(files: Mapping[str, Path], source: str) -> Archive:
    """Return the zip of the files, given by their names in it. Errors call them `source`.

    Raise `PackagingFailed` if there are none, or if they exceed Lambda's limits.
    """
    if not files:
        raise PackagingFailed(
            f"{source} holds nothing to put into a zip", hint="put the code there"
        )
    check_sizes(files, source)
    contents = {name: read_file(path) for name, path in files.items()}
    # zlib, zlib-ng and Apple's zlib compress the same bytes differently, and Lambda takes another
    # zip for a new version. So files are compressed only if the zip would not fit otherwise (L22).
    content = _zipped(contents, zipfile.ZIP_STORED)
    if len(content) > ZIPPED_LIMIT:
        content = _zipped(contents, zipfile.ZIP_DEFLATED)
    if len(content) > ZIPPED_LIMIT:
        sizes = {name: len(each) for name, each in contents.items()}
        raise too_large(source, "zipped", len(content), ZIPPED_LIMIT, sizes)
    return Archive.of(content)


def _zipped(contents: Mapping[str, bytes], compression: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in sorted(contents):
            entry = zipfile.ZipInfo(name, _EPOCH)
            entry.create_system = 3  # otherwise it names the system that made the zip
            entry.external_attr = _MODE << 16
            archive.writestr(entry, contents[name], compress_type=compression, compresslevel=9)
    return out.getvalue()
