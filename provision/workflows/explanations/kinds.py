"""Derives the page of a kind of resource from what its step declares."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from provision.model import iam
from provision.model.capabilities import HoldsData
from provision.model.risks import Risk
from provision.model.step import FieldRole, Management, Replacement, Step, Tagged, fields_with
from provision.preflight.limits import ANY_TAGGED, LIMITS, PACKED, Limit

_REPLACING: Final[Mapping[Replacement, str]] = {
    Replacement.DELETE_FIRST: "the old one is deleted before the new one is created",
    Replacement.CREATE_FIRST: "the new one is created, what depends on it moves, then the old one"
    " is deleted",
    Replacement.NEW_VERSION: "a new version is created; older ones stay, up to a number",
    Replacement.REUSE_VERSION: "a new version is created, or an equal older one is used again",
}
_MANAGEMENT: Final[Mapping[Management, str]] = {
    Management.FULL: "",
    Management.NEVER_DELETED: "It belongs to the whole account: it is set if missing, and never"
    " deleted.",
    Management.MADE_BY_AWS: "AWS creates it with the resource that uses it: it is only waited for.",
}
_REFERENCE: Final = re.compile(r"\s*https?://\S+|\s*\([A-Z]\d+\)")
"""An address, or the row of docs/aws-behaviours.md that a docstring cites."""


@dataclass(frozen=True)
class KindRisk:
    """A risk of a kind, with the operation that has it: `create`, `delete`, `change of ttl`."""

    operation: str
    risk: Risk


@dataclass(frozen=True)
class KindPage:
    """All that is declared of a kind."""

    kind: str
    meaning: str
    reads: Sequence[str]
    writes: Sequence[str]
    deletes: Sequence[str]
    permissions: Sequence[iam.Permission]
    fixed: Sequence[str]
    in_place: Sequence[str]
    chosen_by_aws: Sequence[str]
    replacing: str
    holds_data: bool
    risks: Sequence[KindRisk]
    limits: Sequence[Limit]


def kind_page(step: type[Step]) -> KindPage:
    """Return the page of a class of steps."""
    declared = step.API_CALLS
    every = (*declared.read, *declared.write, *declared.delete)
    fixed = fields_with(step, FieldRole.FIXED)
    return KindPage(
        step.KIND,
        " ".join(filter(None, (_first_words(step), _MANAGEMENT[step.MANAGEMENT]))),
        _operations(declared.read),
        _operations(declared.write),
        _operations(declared.delete),
        tuple(dict.fromkeys(permit for call in every for permit in call.permits)),
        fixed,
        fields_with(step, None),
        fields_with(step, FieldRole.COMPUTED),
        _replacing(step) if fixed else "",
        issubclass(step, HoldsData),
        tuple(_risks(step)),
        tuple(_limits(step, _operations(declared.write))),
    )


def _first_words(step: type[Step]) -> str:
    """Return the first paragraph of the class's docstring, without references."""
    first = (step.__doc__ or "").strip().split("\n\n")[0]
    return _REFERENCE.sub("", " ".join(first.split())).replace("`", "")


def _operations(calls: Sequence[iam.ApiCall]) -> tuple[str, ...]:
    return tuple(sorted({call.operation for call in calls}))


def _replacing(step: type[Step]) -> str:
    words = _REPLACING[step.REPLACEMENT]
    if step.REPLACEMENT is Replacement.DELETE_FIRST and step.RISKS.downtime:
        words += f": {step.RISKS.downtime}"
    return words


def _risks(step: type[Step]) -> Iterator[KindRisk]:
    declared = step.RISKS
    for operation, risks in (
        ("create", declared.create),
        ("create after it disappeared", declared.gone),
        ("create again", declared.recreate),
        *((f"change of {name}", each) for name, each in declared.update.items()),
        ("delete", declared.delete),
    ):
        yield from (KindRisk(operation, risk) for risk in risks)


def _limits(step: type[Step], operations: Sequence[str]) -> Iterator[Limit]:
    for limit in LIMITS + PACKED:
        every = limit.operation == ANY_TAGGED and issubclass(step, Tagged)
        if every or limit.operation in operations:
            yield limit
