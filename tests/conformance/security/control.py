"""One control of AWS's, with a check and a way to break it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from provision.aws.client import Aws


@dataclass(frozen=True)
class Control:
    """A control; `broken` yields each violation, `spoil` causes one."""

    name: str
    title: str
    means: str
    broken: Callable[[Aws], Iterator[str]]
    spoil: Callable[[Aws], None]
