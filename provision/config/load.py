"""Reads config.yaml for one environment: the values in effect, or every problem at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from provision.config.checks import check
from provision.config.overlays import Variant, environments, variants
from provision.config.problems import ConfigInvalid, Problem, told
from provision.config.schema.json_schema import OVERLAYS
from provision.config.schema.root import Config
from provision.config.unlisted import Unlisted, UnlistedEnvironment, accept
from provision.config.validation import validate
from provision.config.yaml.nodes import YamlNode
from provision.config.yaml.reader import read

Check = Callable[[YamlNode, Path], list[Problem]]
CheckRequests = Callable[[Sequence[tuple[Config, YamlNode]]], list[list[Problem]]]
"""Returns the problems for which AWS would refuse each configuration, the one in effect first.

The `YamlNode` is the merged file that the configuration comes from.
"""
Warn = Callable[[str], None]
"""Reports a warning: a problem that does not stop the command."""


def _silent(_: str) -> None:
    """Ignore a warning."""


def no_request_check(_: Sequence[tuple[Config, YamlNode]]) -> list[list[Problem]]:
    """Return no problems: for commands that create nothing."""
    return []


def load(
    path: Path,
    *,
    environment: str | None,
    region: str | None = None,
    check: Check = check,
    check_requests: CheckRequests = no_request_check,
    warn: Warn = _silent,
    unlisted: Unlisted = accept,
) -> Config:
    """Return the configuration of `environment`, or of the file's own environment if it is None.

    `check_values` instead of `check` permits missing sources. `check_requests` is called only if no
    other check found an error. `unlisted` decides about an environment that the file does not list.
    Raises ConfigInvalid with all problems, those of other environments' overlays included.
    """
    root, problems = read(path)
    found, more = variants(root, environment, region)
    problems += more
    configs = []
    for variant in found:
        config, wrong = validate(variant.tree, path.parent)
        wrong += check(variant.tree, path.parent)
        problems += list(_new(variant, wrong, problems))
        configs.append(config)
    if all(problem.warning for problem in problems):
        ahead = [(c, v.tree) for c, v in zip(configs, found, strict=True) if c]
        for variant, wrong in zip(found, check_requests(ahead), strict=False):
            problems += list(_new(variant, wrong, problems))
    for said in told([problem for problem in problems if problem.warning]):
        warn(f"warning: {said}")
    problems = [problem for problem in problems if not problem.warning]
    if problems or configs[0] is None:
        raise ConfigInvalid(problems)
    names = environments(root)
    if environment and environment not in names:
        unlisted(UnlistedEnvironment(path, environment, names))
    return configs[0]


def as_written(path: Path, environment: str) -> YamlNode:
    """Return the merged file of one environment, to give problems found later a position."""
    found, _ = variants(read(path)[0], environment, None)
    return found[0].tree


def _new(variant: Variant, wrong: list[Problem], known: list[Problem]) -> Iterator[Problem]:
    """Yield the problems not yet reported; one found only in another environment names it."""
    seen = {(*each.place, each.warning) for each in known}
    for problem in wrong:
        if (*problem.place, False) in seen or (*problem.place, problem.warning) in seen:
            continue
        overlay = f"{OVERLAYS}.{variant.environment}"
        own = variant.own or f"{problem.key}.".startswith(f"{overlay}.")
        said = problem.message + ("" if own else f" (in environment {variant.environment})")
        yield replace(problem, message=said)
