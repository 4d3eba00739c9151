"""The rehearsal foresees the requests, and AWS's model accepts those of a whole stack."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from botocore.model import Shape

from provision.preflight.check import check_requests
from provision.preflight.limits import LIMITS, Limit
from provision.preflight.model_constraints import compiled, faults
from provision.preflight.rehearsal import service_model
from provision.preflight.requests import Foreseen, rehearse
from tests.conformance.permissions.lifecycle import FULL
from tests.support.sample_stack import configured

NOTHING = {
    "network.interfaces",  # Lambda makes them
    "function.items.version",  # reads from Lambda first what to publish, and sends only that
}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Foreseen:
    """Return the rehearsal of a stack that has every area."""
    return rehearse(configured(tmp_path_factory.mktemp("whole"), FULL))


def test_every_node_says_what_it_would_send(whole: Foreseen) -> None:
    assert set(whole.steps) - {request.node for request in whole.requests} == NOTHING


def test_nothing_but_a_version_stops_before_its_last_request(whole: Foreseen) -> None:
    assert set(whole.cut_short) == {"function.items.version"}


def test_every_request_is_one_its_step_declares(whole: Foreseen) -> None:
    declared = {
        name: {c.operation for c in step.API_CALLS.write} for name, step in whole.steps.items()
    }
    assert {(r.node, r.name) for r in whole.requests if r.name not in declared[r.node]} == set()


def test_the_models_take_every_request_of_a_whole_stack(whole: Foreseen) -> None:
    found = [
        (request.name, fault)
        for request in whole.requests
        if (shape := request.operation.input_shape)
        for fault in faults(shape, request.parameters)
    ]
    assert found == []


def test_patterns_that_python_cannot_read_are_only_these(whole: Foreseen) -> None:
    shapes: dict[str, Shape] = {}
    for request in whole.requests:
        if request.operation.input_shape:
            _collect(request.operation.input_shape, shapes)
    patterns = {shape.metadata.get("pattern", "") for shape in shapes.values()}
    unread = {pattern for pattern in patterns if compiled(pattern) is None}
    assert {p for p in unread if r"\p{" not in p and r"\uD800" not in p} == set()
    assert len(patterns) > 2 * len(unread)


def _collect(shape: Any, found: dict[str, Shape]) -> None:
    if shape.name in found:
        return
    found[shape.name] = shape
    match shape.type_name:
        case "structure":
            inner = list(shape.members.values())
        case "list":
            inner = [shape.member]
        case "map":
            inner = [shape.key, shape.value]
        case _:
            inner = []
    for each in inner:
        _collect(each, found)


@pytest.mark.parametrize("limit", LIMITS, ids=lambda limit: limit.what)
def test_every_limit_measures_something_of_a_whole_stack(whole: Foreseen, limit: Limit) -> None:
    sizes = [measured.size for measured in limit.measure(whole.requests)]
    assert 0 < max(sizes) <= limit.most


def test_a_whole_stack_has_nothing_wrong(tmp_path: Path) -> None:
    class Unread:
        entries = {"name": None}

    assert check_requests([(configured(tmp_path, FULL), Unread())]) == [[]]  # type: ignore[list-item]


@pytest.mark.parametrize(
    ("operation", "parameters", "path", "said"),
    [
        ("iam.CreateRole", {"RoleName": "r" * 65}, ("RoleName",), "is too long"),
        ("iam.CreateRole", {"RoleName": ""}, ("RoleName",), "AWS requires 1 or more"),
        ("iam.CreateRole", {"RoleName": "a b"}, ("RoleName",), "does not match"),
        ("lambda.CreateFunction", {"Runtime": "python2.6"}, ("Runtime",), "is none of"),
        ("lambda.CreateFunction", {"Timeout": 0}, ("Timeout",), "is 0, and AWS requires 1"),
        ("lambda.CreateFunction", {"MemorySize": 99_999}, ("MemorySize",), "is 99999, and AWS"),
        (
            "lambda.CreateFunction",
            {"Environment": {"Variables": {"1X": ""}}},
            ("Environment", "Variables", "1X"),
            "does not match",
        ),
        ("iam.CreateRole", {"Tags": [{"Key": "k" * 129}]}, ("Tags", 0, "Key"), "is too long"),
        ("iam.CreateRole", {"Tags": [{"Key": "k"}] * 51}, ("Tags",), "is too long"),
        ("lambda.CreateFunction", {"Code": {"ZipFile": b""}}, (), ""),
    ],
)
def test_a_value_the_model_does_not_take(
    operation: str, parameters: dict[str, object], path: tuple[str | int, ...], said: str
) -> None:
    service, name = operation.split(".")
    shape = service_model(service).operation_model(name).input_shape
    assert shape is not None
    found = [(fault.path, fault.said) for fault in faults(shape, parameters)]
    assert [each for each, _ in found] == ([path] if path else [])
    assert all(said in words for _, words in found)
