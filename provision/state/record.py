"""The record of one node in the state, as a value and as JSON."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, is_dataclass, replace
from dataclasses import fields as dataclass_fields
from graphlib import CycleError, TopologicalSorter
from typing import Any, Final

import msgspec

from provision.model.stack import current_name, deposed_name
from provision.model.step import FieldRole, Step, fields_with
from provision.sanitizing.masking import recorded
from provision.unknown import is_known

NODE: Final = re.compile(r"[A-Za-z0-9_.-]+(~[0-9]+)?")
"""The names of nodes. With a slash, text from a state could pass for a part of an owner mark."""
Kinds = Mapping[str, type[Step]]
Fields = Mapping[str, type | tuple[type, ...]]
HEAD: Final[Fields] = {"schema": int, "stack": str}
BODY: Final[Fields] = {
    "account": (str, type(None)),
    "region": (str, type(None)),
    "records": dict,
}
"""The keys that state.json must have, besides those of `HEAD`."""


@dataclass(frozen=True)
class Record:
    """A node's step as last applied or begun, its needs, and the pending operation (or empty)."""

    step: Step
    needs: tuple[str, ...]
    pending: str = ""

    @property
    def exists(self) -> bool:
        """Return whether the resource exists: no creation or deletion is pending."""
        return self.pending not in {"create", "delete"}


def apply_moves(records: Mapping[str, Record], moved: Mapping[str, str]) -> dict[str, Record]:
    """Return the records under the current names of nodes (`moved`: old → new).

    Deposed resources and needs are renamed too. A record that already has the new name is of
    another resource: it becomes deposed.
    """
    found = {
        name: replace(record, needs=tuple(moved.get(need, need) for need in record.needs))
        for name, record in records.items()
    }
    for old in [name for name in found if current_name(name) in moved]:
        base, aside, number = old.partition("~")
        new = f"{moved[base]}{aside}{number}"
        if new in found:
            found[deposed_name(moved[base], found)] = found[new]
        found[new] = found.pop(old)
    return found


def to_json(step: Step) -> dict[str, Any]:
    """Return the step's fields as JSON values, without Local ones that are unknown.

    Raises TypeError if any other is unknown: that is no fact to record.
    """
    local = fields_with(type(step), FieldRole.LOCAL)
    known = {
        name: value
        for name, value in vars(step).items()
        if name not in local or is_known(value)  # `down` builds no zip, so a function has none
    }
    written: dict[str, Any] = msgspec.to_builtins(known, enc_hook=recorded)
    return written


def from_json(kind: type[Step], fields: Mapping[str, Any]) -> Step:
    """Return the step, equal to the one that `to_json` was given.

    A field that the kind did not have yet when the step was written has its default.
    """
    step = msgspec.convert(fields, kind)
    _fill_in(step)
    return step


def _fill_in(value: object) -> None:
    """Put defaults into `vars` of the value: msgspec leaves them to the class."""
    if is_dataclass(value) and not isinstance(value, type):
        for field in dataclass_fields(value):
            if field.default is not MISSING:
                vars(value).setdefault(field.name, field.default)
        _fill_in(tuple(vars(value).values()))
    elif isinstance(value, Mapping):
        _fill_in(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for part in value:
            if not isinstance(part, str | int | float | None):
                _fill_in(part)


def record_to_json(record: Record | None) -> dict[str, Any] | None:
    """Return the record as the state's files hold it."""
    if record is None:
        return None
    return {
        "kind": record.step.KIND,
        "step": to_json(record.step),
        "needs": list(record.needs),
        "doing": record.pending,
    }


def record_from_json(kinds: Kinds, node: str, written: Mapping[str, Any]) -> Record:
    """Return the record of a node.

    Raises KeyError, TypeError, ValueError or RecursionError if it is none: the file may have been
    edited.
    """
    step = from_json(kinds[written["kind"]], written["step"])
    needs, doing = written["needs"], written["doing"]
    if not NODE.fullmatch(node):
        raise ValueError("no node has this name")
    if not isinstance(needs, list) or not all(isinstance(each, str) for each in [*needs, doing]):
        raise TypeError("its needs or its verb are not text")
    return Record(step, tuple(needs), doing)


def circle_in(records: Mapping[str, Record]) -> str:
    """Return a circle of nodes that need each other, as an edited file may have, or empty text."""
    try:
        TopologicalSorter({node: record.needs for node, record in records.items()}).prepare()
    except CycleError as error:
        return " → ".join(error.args[1])
    return ""


def demand(state: object, fields: Fields) -> None:
    """Raise ValueError for JSON that is no state: the file may have been edited."""
    if not isinstance(state, dict):
        raise ValueError("it holds no object")  # noqa: TRY004  (of a text, no type of ours)
    for name, kind in fields.items():
        if name not in state or not isinstance(state[name], kind):
            raise ValueError(f"its {name} is missing or of another type")
