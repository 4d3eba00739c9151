"""The origins of changes in what the user edits: config.yaml, code of functions, requirements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from provision.config import Config
from provision.model.step import Step, digests
from provision.plan.change import Cause, FieldDiff, ResourceChange
from provision.steps.apigateway.deployment import Deployment
from provision.unknown import is_known

_RELEASED: Final = frozenset({"digest", "served"})
"""Fields of a deployment that its API alone determines: they have the origins of its change."""


@dataclass(frozen=True)
class Edited:
    """The files and folders that the user edits, as views name them.

    `folders`: by node, the folder that its zip is made of.
    """

    config: str = "config.yaml"
    folders: Mapping[str, str] = field(default_factory=dict)

    def folder_of(self, node: str) -> str:
        """Return the folder of a node or, for a function's version, that of its function."""
        return self.folders.get(node) or self.folders.get(node.rpartition(".")[0], "")

    def words(self, cause: Cause) -> str:
        """Return a cause in words: `by config.yaml`."""
        match cause:
            case Cause.CONFIG:
                return f"by {self.config}"
            case Cause.DRIFT:
                return "by drift: changed in AWS"
            case Cause.REMOVED:
                return f"removed from {self.config}"


def edited(config: Config, file: Path) -> Edited:
    """Return the files of a stack whose configuration was read from `file`."""
    home = file.resolve().parent
    folders = {f"function.{key}": _shown(f.source, home) for key, f in config.functions.items()}
    folders |= {f"layer.{key}": _shown(one, home) for key, one in config.built_layers.items()}
    return Edited(file.name, folders)


def _shown(folder: Path, home: Path) -> str:
    near = folder.is_relative_to(home)
    return f"{folder.relative_to(home) if near else folder}/".replace("./", "")


def from_files(change: ResourceChange, diff: FieldDiff) -> bool:
    """Return whether a diff comes from the content of the user's files, not from a setting."""
    digest = digests(_step(change)).get(diff.field)
    return diff.cause is Cause.CONFIG and digest is not None and digest.from_files


def origins(changes: Mapping[str, ResourceChange], files: Edited) -> dict[str, tuple[str, ...]]:
    """Return in words the origins of each node that is written.

    A change that follows from another node's, as an alias follows a new version, has that node's
    origins.
    """
    known: dict[str, tuple[str, ...]] = {}

    def of_node(name: str) -> tuple[str, ...]:
        change = changes.get(name)
        if change is None or not change.causes:
            return ()
        if name not in known:
            known[name] = tuple(dict.fromkeys(words for words in of_resource(change)))
        return known[name]

    def of_resource(change: ResourceChange) -> list[str]:
        own = [files.words(change.cause)] if change.cause else []
        return own + [words for diff in change.diffs for words in of_change(change, diff)]

    def of_change(change: ResourceChange, diff: FieldDiff) -> tuple[str, ...]:
        if diff.cause is not Cause.CONFIG:
            return (files.words(diff.cause),)
        if from_files(change, diff):
            what = digests(_step(change))[diff.field].content
            return (f"by {what} in {files.folder_of(change.node)}".removesuffix(" in "),)
        follows = change.kind == Deployment.KIND and diff.field in _RELEASED
        if follows or not is_known(diff.want):
            behind = [
                words
                for need in (change.needs[:1] if follows else change.needs)
                for words in of_node(need)
            ]
            return tuple(behind) or (files.words(Cause.CONFIG),)
        return (files.words(Cause.CONFIG),)

    return {name: of_node(name) for name in changes if of_node(name)}


def _step(change: ResourceChange) -> type[Step]:
    step = change.want or change.have
    assert step is not None, change.node
    return type(step)
