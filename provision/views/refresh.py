"""Shows the result of `refresh` as lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path

from rich.console import Console
from rich.text import Text

from provision.views.formatting import by_area, pluralize
from provision.workflows.refresh import RecordStatus, RefreshEntry, RefreshResult

_STYLES = {
    RecordStatus.RECORDED: ("=", "green"),
    RecordStatus.GONE: ("-", "red"),
    RecordStatus.FOREIGN: ("!", "bold red"),
    RecordStatus.UNSURE: ("?", "yellow"),
    RecordStatus.UNSEEN: ("·", "dim"),
}


def print_refreshed(
    console: Console,
    stack: str,
    found: RefreshResult,
    command: Callable[..., str],
    aside: Mapping[Path, str],
) -> None:
    """Print a line for each record that differed from AWS, and a summary.

    `command` builds a command line that can be pasted. `aside`: why a state file could not be read,
    by the file that it was renamed to.
    """
    for file, why in aside.items():
        words = (
            f"! {why}: kept as {file}. Nodes that config.yaml no longer has are recorded only there"
        )
        console.print(Text(words, style="yellow"), soft_wrap=True)
    entries = {entry.node: entry for entry in found.entries}
    for nodes in by_area(entries).values():
        for entry in (entries[node] for node in nodes):
            if words := _words(entry):
                sign, style = _STYLES[entry.fate]
                text = Text(f"{sign} ", style=style).append(entry.node, style="bold")
                text.append(f"  {entry.name}  ", style="dim").append(words, style=style)
                console.print(text, soft_wrap=True)
    counts = Counter(entry.fate for entry in found.entries)
    said = [f"{pluralize(len(found.records), 'record')}"]
    said += [f"{counts[fate]} {fate}" for fate in list(RecordStatus)[1:] if counts[fate]]
    console.print(Text(f"The state of {stack} matches AWS: {', '.join(said)}."), soft_wrap=True)
    if not found.records:
        words = f"Nothing of {stack} is in AWS: `{command('up')}` creates it."
        console.print(Text(words), soft_wrap=True)


def _words(entry: RefreshEntry) -> str:
    """Return the text that describes an entry, or "" if its record was right."""
    match entry.fate:
        case RecordStatus.GONE:
            ended = f"its {entry.begun} had begun; " if entry.begun else ""
            return f"{ended}it does not exist: record dropped"
        case RecordStatus.FOREIGN:
            return "exists and does not belong to this stack"
        case RecordStatus.UNSURE:
            return "its delete had begun and it still exists: the next `up` or `down` decides"
        case RecordStatus.UNSEEN:
            return "cannot be read here: record unchanged"
    if not entry.known:
        return "found"
    if entry.begun:
        return f"its {entry.begun} had begun; recorded as it is now"
    return f"record updated: {', '.join(entry.moved)}" if entry.moved else ""
