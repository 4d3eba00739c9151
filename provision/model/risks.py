"""The words in which a kind says what a change of it does to those who use it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


class Impact(StrEnum):
    """What users of the stack feel of a change."""

    DATA_LOSS = "data loss"
    DOWNTIME = "downtime"
    WEAKER = "weaker"
    NEW_URL = "new URL"
    KEY_CHANGES = "key changes"
    SLOW = "slow"


def always(have: Any, want: Any) -> bool:  # noqa: ARG001  (any two values)
    """Whatever the values are."""
    return True


def decreased(have: Any, want: Any) -> bool:
    """Whether a number goes down."""
    return isinstance(have, int) and isinstance(want, int) and want < have


def enabled(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    """Whether it will be on, or be another than before."""
    return want is not None and want is not False


def disabled(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    """Whether it was on and will not be."""
    return want is None or want is False


@dataclass(frozen=True)
class Risk:
    """`why` in a few words; `seconds` that AWS usually takes and `longest` that it may, 0 where it
    is not worth telling. `when` judges a field's values, found and wanted. `of_old`: it follows
    from the one that is to go, so not where that is gone already.
    """

    impact: Impact
    why: str
    seconds: int = 0
    longest: int = 0
    when: Callable[[Any, Any], bool] = always
    of_old: bool = False


@dataclass(frozen=True)
class Risks:
    """`create`: making it, also as a successor. `gone`: making it where AWS no longer has the one
    that was there. `anew`: making it where there was one, replaced or gone; what it held is lost by
    the first only. `change`: by the field that differs, in place or not. `delete`: removing it for
    good. `gap`: what is missing between the end of one that is deleted first and its successor;
    empty where nobody would notice.
    """

    create: tuple[Risk, ...] = ()
    gone: tuple[Risk, ...] = ()
    recreate: tuple[Risk, ...] = ()
    update: Mapping[str, tuple[Risk, ...]] = field(default_factory=dict)
    delete: tuple[Risk, ...] = ()
    downtime: str = "it is gone until its successor is there"


NO_IMPACT: Final = Risks(downtime="")
"""Nobody outside notices what becomes of it."""
