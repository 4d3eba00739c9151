"""Merges `environments`, the changes of each environment, over the rest of the file."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from provision import LOCAL_ENVIRONMENT
from provision.config.problems import Problem, suggest
from provision.config.schema.json_schema import OVERLAYS, SchemaNode, config_shape
from provision.config.schema.types import NAME, PATTERN_DESCRIPTIONS
from provision.config.yaml.nodes import Position, YamlEntry, YamlNode, merge

SAME_EVERYWHERE = ("name", "environment", OVERLAYS)
MOST = 50
"""The most environments in a file: each is merged and fully checked whenever the file is read."""


@dataclass(frozen=True)
class Variant:
    """The merged file that is in effect for one environment."""

    environment: str
    tree: YamlNode
    own: bool  # of the requested environment


def environments(root: YamlNode) -> tuple[str, ...]:
    """Return the file's environments: its own, those of the overlays, and `local`."""
    names = [
        root.string("environment") or "",
        *(name for name, _ in root.children(OVERLAYS)),
        LOCAL_ENVIRONMENT,
    ]
    return tuple(dict.fromkeys(filter(None, names)))


def variants(
    root: YamlNode, environment: str | None, region: str | None
) -> tuple[list[Variant], list[Problem]]:
    """Return the requested environment and then every other overlay, since all must be valid."""
    overlays, problems = _overlays(root)
    written = root.get("environment")
    if written and written.value == LOCAL_ENVIRONMENT:
        # Otherwise an edit of the file could make a pipeline's `plan` pass without looking at AWS.
        said = f"{LOCAL_ENVIRONMENT} is the emulator's environment, which only --local selects"
        problems.append(written.problem(said, "name one that lives in AWS, such as dev"))
    chosen = environment or root.string("environment")
    base = root.without(OVERLAYS)
    found = []
    wanted = dict.fromkeys([chosen or "", *overlays]) if chosen else dict.fromkeys(["", *overlays])
    for at, name in enumerate(wanted):
        tree, more = _merged(base, overlays.get(name))
        problems += more
        if name in overlays:
            key = overlays[name]
            named = YamlNode(name, key.place, key.node.keys, name)
            tree = _with(tree, "environment", named, key.place)
        elif environment:
            tree = _given(tree, "environment", environment, "--env (or PROVISION_ENV)")
        if region and (at == 0 or not tree.get("region")):
            tree = _given(tree, "region", region, "--region (or PROVISION_REGION)")
        found.append(Variant(name, tree, own=at == 0))
    return found, problems


def _overlays(root: YamlNode) -> tuple[dict[str, YamlEntry], list[Problem]]:
    section = root.get(OVERLAYS)
    if section is None or section.value is None:
        return {}, []
    if not isinstance(section.value, dict):
        said = "expected environments and what each changes"
        return {}, [section.problem(said, f'write "{LOCAL_ENVIRONMENT}: {{}}" below it')]
    if len(section.value) > MOST:
        first = list(section.value.values())[MOST]
        said = f"{len(section.value)} environments, and a file has at most {MOST}"
        return {}, [first.problem(said, "move some to a file of their own")]
    overlays: dict[str, YamlEntry] = {}
    problems: list[Problem] = []
    for name, entry in section.value.items():
        if not re.fullmatch(NAME, name):
            problems.append(
                entry.problem(
                    f'the name "{name}" is refused: expected {PATTERN_DESCRIPTIONS[NAME]}'
                )
            )
        elif isinstance(entry.node.value, dict):
            for key in SAME_EVERYWHERE:
                if key in entry.node.value:
                    said = "cannot differ between environments"
                    problems.append(entry.node.value[key].problem(said, "remove it here"))
            overlays[name] = replace(entry, node=entry.node.without(*SAME_EVERYWHERE))
        elif entry.node.value is None:
            overlays[name] = replace(entry, node=replace(entry.node, value={}))
        else:
            problems.append(
                entry.node.problem("expected what this environment changes", 'for nothing: "{}"')
            )
    return overlays, problems


def _merged(base: YamlNode, overlay: YamlEntry | None) -> tuple[YamlNode, list[Problem]]:
    if overlay is None:
        return base, []
    problems: list[Problem] = []
    merged = merge(base, overlay.node)
    if not overlay.node.clears:
        return merged, problems  # building the schema takes longer than everything else here
    return _settled(merged, config_shape(), problems), problems


def _settled(node: YamlNode, shape: SchemaNode, problems: list[Problem]) -> YamlNode:
    """Apply the nulls of an overlay.

    Null removes a named entry. A setting becomes null if it may be, else it takes its default.
    """
    if not isinstance(node.value, dict):
        return node
    entries: dict[str, YamlEntry] = {}
    for key, entry in node.value.items():
        under = shape.child(key)
        if under is None:
            entries[key] = entry
        elif not entry.node.cleared:
            entries[key] = replace(entry, node=_settled(entry.node, under, problems))
        elif key not in shape.fields and shape.named:
            if entry.node.void:
                others = [name for name, each in node.value.items() if not each.node.cleared]
                suggestion = suggest(key, others) or "remove the line"
                problems.append(entry.problem("nothing of that name to remove", suggestion))
        elif under.nullable:
            entries[key] = entry
    return replace(node, value=entries)


def _given(tree: YamlNode, key: str, value: str, source: str) -> YamlNode:
    """Return the tree with a value from the command line instead of the file's."""
    place = Position(source)
    return _with(tree, key, YamlNode(value, place, (), value), place)


def _with(tree: YamlNode, key: str, node: YamlNode, place: Position) -> YamlNode:
    return tree.with_entry(key, YamlEntry(place, node))
