"""Merges required permissions into policies that allow exactly them, within IAM's size limit."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Final

from provision.model.iam import Condition
from provision.model.step import Document
from provision.permissions.requirements import Asked

MOST_CHARACTERS: Final = 6144
"""The size limit of a managed policy in characters, without blanks.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
"""
_VERSION: Final = "2012-10-17"

_Conditioned = tuple[str, tuple[Condition, ...]]
"""An action and its conditions."""


@dataclass(frozen=True)
class Policy:
    """A managed policy."""

    name: str
    document: Document

    @property
    def characters(self) -> int:
        """The size as IAM counts it."""
        return _size(self.document)


def policies(name: str, asked: Iterable[Asked]) -> tuple[Policy, ...]:
    """Return as few policies as can hold the statements; several have a number after `name`."""
    documents: list[list[Document]] = [[]]
    for statement in statements(asked):
        for part in _parts(statement):
            if _size(_document([*documents[-1], part])) > MOST_CHARACTERS:
                documents.append([])
            documents[-1].append(part)
    if len(documents) == 1:
        return (Policy(name, _document(documents[0])),)
    return tuple(
        Policy(f"{name}-{number}", _document(parts)) for number, parts in enumerate(documents, 1)
    )


def statements(asked: Iterable[Asked]) -> list[Document]:
    """Return statements for exactly these actions on these resources.

    They are merged only where that allows nothing more.
    """
    resources: dict[_Conditioned, set[str]] = {}
    for each in asked:
        resources.setdefault((each.action, each.tests), set()).add(each.resource)
    needed = {key: frozenset(_uncovered(key, found, resources)) for key, found in resources.items()}
    actions: dict[tuple[str, frozenset[str], tuple[Condition, ...]], set[str]] = {}
    for (action, tests), found in needed.items():
        if found:
            actions.setdefault((_service(action), found, tests), set()).add(action)
    return [
        statement(sorted(names), sorted(found), tests)
        for (_, found, tests), names in sorted(
            actions.items(), key=lambda item: (item[0][0], sorted(item[1]), sorted(item[0][1]))
        )
    ]


def statement(actions: list[str], resources: list[str], tests: Collection[Condition]) -> Document:
    """Return one statement. A list of one value is written as the bare value."""
    result: Document = {"Effect": "Allow", "Action": _bare(actions), "Resource": _bare(resources)}
    if tests:
        result["Condition"] = _condition(tests)
    return result


def _condition(tests: Collection[Condition]) -> Document:
    values: dict[str, dict[str, list[str]]] = {}
    for test in tests:
        values.setdefault(test.operator, {}).setdefault(test.key, []).append(test.value)
    return {
        operator: {key: _bare(found) for key, found in keys.items()}
        for operator, keys in values.items()
    }


def _uncovered(
    key: _Conditioned, found: Collection[str], all_resources: Mapping[_Conditioned, set[str]]
) -> Iterable[str]:
    """Yield the resources that no wider pattern allows already under the same or fewer tests."""
    action, tests = key
    wider = [
        (other_tests, pattern)
        for (other, other_tests), patterns in all_resources.items()
        if other == action and set(other_tests) <= set(tests)
        for pattern in patterns
    ]
    for resource in found:
        if not any(
            _covers(pattern, resource) and (pattern, other_tests) != (resource, tests)
            for other_tests, pattern in wider
        ):
            yield resource


def _covers(pattern: str, resource: str) -> bool:
    return fnmatchcase(resource, pattern.replace("[", "[[]").replace("?", "[?]"))


def _service(action: str) -> str:
    return action.partition(":")[0]


def _bare(values: list[str]) -> str | list[str]:
    return values[0] if len(values) == 1 else values


def _document(parts: list[Document]) -> Document:
    return {"Version": _VERSION, "Statement": parts}


def _size(document: Document) -> int:
    return len(json.dumps(document, separators=(",", ":"), ensure_ascii=False))


def _parts(whole: Document) -> Iterable[Document]:
    """Return the statement; if too large for one policy, in halves of its resources or actions."""
    if _size(_document([whole])) <= MOST_CHARACTERS:
        return [whole]
    for key in ("Resource", "Action"):
        values = whole[key]
        if isinstance(values, list) and len(values) > 1:
            middle = len(values) // 2
            halves = (_bare(values[:middle]), _bare(values[middle:]))
            return [part for half in halves for part in _parts({**whole, key: half})]
    return [whole]
