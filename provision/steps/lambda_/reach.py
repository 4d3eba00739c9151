"""The risks of where a function runs: in the private network, or outside of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from provision.model.risks import Impact, Risk
from provision.steps.lambda_.states import SETTLE_BUDGET

_INTERFACES: Final = "Lambda creates network interfaces"
Subnets = tuple[str, ...]


def is_open(subnets: Subnets) -> bool:
    """Return whether a function in these subnets is outside of any network; False if unknown."""
    return subnets == ()


def open_risks(want: Subnets, have: Subnets | None) -> Sequence[Risk]:
    """Return the risk of a function that is made outside the private network, or leaves it."""
    if not is_open(want) or have == ():
        return ()
    does = "leaves" if have else "is outside"
    return (Risk(Impact.WEAKER, f"{does} the private network: its code reaches the internet"),)


def _enters(have: Any, want: Any) -> bool:  # noqa: ARG001  (one network or another)
    return bool(want)


def _is_inside(have: None, want: Any) -> bool:  # noqa: ARG001  (it is made)
    return not is_open(want.subnet_ids)


MADE: Final = (Risk(Impact.SLOW, _INTERFACES, 60, SETTLE_BUDGET, when=_is_inside),)  # (L6)
MOVED: Final = (Risk(Impact.SLOW, _INTERFACES, 60, SETTLE_BUDGET, when=_enters),)
