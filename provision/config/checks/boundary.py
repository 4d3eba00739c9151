"""Whose boundary it is that the roles get: one that was printed for another environment refuses the
functions of this one everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlNode

NAME: Final = "boundary"
"""What the name of a printed one ends with, after stack, environment and region."""
_PRINTED: Final = re.compile(rf"[a-z].*-[a-z]{{2,}}(?:-[a-z]+)+-[0-9]+-{NAME}")
_LONGEST: Final = 128
"""Characters of a policy's name in IAM. The time to compare one grows with their square."""
_LOCAL: Final = "local"


def check_boundary(tree: YamlNode) -> Iterator[Problem]:
    """A warning: a policy of such a name could be the user's own."""
    node, environment = tree.get("boundary"), tree.string("environment")
    named = (tree.string("name"), environment, tree.string("region"))
    printed = (tree.string("boundary") or "").rpartition("/")[2]
    if node is None or environment == _LOCAL or None in named or len(printed) > _LONGEST:
        return
    wanted = "-".join((*filter(None, named), NAME))
    if _PRINTED.fullmatch(printed) and printed != wanted:
        yield replace(
            node.problem(
                f"{printed} is by its name the boundary of another stack, and {wanted} this"
                " one's: functions are refused whatever the first does not name",
                f'write it below "environments", for the environment it is of; `provision policy'
                f" boundary --env {environment}` prints this one's",
            ),
            warning=True,
        )
