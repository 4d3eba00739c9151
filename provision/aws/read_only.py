"""Writes refused for as long as something only looks."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from provision.aws.client import Aws


@contextmanager
def only_reading(aws: Aws) -> Iterator[None]:
    """Whatever the block does, no write leaves."""
    before, aws.read_only = aws.read_only, True
    try:
        yield
    finally:
        aws.read_only = before
