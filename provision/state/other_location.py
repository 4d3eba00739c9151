"""The account and region of a stack, and the error if the credentials lead to others."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from provision.errors import WrongAccount


@dataclass(frozen=True)
class PinnedLocation:
    """The account and region of a stack, fixed by its first `up`."""

    account: str
    region: str


def lives_elsewhere(
    stack: str, directory: Path, pinned: PinnedLocation, here: PinnedLocation
) -> WrongAccount:
    """Return the error; the hint says how to have another copy here, with a state of its own."""
    where = f"{here.account}-{here.region}" if here.account != pinned.account else here.region
    beside = shlex.quote(str(directory.with_name(f"{directory.name}-{where}")))
    return WrongAccount(
        f"{stack} lives in account {pinned.account}, {pinned.region}; these credentials belong to"
        f" {here.account}, {here.region}",
        hint="choose the right --profile and --region; a second copy of it here needs a state of"
        f" its own: `provision plan --region {here.region} --state {beside}`",
    )
