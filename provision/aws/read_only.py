"""Refuses writes while a block of code may only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from provision.aws.client import Aws


@contextmanager
def only_reading(aws: Aws) -> Iterator[None]:
    """Refuse every write in the block with `ReadOnlyViolation`."""
    before, aws.read_only = aws.read_only, True
    try:
        yield
    finally:
        aws.read_only = before
