"""Knows AWS's regions, from the data of the installed botocore."""

from __future__ import annotations

from functools import cache


@cache
def partitions() -> dict[str, str]:
    """Return the partition of every region of AWS that the installed botocore knows."""
    # The import takes a tenth of a second, which `--help` must not pay.
    from botocore.loaders import Loader  # noqa: PLC0415

    return {
        region: partition["id"]
        for partition in Loader().load_data("partitions")["partitions"]
        for region in partition["regions"]
        if not region.endswith("-global")
    }


def known_regions() -> tuple[str, ...]:
    """Return the names of these regions."""
    return tuple(partitions())
