"""Every known privilege escalation is open or closed as docs/permissions.md says.

It is tried with the printed policies, for a stack with a boundary and for one without.
"""

from __future__ import annotations

from functools import cache

import pytest

from provision.permissions.policies import policies
from tests.conformance.permissions.escalation import Open, Way
from tests.conformance.permissions.evaluation import Line, allowed, lines
from tests.conformance.permissions.full_page import full_asks
from tests.conformance.permissions.place import BOUNDARY
from tests.conformance.permissions.ways import WAYS


@cache
def deployer(*, bound: bool) -> tuple[Line, ...]:
    asked = full_asks(BOUNDARY if bound else None)
    return tuple(lines(policy.document for policy in policies("deployer", asked)))


def is_open(way: Way, found: tuple[Line, ...]) -> bool:
    answers = [allowed(ask, found) for ask in way.asks]
    return any(answers) if way.either else all(answers)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name[:40])
def test_with_a_boundary_it_is_as_the_page_says(way: Way) -> None:
    assert is_open(way, deployer(bound=True)) is (way.open is Open.ALWAYS)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name[:40])
def test_without_one_too(way: Way) -> None:
    assert is_open(way, deployer(bound=False)) is (way.open is not Open.NEVER)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.name[:40])
def test_is_a_way(way: Way) -> None:
    """A user who may do anything can take it, so that the test can fail."""
    everything = lines([{"Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}])
    assert is_open(way, tuple(everything))
