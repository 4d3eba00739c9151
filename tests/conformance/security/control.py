"""One control of AWS's: what it demands, and how to ask for it and break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provision.aws.client import Aws


@dataclass(frozen=True)
class Control:
    """`broken` names what does not hold, one by one; `spoil` makes something not hold."""

    name: str
    title: str
    means: str
    broken: Callable[[Aws], Iterator[str]]
    spoil: Callable[[Aws], None]
