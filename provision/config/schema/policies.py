"""The `policy` of a function: statements of its own for its role, in addition to its grants."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Final

from pydantic import BeforeValidator, Field, Strict, WithJsonSchema

from provision.config.schema.types import ConfigSection

PLACEHOLDERS: Final = ("partition", "region", "account", "name", "environment")
"""The words that are replaced in braces by values of this stack, as in `{account}`."""
PLACEHOLDER: Final = re.compile(r"(?<!\$)\{([^{}]*)\}")
"""A placeholder. IAM's own variables, such as `${aws:PrincipalTag/team}`, are left to IAM."""
_MOST: Final = 100


def _as_texts(value: object) -> object:
    """Accept one value for a list of one, and booleans and numbers for IAM's texts."""
    many = list(value) if isinstance(value, list | tuple) else [value]
    return tuple(str(each).lower() if isinstance(each, bool | int) else each for each in many)


_SCALAR: Final = {"anyOf": [{"type": kind} for kind in ("string", "boolean", "integer")]}
ConditionValues = Annotated[
    tuple[str, ...],
    Strict(strict=False),
    BeforeValidator(_as_texts),
    WithJsonSchema({"anyOf": [*_SCALAR["anyOf"], {"type": "array", "items": _SCALAR}]}),
]
Texts = Annotated[tuple[str, ...], Strict(strict=False)]


class PolicyStatement(ConfigSection):
    """One statement that allows the function's code something; there is none that denies.

    `{account}`, `{region}`, `{partition}`, `{name}` and `{environment}` are replaced by those of
    the stack.
    """

    actions: Texts = Field(
        min_length=1,
        max_length=_MOST,
        description="Actions of one service or several, such as `s3:GetObject` or `s3:Get*`;"
        " checked against AWS's service reference. None of `iam`, `organizations` and `account`.",
        examples=[["s3:GetObject"], ["s3:PutObject"]],
    )
    resources: Texts = Field(
        min_length=1,
        max_length=_MOST,
        description="ARNs, which may have `*` and `?`. `*` alone only where AWS knows nothing"
        " narrower, or with `wide`.",
        examples=[["arn:aws:s3:::docs/*"], ["arn:aws:sqs:{region}:{account}:{name}-jobs"]],
    )
    conditions: dict[str, dict[str, ConditionValues]] = Field(
        default={},
        description="Operator → key → value or values, as in IAM; all must hold.",
        examples=[{"StringEquals": {"aws:ResourceAccount": "{account}"}}],
    )
    wide: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        default=None,
        description="Why the statement has all actions of a service, or `*` for its resource; the"
        " plan shows it.",
        examples=["the reports read every bucket"],
    )


def filled_in(text: str, values: Mapping[str, str]) -> str:
    """Return the text with the values of its placeholders; unknown ones are left as they are."""
    return PLACEHOLDER.sub(lambda found: values.get(found[1], found[0]), text)


def unknown_placeholders(text: str) -> list[str]:
    return [found for found in PLACEHOLDER.findall(text) if found not in PLACEHOLDERS]


Policy = Annotated[tuple[PolicyStatement, ...], Strict(strict=False), Field(max_length=_MOST)]
