"""Foreign resources that keep a resource of this stack from being deleted.

They are reported at once, with the commands that show them. Only their owner may delete them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from provision.aws.client import Aws
from provision.errors import InUseByOthers


@dataclass(frozen=True)
class ForeignResource:
    """A foreign resource that blocks a deletion.

    `shown` is the command that shows it, without the region.
    """

    name: str
    shown: str


ForeignResources = Iterable[ForeignResource]


def refuse_foreign(aws: Aws, label: str, found: ForeignResources) -> None:
    """Raise `InUseByOthers` if `found` is not empty; `label` names the resource to delete."""
    strangers = sorted(set(found), key=lambda one: one.name)
    if not strangers:
        return
    names = ", ".join(one.name for one in strangers)
    region = aws.location.region
    commands = dict.fromkeys(f"`{one.shown} --region {region}`" for one in strangers)
    raise InUseByOthers(
        f"{label} cannot be deleted while it holds resources that do not belong to this stack:"
        f" {names}",
        hint=f"see {', '.join(commands)}; delete or move them, and run it again",
    )


def mark_of(owner: str) -> str:
    """Return an owner tag without its node: the mark that all resources of one stack share."""
    return owner.rpartition("/")[0]
