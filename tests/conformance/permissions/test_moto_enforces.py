"""The actions of the deployer's policy under moto's enforcement.

It covers the services that MiniStack lacks. moto checks neither resources nor conditions: see
tests/support/moto_patches/enforcement.py.

`make permissions-sweep` removes every action; here some are removed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import pytest

from provision.workflows.deployer_policy import Purpose
from tests.conformance.permissions.denial import Taking, enforcing_account, taking
from tests.conformance.permissions.lifecycle import FULL

CHANGED: Mapping[str, Any] = {
    **FULL,
    "tags": {"Environment": "production", "team": "a"},
    "tables": {"items": {"read": {"max": 200}}},
    "functions": {"items": {"memory": 256}},
    "api": {**FULL["api"], "routes": {"GET /more": "items"}},
}
SEED = 4
SHARE = 0.03


def drawn(action: str) -> bool:
    return random.Random(f"{SEED} {action}").random() < SHARE


@pytest.fixture(scope="module")
def enforced(tmp_path_factory: pytest.TempPathFactory) -> Taking:
    """Return a life cycle without manual changes, ended before the first test begins."""
    with enforcing_account():
        liver = taking(tmp_path_factory.mktemp("enforced"), drawn)
        liver.run("up", FULL, Purpose.UP)
        liver.run("plan", FULL, Purpose.STATUS)
        liver.sources.code += "# changed\n"
        liver.sources.layer_text += "# changed\n"
        liver.run("up", CHANGED, Purpose.UP)
        liver.look_for_leftovers()  # the missing permission to list does not stop a read
        liver.run("down", CHANGED, Purpose.DOWN)
        return liver


def test_a_whole_life_needs_no_other_action(enforced: Taking) -> None:
    made, planned, changed, searched, removed = enforced.life.guards.values()
    assert len(made.judged) > 200
    assert len(planned.judged) > 50
    assert planned.writes == []
    assert len(changed.judged) > 100
    assert searched.writes == []
    assert len(removed.judged) > 100


def test_an_action_that_is_taken_away_is_missed(enforced: Taking) -> None:
    assert len(enforced.said) > 2
    for action, words in enforced.said.items():
        assert f"is not authorized to perform: {action}" in words
