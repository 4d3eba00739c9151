"""Shows which files of the functions' folders are packed, with their sizes."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from provision.config import Config
from provision.packaging.exclusion import packed_files
from provision.views.formatting import pluralize


def print_packed(console: Console, config: Config) -> None:
    """Print the files of each function's zip and their bytes, for `plan -v`."""
    for key, function in config.functions.items():
        sizes = {
            name: path.stat().st_size
            for name, path in packed_files(function.source, function.exclude).items()
        }
        console.print(
            Text(
                f"function.{key} packs {pluralize(len(sizes), 'file')},"
                f" {sum(sizes.values()):,} bytes:"
            ),
            soft_wrap=True,
        )
        for name, size in sorted(sizes.items()):
            console.print(Text(f"  {size:>11,}  {name}"), soft_wrap=True)
