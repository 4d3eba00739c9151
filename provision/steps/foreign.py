"""What is not this stack's and keeps a resource of it from being deleted: named at once, with the
command that shows it, since nobody may delete it for its owner.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provision.aws.client import Aws
from provision.errors import InUseByOthers


@dataclass(frozen=True)
class ForeignResource:
    """One that keeps ours from going. `shown`: the command that shows it, but for the region."""

    name: str
    shown: str


ForeignResources = Iterable[ForeignResource]


def refuse_foreign(aws: Aws, label: str, found: ForeignResources) -> None:
    """Raises Occupied when there is any."""
    strangers = sorted(set(found), key=lambda one: one.name)
    if not strangers:
        return
    names = ", ".join(one.name for one in strangers)
    region = aws.location.region
    commands = dict.fromkeys(f"`{one.shown} --region {region}`" for one in strangers)
    raise InUseByOthers(
        f"{label} cannot go while it holds what is not this stack's: {names}",
        hint=f"see {', '.join(commands)}; remove that, or move it elsewhere, and run it again",
    )


def mark_of(owner: str) -> str:
    """The stack's, of the owner tag of one of its nodes."""
    return owner.rpartition("/")[0]
