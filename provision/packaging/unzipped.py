"""What a function comes to once Lambda has unzipped it with its layers: AWS counts them together,
and tells only after the layers were published.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path

from provision.packaging.folder import UNZIPPED_LIMIT, list_files, megabytes


def folder_size(source: Path) -> int:
    """Of a function's folder, as it will be in its zip."""
    return sum(path.stat().st_size for path in list_files(source).values())


def zip_size(path: Path) -> int:
    """Of a built layer, by the list at its end."""
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def overweight(source: int, layers: Mapping[str, int]) -> str | None:
    """What is too much, in words: function and layers count together (L23)."""
    total = source + sum(layers.values())
    if total <= UNZIPPED_LIMIT:
        return None
    sizes = {"its source": source, **{f"layer {name}": size for name, size in layers.items()}}
    parts = ", ".join(f"{name} {megabytes(size)}" for name, size in sizes.items())
    return (
        f"the function and its layers are {megabytes(total)} unzipped, {total - UNZIPPED_LIMIT:,}"
        f" bytes more than the {UNZIPPED_LIMIT:,} that Lambda takes together: {parts}"
    )
