"""Holds what every JSON document begins with, and the document of an error.

It imports no AWS SDK: an error in the command line is reported without it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from provision.errors import ProvisionError
from provision.workflows import json_text

SCHEMA: Final = 1
"""The version of all documents. Fields may be added under one version; none changes its meaning."""


def as_text(document: Mapping[str, Any], default: Callable[[object], Any] | None = None) -> str:
    """Return a document as it is printed, strictly JSON.

    `default` converts what JSON has no type for.
    """
    try:
        return json.dumps(document, indent=2, default=default, allow_nan=False)
    except ValueError:  # a number such as `.inf` in config.yaml, which JSON lacks
        value = json_text.strict(json.dumps(document, default=default))
        return json.dumps(value, indent=2, allow_nan=False)


def error_document(error: ProvisionError) -> str:
    """Return the document of a command that failed before it could observe anything."""
    return as_text({"schema": SCHEMA, "error": error_fields(error)})


def error_fields(error: ProvisionError) -> dict[str, str | int | None]:
    """Return the error as documents contain it."""
    return {
        "exit_code": error.exit_code,
        "code": error.code,
        "message": "\n".join(error.lines),
        "hint": error.hint or None,
    }
