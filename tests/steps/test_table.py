"""The table: the contract, and what DynamoDB does that one would not expect."""

from __future__ import annotations

from typing import Any

import pytest

from provision.errors import TryLater
from provision.step import Step
from provision.steps.table import Table
from tests.steps.contract import StepContract
from tests.workshop import Workshop, one_node

TABLE = Table(name="tap-dev-items", key="id", tags={"team": "a"})


class TestTable(StepContract):
    edits = {
        "ttl": "expires_at",
        "recovery": False,
        "encryption": "owned",
        "protect": False,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits = {"key": "pk", "sort_key": "sk"}

    def given(self, aws: Any) -> Step:
        return TABLE


def test_moving_the_expiry_attribute_takes_two_runs(workshop: Workshop) -> None:
    def with_ttl(attribute: str) -> Table:
        return Table(name="tap-dev-items", key="id", ttl=attribute, tags={})

    workshop.run(one_node(with_ttl("old")), "up")
    with pytest.raises(TryLater, match="one change an hour"):
        workshop.run(one_node(with_ttl("new")), "up")
    made = workshop.run(one_node(with_ttl("new")), "up").steps["it"]
    assert isinstance(made, Table)
    assert made.ttl == "new"
