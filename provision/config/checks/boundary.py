"""Checks that the permissions boundary of the roles was not printed for another environment.

Such a boundary denies the functions of this environment everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from provision import LOCAL_ENVIRONMENT
from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlNode

NAME: Final = "boundary"
"""The end of a printed boundary's name, after stack, environment and region."""
_PRINTED: Final = re.compile(rf"[a-z].*-[a-z]{{2,}}(?:-[a-z]+)+-[0-9]+-{NAME}")
_LONGEST: Final = 128
"""The most characters of a policy's name in IAM; the time to match one grows with their square."""


def check_boundary(tree: YamlNode) -> Iterator[Problem]:
    """Warn of another stack's boundary; a policy of the user's own may also have such a name."""
    node, environment = tree.get("boundary"), tree.string("environment")
    named = (tree.string("name"), environment, tree.string("region"))
    printed = (tree.string("boundary") or "").rpartition("/")[2]
    if node is None or environment == LOCAL_ENVIRONMENT or None in named or len(printed) > _LONGEST:
        return
    wanted = "-".join((*filter(None, named), NAME))
    if _PRINTED.fullmatch(printed) and printed != wanted:
        yield replace(
            node.problem(
                f"{printed} is by its name the boundary of another stack, and {wanted} this"
                " one's: it denies functions everything that it does not name",
                f'write it below "environments", for the environment it is of; `provision policy'
                f" boundary --env {environment}` prints this one's",
            ),
            warning=True,
        )
