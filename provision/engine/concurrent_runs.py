"""Whether another run makes the same stack at the same time: seen by our own mark on a second one.

The lock of a state directory is a file of one machine. Two clones, or two jobs of a pipeline, know
nothing of each other but what AWS shows.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from provision.aws.client import Aws
from provision.errors import ConcurrentRun
from provision.model.step import OWNER, Replacement, Step, Tagged


def duplicates(aws: Aws, want: Step, known: Collection[Step]) -> Sequence[Step]:
    """What carries the mark that `want` is to carry, and is none of those known. Reads only. None
    of kinds of which AWS itself refuses a second one, nor of numbered histories."""
    if not isinstance(want, Tagged) or want.UNIQUE or want.REPLACEMENT is Replacement.SUCCEED:
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
    """What to say of `others`; `made` is what this run had made beside them, and deleted again."""
    assert isinstance(want, Tagged)
    ids = ", ".join(sorted(map(id_of, others)))
    carry = "carries" if len(others) == 1 else "carry"
    undone = f"; {id_of(made)}, which this run made beside it, was deleted again" if made else ""
    return ConcurrentRun(
        f"another run is making this stack: {ids} {carry} the tag {OWNER}={want.owner}, and was not"
        f" there when this run looked{undone}",
        hint="let the other run end, then `provision plan` shows what is left to do",
    )


def ambiguous(want: Step, ours: Sequence[Step]) -> Sequence[Step]:
    """Of several that carry the mark of `want` those that could each be it; none where there is one
    only. What carries no mark is found where it is part of something, and is that one's."""
    if not want.MARKED:
        return ()
    found = want.twins(ours)
    return found if len(found) > 1 else ()


def id_of(step: Step) -> str:
    """The id by which AWS tells one from another of the same mark."""
    values = vars(step)
    return str(values.get("id") or values.get("arn"))
