"""The risks of where a function runs: in the private network, or outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from provision.model.risks import Impact, Risk
from provision.steps.lambda_.states import SETTLE_BUDGET

if TYPE_CHECKING:
    from provision.steps.lambda_.function import Function

_INTERFACES: Final = "Lambda creates network interfaces"


def is_open(function: Function) -> bool:
    """Return whether it is outside of any network; False while its subnets are unknown."""
    return function.subnet_ids == ()


def open_risks(want: Function, have: Function | None) -> Sequence[Risk]:
    """Return the risk of a function that is made outside the private network, or leaves it."""
    if not is_open(want) or (have is not None and is_open(have)):
        return ()
    does = "leaves" if have else "is outside"
    return (Risk(Impact.WEAKER, f"{does} the private network: its code reaches the internet"),)


def _enters(have: Any, want: Any) -> bool:  # noqa: ARG001  (one network or another)
    return bool(want)


def _is_inside(have: None, want: Function) -> bool:  # noqa: ARG001  (it is made)
    return not is_open(want)


MADE: Final = (Risk(Impact.SLOW, _INTERFACES, 60, SETTLE_BUDGET, when=_is_inside),)  # (L6)
MOVED: Final = (Risk(Impact.SLOW, _INTERFACES, 60, SETTLE_BUDGET, when=_enters),)
