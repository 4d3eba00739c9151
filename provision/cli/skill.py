"""Defines the command `provision skill`."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verb
from provision.sanitizing.text import put_document


@click.command("skill", cls=Verb, short_help="Print SKILL.md: instructions for a coding agent.")
def skill() -> None:
    """Print SKILL.md, the instructions for an agent that works with this tool: which command is for
    what, what it must never do unasked, and how it goes on after an error.

    \b
    For example: provision skill > .claude/skills/provision/SKILL.md
    """
    from importlib import resources  # noqa: PLC0415

    text = (resources.files("provision") / "SKILL.md").read_text(encoding="utf-8")
    put_document(text.rstrip("\n"))
