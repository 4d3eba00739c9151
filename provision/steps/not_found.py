"""A thing that is not there is often an answer and no error: one place says which codes mean it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from botocore.exceptions import ClientError

from provision.aws.error_codes import is_not_found


@contextmanager
def ignore_not_found() -> Iterator[None]:
    """Ends the block quietly where AWS says that what it asks for is not there (X6)."""
    try:
        yield
    except ClientError as error:
        if not is_not_found(error.response["Error"]["Code"]):
            raise
