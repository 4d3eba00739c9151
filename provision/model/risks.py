"""Types with which a kind declares what a change of a resource does to its users."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Impact(StrEnum):
    """The effect of a change on users of the stack."""

    DATA_LOSS = "data loss"
    DOWNTIME = "downtime"
    WEAKER = "weaker"
    NEW_URL = "new URL"
    KEY_CHANGES = "key changes"
    COST = "cost"
    SLOW = "slow"


def always(have: Any, want: Any) -> bool:  # noqa: ARG001  (any two values)
    """Return True for any values."""
    return True


def decreased(have: Any, want: Any) -> bool:
    """Return whether a number decreases."""
    return isinstance(have, int) and isinstance(want, int) and want < have


def enabled(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    """Return whether the setting will be on, possibly with another value than before."""
    return want is not None and want is not False


def disabled(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    """Return whether the setting was on and will be off."""
    return want is None or want is False


@dataclass(frozen=True)
class Risk:
    """A risk of a change, with `why` in a few words.

    `seconds` is the time that AWS usually takes and `longest` the time that it may take, 0 if not
    worth reporting. `when` decides whether the risk exists: from the observed and the wanted value
    of a field or, of a creation, from None and the wanted step. `of_old` means that the risk comes
    from the resource to be deleted: there is none if that is already gone.
    """

    impact: Impact
    why: str
    seconds: int = 0
    longest: int = 0
    when: Callable[[Any, Any], bool] = always
    of_old: bool = False


@dataclass(frozen=True)
class Risks:
    """The risks of a kind of resource, by the operation that causes them.

    `create`: creating it, also as a successor. `gone`: creating it after it disappeared from AWS.
    `recreate`: creating it after a replacement or a disappearance; only the replacement loses its
    data. `update`: by the field that differs, in place or not. `delete`: deleting it for good.
    `downtime`: what users miss while a delete-first replacement is in progress; empty if they do
    not notice.
    """

    create: tuple[Risk, ...] = ()
    gone: tuple[Risk, ...] = ()
    recreate: tuple[Risk, ...] = ()
    update: Mapping[str, tuple[Risk, ...]] = field(default_factory=dict)
    delete: tuple[Risk, ...] = ()
    downtime: str = "it is missing until its successor exists"


NO_IMPACT: Final = Risks(downtime="")
"""The risks of a kind of which no change is noticed outside the stack."""
