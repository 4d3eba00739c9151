"""Asks questions whose answer is yes or no, and explains that on any other answer."""

from __future__ import annotations

from typing import Final

import click

from provision.commands.terminal import forget_typed
from provision.sanitizing.text import printable

_ANSWERS: Final = {"y": True, "yes": True, "n": False, "no": False}


def confirmed(question: str) -> bool:
    """Return whether the answer is yes; Enter alone is no.

    Raises click.Abort at the end of the input.
    """
    asked = f"{printable(question)} [y/N]"
    forget_typed()
    return bool(
        click.prompt(asked, default="n", show_default=False, value_proc=_understood, err=True)
    )


def _understood(answer: str) -> bool:
    known = _ANSWERS.get(answer.strip().lower())
    if known is None:
        raise click.UsageError("answer y for yes, or n (or Enter alone) for no")
    return known
