"""Defines the commands of `provision keys`, their options and arguments."""

from __future__ import annotations

import click

from provision.cli.command_classes import Verbs
from provision.cli.options import json_option, open_session


@click.group("keys", cls=Verbs, short_help="List API keys, or change them without downtime.")
def keys_group() -> None:
    """The API keys: which there are, and their change without a moment in which none works.

    `rotate` makes a successor beside the old key, and both work. When all clients have moved,
    `disable` the old one, and `remove` it when nobody missed it. Values are told by
    `provision outputs api_key` only.
    """


@keys_group.command("list")
@json_option
@click.pass_context
def list_keys(context: click.Context, *, json: bool) -> None:
    """All keys of the stack, with those retired. No values."""
    from provision.commands.keys import list_keys as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json)))


@keys_group.command()
@click.argument("name")
@json_option
@click.pass_context
def rotate(context: click.Context, name: str, *, json: bool) -> None:
    """Make a successor of the key NAME (of `api.keys` in config.yaml); the old one works on."""
    from provision.commands.keys import rotate as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json), name))


@keys_group.command()
@click.argument("key_id", metavar="ID")
@json_option
@click.pass_context
def disable(context: click.Context, key_id: str, *, json: bool) -> None:
    """Switch a retired key off: requests with it are refused. `enable` undoes it."""
    from provision.commands.keys import disable as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json), key_id))


@keys_group.command()
@click.argument("key_id", metavar="ID")
@json_option
@click.pass_context
def enable(context: click.Context, key_id: str, *, json: bool) -> None:
    """Switch a retired key on again."""
    from provision.commands.keys import enable as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json), key_id))


@keys_group.command()
@click.argument("key_id", metavar="ID")
@json_option
@click.pass_context
def remove(context: click.Context, key_id: str, *, json: bool) -> None:
    """Delete a retired key that is switched off. The next `rotate` does so as well."""
    from provision.commands.keys import remove as run  # noqa: PLC0415

    context.exit(run(open_session(context, as_json=json), key_id))
