"""IAM's evaluation rules in short: whether identity policies allow one request.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

Document = Mapping[str, Any]
TOLD = (
    "aws:principalarn",
    "aws:resourcetag/",
    "ec2:createaction",
    "ec2:vpc",
    "kms:resourcealiases",
)
"""Prefixes of the condition keys that AWS fills in; a request decides all others."""


@dataclass(frozen=True)
class Ask:
    """One action on one resource; `context` maps condition keys (lower case) to their values."""

    action: str
    resource: str
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True)
class Line:
    """The smallest part of a policy: one action, one resource pattern, one condition."""

    effect: str
    action: str
    resource: str
    condition: str
    tests: tuple[tuple[str, str, tuple[str, ...]], ...]
    others: tuple[str, ...] = ()
    """The resources that it does not concern (`NotResource`)."""

    def names(self, action: str) -> bool:
        return _matches(self.action.lower(), action.lower())

    def concerns(self, ask: Ask) -> bool:
        return (
            self.names(ask.action)
            and _matches(self.resource, ask.resource)
            and not any(_matches(other, ask.resource) for other in self.others)
            and all(_holds(*test, ask.context) for test in self.tests)
        )

    def reaches(self, resource: str, there: Mapping[str, tuple[str, ...]]) -> bool:
        """Return whether the line can apply to a resource for which AWS fills in `there`.

        The other condition keys may have any values.
        """
        return _matches(self.resource, resource) and all(
            _holds(*test, there) for test in self.tests if test[1].startswith(TOLD)
        )


@dataclass(frozen=True)
class Index:
    """Lines by their action: a life cycle checks some hundred actions thousands of times."""

    found: Sequence[Line]
    _of: dict[str, list[Line]] = field(default_factory=dict)

    def concerning(self, ask: Ask) -> list[Line]:
        if ask.action not in self._of:
            self._of[ask.action] = [line for line in self.found if line.names(ask.action)]
        return [line for line in self._of[ask.action] if line.concerns(ask)]

    def allows(self, ask: Ask) -> bool:
        """Return whether a line allows the request and none denies it."""
        effects = {line.effect for line in self.concerning(ask)}
        return "Allow" in effects and "Deny" not in effects


def lines(policies: Iterable[Document]) -> list[Line]:
    """Return every line of the policies."""
    return [
        Line(
            statement["Effect"],
            action,
            resource,
            str(statement.get("Condition", "")),
            tuple(
                (operator, key.lower(), tuple(_listed(values)))
                for operator, tests in statement.get("Condition", {}).items()
                for key, values in tests.items()
            ),
            tuple(_listed(statement.get("NotResource", []))),
        )
        for policy in policies
        for statement in _listed(policy["Statement"])
        for action in _listed(statement["Action"])
        for resource in _listed(statement.get("Resource", "*"))
    ]


def allowed(ask: Ask, found: Sequence[Line]) -> bool:
    """Return whether these lines allow the request."""
    return Index(found).allows(ask)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _holds(
    operator: str, key: str, wanted: tuple[str, ...], context: Mapping[str, tuple[str, ...]]
) -> bool:
    values = context.get(key)
    if operator == "Null":
        return (values is None) is (wanted[0] == "true")
    if operator.startswith("ForAllValues:"):  # true where there are none
        return all(_compares(operator.partition(":")[2], v, wanted) for v in values or ())
    operator = operator.removeprefix("ForAnyValue:")
    if operator.endswith("IfExists"):
        plain = operator.removesuffix("IfExists")
        return values is None or any(_compares(plain, v, wanted) for v in values)
    return any(_compares(operator, value, wanted) for value in values or ())


def _compares(operator: str, value: str, wanted: tuple[str, ...]) -> bool:
    match operator:
        case "StringEquals":
            return value in wanted
        case "StringLike" | "ArnLike" | "ArnEquals":
            return any(_matches(pattern, value) for pattern in wanted)
        case "StringNotLike":
            return not any(_matches(pattern, value) for pattern in wanted)
        case "Bool":
            return value.lower() in {each.lower() for each in wanted}
    raise NotImplementedError(operator)


def _matches(pattern: str, value: str) -> bool:
    """Return whether it matches: `*` is any text with slashes and colons, `?` any one character."""
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
