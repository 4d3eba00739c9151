"""What to say where a stack lives in another account or region than the credentials lead to."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from provision.errors import WrongAccount

if TYPE_CHECKING:
    from provision.journal import Pinned


def lives_elsewhere(stack: str, directory: Path, pinned: Pinned, here: Pinned) -> WrongAccount:
    """The same configuration can be there, too: as a stack with a state of its own."""
    where = f"{here.account}-{here.region}" if here.account != pinned.account else here.region
    beside = shlex.quote(str(directory.with_name(f"{directory.name}-{where}")))
    return WrongAccount(
        f"{stack} lives in account {pinned.account}, {pinned.region}; these credentials lead to"
        f" {here.account}, {here.region}",
        hint="choose the right --profile and --region; another copy of it, here, has a state of its"
        f" own: `provision plan --region {here.region} --state {beside}`",
    )
