"""Asks questions whose answer is yes or no, and knows whether anyone can answer."""

from __future__ import annotations

import os
import sys
from typing import Final

import click

from provision.commands.invocation import Invocation
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


def is_unattended(call: Invocation) -> bool:
    """Return whether no one can answer a question, which would wait for ever."""
    keyboard = sys.stdin is not None and sys.stdin.isatty()
    return bool(call.as_json or not keyboard or os.environ.get("CI"))


def _understood(answer: str) -> bool:
    known = _ANSWERS.get(answer.strip().lower())
    if known is None:
        raise click.UsageError("answer y for yes, or n (or Enter alone) for no")
    return known
