"""Renders the API keys of a stack as a table, never their values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

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


def old_keys(names: Iterable[tuple[str, ApiKey]]) -> list[Text]:
    """Return a line for each retired key that still works."""
    return [
        Text(f"· {node}: the key {old.id}, retired {old.retired_on}, still works", style="yellow")
        for node, key in names
        for old in key.retired
        if old.enabled
    ]


def _current(key: ApiKey) -> Text:
    if key.enabled:
        return Text("in use", style="green")
    return Text("switched off by another party: `up` switches it on", style="yellow")


def _old(old: RetiredKey) -> Text:
    works = "still works" if old.enabled else "switched off"
    return Text(f"retired {old.retired_on}, {works}", style="yellow" if old.enabled else "dim")
