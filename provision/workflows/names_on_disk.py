"""Reads the names of a project for a shell's completion: quickly, and without checking anything.

A completed word is put on the command line as it is, and some shells do not quote it. The files may
be another party's, so only names of harmless characters are returned. It imports no AWS SDK and no
configuration, which would take longer than a user waits for Tab.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from provision import LOCAL_ENVIRONMENT

_HARMLESS: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.~-]{0,127}")
_HARMLESS_ROUTE: Final = re.compile(r"[A-Z]{1,10} /[A-Za-z0-9_.~{}+/-]{0,250}")
_OVERLAYS: Final = "environments"
_AREAS: Final = {"tables": "table", "functions": "function", "layers": "layer"}
"""The sections of config.yaml whose entries are nodes, and the beginning of their names."""
_EVENTS: Final = "events"


@dataclass(frozen=True)
class Outline:
    """The names in config.yaml: of its environments, and of all that it names itself.

    `routes` are as it writes them, with a blank.
    """

    environment: str = ""
    environments: tuple[str, ...] = ()
    functions: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    layers: tuple[str, ...] = ()
    routes: tuple[str, ...] = ()
    keys: tuple[str, ...] = ("default",)


def outline_of(config: Path) -> Outline:
    """Return the names of a file, those of all environments together; none if it is unreadable."""
    import yaml  # noqa: PLC0415  (most of what is completed does without it)

    from provision.files import read_regular  # noqa: PLC0415

    try:
        text = read_regular(config).decode()
        top = _mapping(yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader)))
    except (OSError, ValueError, RecursionError, yaml.YAMLError):
        return Outline()
    overlays = _mapping(top.get(_OVERLAYS))
    parts = [top, *(_mapping(each) for each in overlays.values())]
    (own, *_) = (*_harmless([str(getattr(top.get("environment"), "value", ""))]), "")
    named = {
        section: _harmless(name for part in parts for name in _mapping(part.get(section)))
        for section in _AREAS
    }
    apis = [_mapping(part.get("api")) for part in parts]
    keys = _harmless(name for api in apis for name in _elements(api.get("keys")))
    return Outline(
        own,
        _harmless((own, *overlays, LOCAL_ENVIRONMENT)),
        named["functions"],
        tuple(f"{area}.{name}" for section, area in _AREAS.items() for name in named[section]),
        named["tables"],
        named["layers"],
        tuple(dict.fromkeys(route for api in apis for route in _routes(api.get("routes")))),
        keys or Outline.keys,
    )


def recorded_nodes(directory: Path) -> tuple[str, ...]:
    """Return the nodes that a state directory has, deleted ones too if it ended on them."""
    try:
        return _harmless(_recorded(directory))
    except (OSError, ValueError, RecursionError):
        return ()


def state_directory(config: Path, state: Path | None, environment: str) -> Path:
    """Return the directory of the state that the options lead to."""
    from provision.files import HOME  # noqa: PLC0415

    return state or config.parent / HOME / environment


def saved_events(config: Path) -> tuple[str, ...]:
    """Return the names that `invoke --event` takes."""
    try:
        return _harmless(sorted(each.stem for each in (config.parent / _EVENTS).glob("*.json")))
    except OSError:
        return ()


def _recorded(directory: Path) -> Iterator[str]:
    from provision.files import read_private  # noqa: PLC0415

    state = json.loads(read_private(directory / "state.json") or b"{}")
    records = state.get("records") if isinstance(state, dict) else None
    yield from records if isinstance(records, dict) else ()
    for line in (read_private(directory / "journal.jsonl") or b"").splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, list) and entry:
            yield str(entry[0])


def _mapping(node: Any) -> dict[str, Any]:
    """Return the entries of a YAML mapping by their keys; none of any other node."""
    pairs = getattr(node, "value", None)
    if getattr(node, "id", "") != "mapping" or not isinstance(pairs, list):
        return {}
    return {str(key.value): value for key, value in pairs if key.id == "scalar"}


def _elements(node: Any) -> list[str]:
    """Return the texts of a YAML sequence; none of any other node."""
    found = getattr(node, "value", None)
    if getattr(node, "id", "") != "sequence" or not isinstance(found, list):
        return []
    return [str(each.value) for each in found if each.id == "scalar"]


def _routes(node: Any) -> list[str]:
    return [route for route in _mapping(node) if _HARMLESS_ROUTE.fullmatch(route)]


def _harmless(names: Iterable[str]) -> tuple[str, ...]:
    """Return the names that a shell takes for one word and nothing else, each once."""
    return tuple(dict.fromkeys(name for name in names if _HARMLESS.fullmatch(name)))
