"""Null is null at every allowed place, and never the text "null" in a check or message."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from provision.config import Problem
from provision.config.schema.json_schema import OVERLAYS, config_shape
from provision.config.yaml.nodes import format_path
from tests.unit.config.sample import SAMPLE, problems_of

ALIKE: Final = (
    ("monitoring", "alarms"),  # seven
    ("functions", "items", "alarms"),  # four
    ("layers", "dependencies"),  # a layer has a source or an ARN
    ("api", "authorizers", "users"),  # one of three
    ("api", "authorizers", "signed"),
    ("monitoring",),  # a topic refuses an address next to it, so that one of them is tried
)
"""The sections of which one key is tried for all."""
Way = tuple[str | int, ...]

FULL: dict[str, Any] = {
    **{key: part for key, part in yaml.safe_load(SAMPLE).items() if key != OVERLAYS},
    "protect": True,
    "boundary": "arn:aws:iam::012345678901:policy/bounds",
    "encryption": {"key": "alias/ours"},
}
FULL["network"]["flow_logs"] = {"traffic": "ALL", "retention": 30}
FULL["tables"]["items"]["sort_key"] = "at"
FULL["api"]["waf"] = {"rate": 100}
FULL["api"]["cors"]["headers"] = ["X-Api-Key", "Authorization", "X-Amz-Date"]
FULL["api"]["authorizers"] = {"users": {"function": "items", "cache": 5}, "signed": "iam"}
FULL["api"]["routes"]["POST /items"]["auth"] = "users"
FULL["api"]["routes"]["POST /items"]["throttle"] = {"rate": 5, "burst": 9}
FULL["api"]["domain"]["certificate"] = (
    "arn:aws:acm:us-east-1:012345678901:certificate/2cf0e0ba-0000-4000-8000-000000000000"
)
FULL["functions"]["items"]["concurrency"] = 5
FULL["functions"]["items"]["alarms"] = {"errors": 1}
FULL["monitoring"] = {"email": "ops@example.com", "alarms": {"api_5xx": 1, "period": 60}}
FULL["functions"]["items"]["policy"] = [
    {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::docs/*"], "wide": "all"}
]
FULL["functions"]["items"]["environment"] = {
    "LOG_LEVEL": "INFO",
    "KEY": {"secret": "secretsmanager:db"},
}
FULL["functions"]["items"]["environment"]["KEY"]["key"] = "alias/ours"


def leaves(value: Any, way: Way = ()) -> Iterator[Way]:
    """Yield the path to every value that is no mapping, and to every mapping below the top."""
    if way:
        yield way
    if isinstance(value, dict):
        for key, part in value.items():
            yield from leaves(part, (*way, key))
    if isinstance(value, list):
        for number, part in enumerate(value):
            yield from leaves(part, (*way, number))


def with_null(way: Way, spelling: str) -> str:
    """Return the configuration with null at this path, in one of YAML's spellings."""
    changed = copy.deepcopy(FULL)
    inner: Any = changed
    for key in way[:-1]:
        inner = inner[key]
    inner[way[-1]] = "@null@"
    return yaml.safe_dump(changed, sort_keys=False).replace("'@null@'", spelling)


def test_it_is_complete() -> None:
    """Every place that allows null is in the configuration below, so that each is tried."""
    tried = {general(way) for way in leaves(FULL)}
    for way in leaves(FULL):
        shape = config_shape().at(way)
        for name, inner in (shape.fields if shape else {}).items():
            if inner.nullable and way not in ALIKE:
                assert (*general(way), name) in tried


def general(way: Way) -> Way:
    """Return the path with `*` for names that are free to choose."""
    shapes = [config_shape().at(way[:number]) for number in range(len(way))]
    return tuple(
        key if shape and key in shape.fields else "*"
        for key, shape in zip(way, shapes, strict=True)
    )


def may_be_null(way: Way) -> bool:
    """Return whether null is allowed there; in a model only `default` and `enum` allow it."""
    shape = config_shape().at(way)
    return shape is not None and shape.nullable


@pytest.mark.parametrize("way", list(leaves(FULL)), ids=format_path)
def test_null_anywhere(path: Path, way: Way) -> None:
    for spelling in ("null", "~", "") if may_be_null(way) else ("null",):
        look_at(way, problems_of(path, with_null(way, spelling)))


def look_at(way: Way, problems: tuple[Problem, ...]) -> None:
    """Assert that null is accepted where allowed, and is itself the problem elsewhere."""
    if way[0] == "layers" and way[-1] == "source" and problems:  # a layer without has an ARN
        assert "published layer" in problems[0].message
        return
    if way[:2] == ("api", "authorizers") and way[-1] == "function":  # it is one of three
        assert "expected one of cognito, function, iam" in problems[0].message
        return
    assert not (problems and may_be_null(way))
    for problem in problems:
        assert problem.key.startswith((format_path(way), format_path(way[:1]))), problem
        said = problem.message.replace("found null", "").replace("or null", "")
        assert "null" not in said, problem
        assert "None" not in str(problem)
        assert "none" not in problem.suggestion
