"""The unzipped size of a function with its layers.

Lambda limits their sum, and reports an excess only after the layers were published.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from provision.packaging.exclusion import packed_files
from provision.packaging.folder import UNZIPPED_LIMIT, megabytes


def folder_size(source: Path, exclude: Sequence[str] = ()) -> int:
    """Return the bytes of the files of a function's folder that are put into its zip."""
    return sum(path.stat().st_size for path in packed_files(source, exclude).values())


def zip_size(path: Path) -> int:
    """Return the unzipped bytes of a built layer, from the zip's directory of entries."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def overweight(source: int, layers: Mapping[str, int]) -> str | None:
    """Return why a function with its layers is too large, or None; their sum counts (L23)."""
    total = source + sum(layers.values())
    if total <= UNZIPPED_LIMIT:
        return None
    sizes = {"its source": source, **{f"layer {name}": size for name, size in layers.items()}}
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in sizes.items())
    return (
        f"the function and its layers are {megabytes(total)} unzipped, {total - UNZIPPED_LIMIT:,}"
        f" bytes more than the {UNZIPPED_LIMIT:,} that Lambda allows together: {parts}"
    )
