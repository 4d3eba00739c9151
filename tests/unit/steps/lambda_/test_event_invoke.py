"""Retries of asynchronous invocations: the contract, on one alias of several."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

import pytest

from provision.model.step import Step
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.event_invoke import EventInvoke
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import NAME, a_function, made, version_of

WANT = EventInvoke(function=NAME, qualifier="live", retries=1, max_age=3600)


def two_aliases(directory: Path) -> None:
    version_of(made(a_function(new_aws(), directory))).create(new_aws())
    for name in ("live", "next"):
        Alias(function=NAME, name=name, version="1").create(new_aws())


class TestEventInvoke(StepContract):
    parents_owner = "tap-dev/function.items"
    unsaid: ClassVar = {"max_age": (21600,)}
    drift_only = frozenset({"destinations"})
    edits: ClassVar[dict[str, Any]] = {"retries": 0, "max_age": 60}
    fixed_edits: ClassVar[dict[str, Any]] = {"qualifier": "next"}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        two_aliases(self.directory)
        return WANT


def test_another_aliass_is_its_own(workshop: Workshop, tmp_path: Path) -> None:
    two_aliases(tmp_path)
    other = EventInvoke(function=NAME, qualifier="next", retries=2, max_age=7200)
    other.create(new_aws())
    workshop.run(one_node(WANT), "up")
    workshop.run(one_node(WANT), "down")
    assert WANT.observe(new_aws()) is None
    assert other.observe(new_aws()) == other


def test_a_setting_that_is_not_there_has_its_default(tmp_path: Path, account: None) -> None:
    two_aliases(tmp_path)
    new_aws().lambda_.put_function_event_invoke_config(
        FunctionName=NAME, Qualifier="live", MaximumRetryAttempts=1
    )
    have = WANT.observe(new_aws())
    assert have
    assert (have.retries, have.max_age) == (1, 21600)


def test_without_the_function_it_is_gone(tmp_path: Path, account: None) -> None:
    assert WANT.observe(new_aws()) is None
    WANT.delete(new_aws())
