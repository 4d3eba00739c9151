"""Defines the commands of `provision keys`, their options and arguments."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from provision.cli.command_classes import Verbs
from provision.cli.completions import complete_keys
from provision.cli.options import json_option, pass_session

if TYPE_CHECKING:
    from provision.commands.session import Session

_key_argument = click.argument("key", metavar="KEY", shell_complete=complete_keys)


@click.group("keys", cls=Verbs, short_help="List API keys, or change them without downtime.")
def keys_group() -> None:
    """List API keys, and replace them without downtime.

    `rotate` creates a new key next to the old one, and both work. When all clients have moved,
    `disable` the old one, and `remove` it when no client needs it. KEY is an id that `list` shows,
    or a name that only one key has. Only `provision outputs api_key` prints a value.
    """


@keys_group.command("list")
@json_option
@pass_session
def list_keys(session: Session) -> int:
    """List all keys of the stack, retired ones too; no values."""
    from provision.commands import keys  # noqa: PLC0415

    return keys.list_keys(session)


@keys_group.command()
@click.argument("name", shell_complete=complete_keys)
@json_option
@pass_session
def rotate(session: Session, name: str) -> int:
    """Create a successor of the key NAME of `api.keys`; the old one still works."""
    from provision.commands import keys  # noqa: PLC0415

    return keys.rotate(session, name)


@keys_group.command()
@_key_argument
@json_option
@pass_session
def disable(session: Session, key: str) -> int:
    """Switch a retired key off: requests with it are refused. `enable` undoes it.

    KEY is its id, or its name if no other key has that.
    """
    from provision.commands import keys  # noqa: PLC0415

    return keys.switch(session, key, enabled=False)


@keys_group.command()
@_key_argument
@json_option
@pass_session
def enable(session: Session, key: str) -> int:
    """Switch a retired key on again.

    KEY is its id, or its name if no other key has that.
    """
    from provision.commands import keys  # noqa: PLC0415

    return keys.switch(session, key, enabled=True)


@keys_group.command()
@_key_argument
@json_option
@pass_session
def remove(session: Session, key: str) -> int:
    """Delete a retired key that is switched off. The next `rotate` does so as well.

    KEY is its id, or its name if no other key has that.
    """
    from provision.commands import keys  # noqa: PLC0415

    return keys.remove(session, key)
