"""The alias: the contract, and how it moves."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from botocore.exceptions import ClientError, ReadTimeoutError

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.import_check import ImportFails
from tests.support.answering import IMPORT_ERROR, Answering, Reply
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import NAME, Refusing, a_function, changed, made, version_of

ALIAS = Alias(function=NAME, name="live", version="1")


def two_versions(directory: Path) -> None:
    function = made(a_function(new_aws(), directory))
    version_of(function).create(new_aws())
    version_of(changed(function, memory=512)).create(new_aws())


class TestAlias(StepContract):
    parents_owner = "tap-dev/function.items"
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
    step = workshop.run(one_node(ALIAS), "up").resources["it"]
    assert isinstance(step, Alias)
    return step


def test_its_arn_ends_in_its_name(there: Alias) -> None:
    assert there.arn == new_aws().location.arn("lambda", f"function:{NAME}:live")


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


def test_a_version_is_tried_only_where_the_alias_moves_to_it(there: Alias) -> None:
    aws = new_aws(recorder := Recorder())
    replace(there, weights={"2": 0.1}).update(aws, there, {"weights"})
    assert recorder.writes == ["UpdateAlias"]
    now = there.observe(aws)
    assert now
    replace(now, version="2", import_check=False).update(aws, now, {"version"})
    assert recorder.writes == ["UpdateAlias", "UpdateAlias"]


def test_what_could_not_be_tried_is_remembered_as_long_as_it_is_live(
    workshop: Workshop, there: Alias
) -> None:
    wanted = replace(ALIAS, version="2")
    stack = one_node(wanted)
    recorder = Answering(ReadTimeoutError(endpoint_url="https://lambda"))
    moved = workshop.run(stack, "up", recorder=recorder).resources["it"]
    assert isinstance(moved, Alias)
    assert (moved.version, moved.untried) == ("2", "no answer came (ReadTimeoutError)")
    assert workshop.run(stack, "up").resources["it"] == moved
    assert workshop.last.writes == []
    back = workshop.run(one_node(ALIAS), "up").resources["it"]
    assert isinstance(back, Alias)
    assert (back.version, back.untried) == ("1", "")
    workshop.forget()
    found = workshop.run(one_node(ALIAS), "up").resources["it"]
    assert found == back


@pytest.mark.parametrize("now", ["", "1"], ids=["the first", "a later one"])
def test_what_cannot_be_imported_is_not_led_to(
    workshop: Workshop, tmp_path: Path, now: str
) -> None:
    two_versions(tmp_path)
    if now:
        workshop.run(one_node(ALIAS), "up")
    stack = one_node(replace(ALIAS, version="2"))
    with pytest.raises(ImportFails, match="version 2 cannot be imported"):
        workshop.run(stack, "up", recorder=Answering(Reply(IMPORT_ERROR)))
    assert workshop.last.writes == ["Invoke"]
    aliases = new_aws().lambda_.list_aliases(FunctionName=NAME)["Aliases"]
    assert [each["FunctionVersion"] for each in aliases] == [now] * bool(now)
    workshop.run(stack, "up")
    assert workshop.last.writes == ["Invoke", "UpdateAlias" if now else "CreateAlias"]


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
        """Moves the alias between another run's read and write."""

        def _refuse(self, **_: Any) -> Any:
            if not seen:
                seen.append("once")
                new_aws().lambda_.update_alias(FunctionName=NAME, Name="live", Description="x")

    aws = new_aws(recorder := Overtaking("UpdateAlias", ""))
    ALIAS.update(aws, there, {"version"})
    assert recorder.writes == ["Invoke", "UpdateAlias", "UpdateAlias"]


def test_one_made_meanwhile_is_moved(workshop: Workshop, tmp_path: Path) -> None:
    """CreateAlias reports that it exists (L13)."""
    two_versions(tmp_path)

    class Racing(Refusing):
        def _refuse(self, **_: Any) -> Any:
            if self.left:
                self.left = 0
                new_aws().lambda_.create_alias(FunctionName=NAME, Name="live", FunctionVersion="2")

    workshop.run(one_node(ALIAS), "up", recorder=Racing("CreateAlias", ""))
    assert workshop.last.writes == ["Invoke", "CreateAlias", "Invoke", "UpdateAlias"]
    assert workshop.run(one_node(ALIAS), "plan").changes["it"].action is Action.KEEP
