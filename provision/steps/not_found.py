"""Treats AWS's "not found" errors as an answer, for calls where that is no failure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from botocore.exceptions import ClientError

from provision.aws.error_codes import is_not_found

T = TypeVar("T")


@contextmanager
def ignore_not_found() -> Iterator[None]:
    """End the `with` block without an error if AWS answers that a resource does not exist (X6)."""
    try:
        yield
    except ClientError as error:
        if not is_not_found(error.response["Error"]["Code"]):
            raise


def found_or_none(call: Callable[[], T]) -> T | None:
    """Return what `call` does, or None if AWS answers that the resource does not exist (X6)."""
    with ignore_not_found():
        return call()
    return None
