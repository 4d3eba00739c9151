"""The alias: the contract, and how it moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError

from provision.finding import Action
from provision.step import Step
from provision.steps.alias import Alias
from tests.steps.contract import StepContract
from tests.steps.lambda_world import NAME, Refusing, a_function, changed, made, version_of
from tests.workshop import Workshop, new_aws, one_node

ALIAS = Alias(function=NAME, name="live", version="1")


def two_versions(directory: Path) -> None:
    function = made(a_function(new_aws(), directory))
    version_of(function).create(new_aws())
    version_of(changed(function, memory=512)).create(new_aws())


class TestAlias(StepContract):
    edits: ClassVar[dict[str, Any]] = {"version": "2", "weights": {"2": 0.1}}
    fixed_edits: ClassVar[dict[str, Any]] = {"name": "next"}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        two_versions(self.directory)
        return ALIAS


@pytest.fixture
def there(workshop: Workshop, tmp_path: Path) -> Alias:
    two_versions(tmp_path)
    step = workshop.run(one_node(ALIAS), "up").steps["it"]
    assert isinstance(step, Alias)
    return step


def test_its_arn_ends_in_its_name(there: Alias) -> None:
    assert there.arn == new_aws().where.arn("lambda", f"function:{NAME}:live")


def test_weights_are_cleared_though_aws_keeps_what_is_left_out(there: Alias) -> None:
    new_aws().lambda_.update_alias(
        FunctionName=NAME, Name="live", RoutingConfig={"AdditionalVersionWeights": {"2": 0.5}}
    )
    have = there.observe(new_aws())
    assert have
    assert have.weights == {"2": 0.5}
    ALIAS.update(new_aws(), have, {"weights"})
    found = there.observe(new_aws())
    assert found
    assert found == replace(there, revision=found.revision)


def test_overtaken_once_it_reads_again(there: Alias) -> None:
    moved = Alias(function=NAME, name="live", version="2")
    aws = new_aws(Refusing("UpdateAlias", "PreconditionFailedException", times=1))
    moved.update(aws, there, {"version"})
    found = moved.observe(new_aws())
    assert found
    assert found.version == "2"


def test_overtaken_twice_it_gives_up(there: Alias) -> None:
    aws = new_aws(Refusing("UpdateAlias", "PreconditionFailedException"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        ALIAS.update(aws, there, {"version"})


def test_it_is_moved_only_from_what_was_read(there: Alias) -> None:
    seen: list[str] = []

    class Overtaking(Refusing):
        """Moves the alias between the reading and the writing of another."""

        def _refuse(self, **_: Any) -> Any:
            if not seen:
                seen.append("once")
                new_aws().lambda_.update_alias(FunctionName=NAME, Name="live", Description="x")

    aws = new_aws(recorder := Overtaking("UpdateAlias", ""))
    ALIAS.update(aws, there, {"version"})
    assert recorder.writes == ["UpdateAlias", "UpdateAlias"]


def test_one_made_meanwhile_is_moved(workshop: Workshop, tmp_path: Path) -> None:
    """L13: CreateAlias says that it is there."""
    two_versions(tmp_path)

    class Racing(Refusing):
        def _refuse(self, **_: Any) -> Any:
            if self.left:
                self.left = 0
                new_aws().lambda_.create_alias(FunctionName=NAME, Name="live", FunctionVersion="2")

    workshop.run(one_node(ALIAS), "up", recorder=Racing("CreateAlias", ""))
    assert workshop.last.writes == ["CreateAlias", "UpdateAlias"]
    assert workshop.run(one_node(ALIAS), "plan").findings["it"].action is Action.KEEP
