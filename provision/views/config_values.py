"""Prints values of config.yaml: what they are, where they come from, what a change of one does."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Final

from provision.config.examples import Fragment
from provision.config.reference import as_flow
from provision.config.values import DEFAULT, FILE, ConfigValue, Origin
from provision.model.risks import Risk
from provision.sanitizing.text import is_terminal, put
from provision.views.explain import put_paragraph
from provision.workflows.change_effects import IDENTITY_KEYS, Effect, Trial

_COLUMN: Final = 58
"""The column of the places in a list of values."""
_MOST_NODES: Final = 6
"""The most nodes that are named for one action."""
_DONE: Final = {
    "create": "creates",
    "update": "updates",
    "publish": "publishes",
    "replace": "replaces",
    "delete": "deletes",
}


def print_values(values: Iterable[ConfigValue]) -> None:
    """Print a line for each value. On a terminal, long values are cut to the width."""
    width = shutil.get_terminal_size().columns if is_terminal(sys.stdout) else 0
    for each in values:
        said, place = f"{each.key} = {each.text}", _place(each.origin)
        most = width - len(place) - 2
        if 0 < most < len(said):
            said = f"{said[: max(1, most - 1)]}…"
        put(f"{said:<{min(_COLUMN, most) if width else _COLUMN}}  {place}")


def print_value(value: ConfigValue, trial: Trial | None, words: Callable[[str], str]) -> None:
    """Print one value, its places, what it may be, and what changing it does."""
    put(f"{value.key} = {value.text}")
    over = "; ".join(f"{_place(each)}: {each.text}" for each in value.over)
    path = f"  {value.origin.path}" if value.origin.sort == FILE else ""
    put(f"  {_place(value.origin)}{path}" + (f"  (over {over})" if over else ""))
    put_paragraph(_accepted(value))
    for line in _changing(value, trial):
        put_paragraph(words(line), hang=4)


def print_example(fragments: Iterable[Fragment]) -> None:
    """Print how an entry of the section is written, in lines to paste."""
    for number, fragment in enumerate(fragments):
        put(fragment.place if number else f"To add one. {fragment.place}")
        put(*fragment.lines)


def _place(origin: Origin) -> str:
    if origin.sort == FILE:
        return f"{origin.file}:{origin.line}"
    return DEFAULT if origin.sort == DEFAULT else origin.path


def _accepted(value: ConfigValue) -> str:
    schema = value.shape.schema
    default = f"default {as_flow(schema['default'])}" if "default" in schema else "required"
    said = value.shape.describe()
    if value.shape.named and not value.shape.fields:
        said = "names and values"
    about = f": {value.shape.description}" if value.shape.description else ""
    return f"{said}, {default}{about}"


def _changing(value: ConfigValue, trial: Trial | None) -> Iterator[str]:
    if value.key in IDENTITY_KEYS:
        yield "changing it: selects another stack or account; this stack stays as it is"
        return
    if trial is None:
        yield "changing it: `provision plan` shows what a value of yours does"
        return
    yield f"changing it, for example to {_short(as_flow(trial.value))}:"
    if not trial.effects:
        yield "  changes no resource"
        return
    for verb, done in _DONE.items():
        if nodes := [each.node for each in trial.effects if each.verb == verb]:
            yield f"  {done} {_listed(nodes)}"
    yield from _risks(trial.effects)


def _short(text: str) -> str:
    return text if len(text) <= _COLUMN else f"{text[: _COLUMN - 1]}…"


def _listed(nodes: Sequence[str]) -> str:
    more = len(nodes) - _MOST_NODES
    named = ", ".join(nodes[:_MOST_NODES])
    return f"{named} and {more} more" if more > 0 else named


def _risks(effects: Iterable[Effect]) -> Iterator[str]:
    """Yield each risk once, with the nodes that have it."""
    found: dict[Risk, list[str]] = {}
    for effect in effects:
        for risk in effect.risks:
            found.setdefault(risk, []).append(effect.node)
    for risk, nodes in found.items():
        most = risk.longest or risk.seconds
        took = f", up to {most} s" if most else ""
        yield f"  may mean {risk.impact.value}: {risk.why}{took} ({_listed(nodes)})"
    if not found:
        yield "  no downtime, and no other risk to users"
