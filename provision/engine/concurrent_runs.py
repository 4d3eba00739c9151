"""Detects another run of the same stack by a second resource with the same owner tag.

The lock of a state directory is a file on one machine. Two clones, or two jobs of a pipeline, see
of each other only what AWS shows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from provision.aws.client import Aws
from provision.errors import ConcurrentRun
from provision.model.step import OWNER, Step, Tagged


def duplicates(aws: Aws, want: Step, known: Collection[Step]) -> Sequence[Step]:
    """Return resources with the owner tag of `want` that are not among those known.

    Must not write. Empty for kinds of which AWS itself refuses a second one, and for numbered
    histories.
    """
    if not isinstance(want, Tagged) or want.has_unique_identity or want.REPLACEMENT.keeps_old:
        return ()
    handles = {id_of(one) for one in known}
    return [
        have
        for have in want.find_candidates(aws)
        if want.is_owned_by(have, want.owner) and id_of(have) not in handles
    ]


def concurrent_run_error(
    want: Step, others: Sequence[Step], made: Step | None = None
) -> ConcurrentRun:
    """Return the error about `others`; `made` was created by this run and deleted again."""
    assert isinstance(want, Tagged)
    ids = ", ".join(sorted(map(id_of, others)))
    carry = "carries" if len(others) == 1 else "carry"
    undone = f"; {id_of(made)}, which this run had created too, was deleted again" if made else ""
    return ConcurrentRun(
        f"another run is creating this stack: {ids} {carry} the tag {OWNER}={want.owner}, and did"
        f" not exist when this run planned{undone}",
        hint="wait for the other run to end; `provision plan` then shows what is left to do",
    )


def ambiguous(want: Step, ours: Sequence[Step]) -> Sequence[Step]:
    """Return those of `ours` that could each be `want`; empty unless there are several.

    A resource without a mark is found as part of its parent, and belongs to its parent's owner.
    """
    if not want.OWNER_MARK.names_owner:
        return ()
    found = want.matching(ours)
    return found if len(found) > 1 else ()


def id_of(step: Step) -> str:
    """Return the id by which AWS distinguishes resources that carry the same mark."""
    values = vars(step)
    return str(values.get("id") or values.get("arn"))
