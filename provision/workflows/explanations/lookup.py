"""Finds what a word explains: an error's code or a word of the glossary; and what is similar."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from provision.workflows.explanations.data_errors import DATA_ERRORS
from provision.workflows.explanations.entries import ErrorEntry
from provision.workflows.explanations.run_errors import RUN_ERRORS
from provision.workflows.explanations.setup_errors import SETUP_ERRORS
from provision.workflows.explanations.words import WORDS

ERRORS: Final[Mapping[str, ErrorEntry]] = dict(
    sorted({**SETUP_ERRORS, **RUN_ERRORS, **DATA_ERRORS}.items())
)
"""The explanation of every error, by its code."""
ERRORS_PAGE: Final = "docs/errors.md"


def key_of(typed: str) -> str:
    """Return the words as entries are called: in small letters, without the brackets of a code."""
    return " ".join(typed.strip("[]` ").lower().replace("_", " ").split())


def errors_page_of(code: str) -> str:
    return f"{ERRORS_PAGE}#{code}"


__all__ = ["ERRORS", "ERRORS_PAGE", "WORDS", "errors_page_of", "key_of"]
