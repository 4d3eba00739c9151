"""Whose boundary it is that the roles get: one that was printed for another environment refuses the
functions of this one everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provision.config.node import Node
from provision.config.problem import Problem

NAME: Final = "boundary"
"""What the name of a printed one ends with, after stack, environment and region."""
_PRINTED: Final = re.compile(rf"(?:.*/)?([a-z].*-[a-z]{{2,}}(?:-[a-z]+)+-[0-9]+-{NAME})")
_LOCAL: Final = "local"


def check_boundary(tree: Node) -> Iterator[Problem]:
    """A warning: a policy of such a name could be the user's own."""
    node, environment = tree.get("boundary"), tree.string("environment")
    printed = _PRINTED.fullmatch(tree.string("boundary") or "")
    if node is None or printed is None or environment in {None, _LOCAL}:
        return
    wanted = f"{tree.string('name')}-{environment}-{tree.string('region')}-{NAME}"
    if printed[1] != wanted:
        yield replace(
            node.problem(
                f"{printed[1]} is by its name the boundary of another stack, and {wanted} this"
                " one's: functions are refused whatever the first does not name",
                f'write it below "environments", for the environment it is of; `provision policy'
                f" boundary --env {environment}` prints this one's",
            ),
            warning=True,
        )
