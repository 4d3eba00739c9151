"""IAM's rules of evaluation, small: whether identity policies allow one ask.

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
"""How condition keys begin that AWS tells of caller and resource; a request words the others."""


@dataclass(frozen=True)
class Ask:
    """One action on one resource. `context`: condition key (lower case) → its values."""

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

    def names(self, action: str) -> bool:
        return _matches(self.action.lower(), action.lower())

    def concerns(self, ask: Ask) -> bool:
        return (
            self.names(ask.action)
            and _matches(self.resource, ask.resource)
            and all(_holds(*test, ask.context) for test in self.tests)
        )

    def reaches(self, resource: str, there: Mapping[str, tuple[str, ...]]) -> bool:
        """Whether some request, however it is worded, has the line speak of a resource of which
        AWS tells `there`."""
        return _matches(self.resource, resource) and all(
            _holds(*test, there) for test in self.tests if test[1].startswith(TOLD)
        )


@dataclass(frozen=True)
class Index:
    """Lines by the action they name: a life asks thousands of times for some hundred actions."""

    found: Sequence[Line]
    _of: dict[str, list[Line]] = field(default_factory=dict)

    def concerning(self, ask: Ask) -> list[Line]:
        if ask.action not in self._of:
            self._of[ask.action] = [line for line in self.found if line.names(ask.action)]
        return [line for line in self._of[ask.action] if line.concerns(ask)]

    def allows(self, ask: Ask) -> bool:
        """An explicit deny wins; without an allow it is denied."""
        effects = {line.effect for line in self.concerning(ask)}
        return "Allow" in effects and "Deny" not in effects


def lines(policies: Iterable[Document]) -> list[Line]:
    """Every line of the policies."""
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
        )
        for policy in policies
        for statement in _listed(policy["Statement"])
        for action in _listed(statement["Action"])
        for resource in _listed(statement["Resource"])
    ]


def allowed(ask: Ask, found: Sequence[Line]) -> bool:
    """The same of a few lines, once."""
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
    """`*` is any text, slashes and colons included, `?` any one character."""
    return _compiled(pattern).fullmatch(value) is not None


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    parts = (".*" if c == "*" else "." if c == "?" else re.escape(c) for c in pattern)
    return re.compile("".join(parts), re.DOTALL)
