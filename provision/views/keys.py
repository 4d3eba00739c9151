"""Renders the API keys of a stack as a table and as a JSON document, never their values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from provision.steps.apigateway.api_key import ApiKey, RetiredKey
from provision.views.console import print_page


def print_keys(console: Console, keys: Mapping[str, ApiKey], command: Callable[..., str]) -> None:
    """Print a line for each key, the one that clients are to use first.

    `command` builds a command line that can be pasted.
    """
    table = Table(box=None, padding=(0, 2, 0, 0))
    for title in ("Key", "id", "made", "state"):
        table.add_column(title, header_style="bold", overflow="fold")
    for name, key in keys.items():
        if not key.due:
            table.add_row(Text(name, style="bold"), key.id, key.made_on, _current(key))
        for old in key.retired:
            table.add_row(name, old.id, old.made_on, _old(old))
    print_page(console, table)
    for name, key in keys.items():
        if key.due:
            words = f"{name} has no successor yet: {command('keys', 'rotate', name)}"
            console.print(Text(words), soft_wrap=True)


def keys_document(stack: str, keys: Mapping[str, ApiKey]) -> str:
    """Return the JSON document of the keys.

    It is `{"schema": 1, "stack", "keys": [{"name", "id", "enabled", "made_on", "retired_on"}]}`;
    `retired_on` is null for the key that clients are to use.
    """
    listed: list[Mapping[str, Any]] = []
    for name, key in keys.items():
        if not key.due:
            listed.append(_entry(name, key.id, key.made_on, None, enabled=key.enabled))
        listed += [
            _entry(name, o.id, o.made_on, o.retired_on, enabled=o.enabled) for o in key.retired
        ]
    return json.dumps({"schema": 1, "stack": stack, "keys": listed}, indent=2)


def old_keys(names: Iterable[tuple[str, ApiKey]]) -> list[Text]:
    """Return a line for each retired key that still works."""
    return [
        Text(f"· {node}: the key {old.id}, retired {old.retired_on}, still works", style="yellow")
        for node, key in names
        for old in key.retired
        if old.enabled
    ]


def _entry(
    name: str, key_id: str, made_on: str, retired_on: str | None, *, enabled: bool
) -> Mapping[str, Any]:
    return {
        "name": name,
        "id": key_id,
        "enabled": enabled,
        "made_on": made_on,
        "retired_on": retired_on,
    }


def _current(key: ApiKey) -> Text:
    if key.enabled:
        return Text("in use", style="green")
    return Text("switched off by somebody: `up` switches it on", style="yellow")


def _old(old: RetiredKey) -> Text:
    works = "still works" if old.enabled else "switched off"
    return Text(f"retired {old.retired_on}, {works}", style="yellow" if old.enabled else "dim")
