"""The version: the contract, when a new one is published, and which are kept."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar
from unittest.mock import ANY

import pytest
from botocore.exceptions import ClientError

from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.states import FunctionFailed
from provision.steps.lambda_.version import KEPT, ConcurrentChange, Version
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import (
    NAME,
    Refusing,
    a_function,
    changed,
    made,
    show_states,
    version_of,
    with_code,
)


class TestVersion(StepContract):
    parents_owner = "tap-dev/function.items"
    unsaid: ClassVar = {"configuration": (ANY,)}
    edits: ClassVar[dict[str, Any]] = {}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        return version_of(made(a_function(aws, self.directory)))


@pytest.fixture
def function(account: None, tmp_path: Path) -> Function:
    return made(a_function(new_aws(), tmp_path))


def published(workshop: Workshop, function: Function) -> str:
    """Run `up`, and return the published number."""
    step = workshop.run(one_node(version_of(function)), "up").resources["it"]
    assert isinstance(step, Version)
    return step.number


def numbers() -> list[str]:
    listed = new_aws().lambda_.list_versions_by_function(FunctionName=NAME)
    return [version["Version"] for version in listed["Versions"]][1:]


def test_every_change_is_published_and_frozen(
    function: Function, workshop: Workshop, tmp_path: Path
) -> None:
    assert published(workshop, function) == "1"
    function = changed(function, memory=512)
    assert published(workshop, function) == "2"
    other = with_code(function, tmp_path, "two")
    function = changed(function, code_sha256=other.code_sha256, zip=other.zip)
    assert published(workshop, function) == "3"
    assert published(workshop, changed(function, tags={"team": "b"})) == "3"
    memories = [
        new_aws().lambda_.get_function(FunctionName=NAME, Qualifier=number)["Configuration"]
        for number in "12"
    ]
    assert [shown["MemorySize"] for shown in memories] == [128, 512]


def test_going_back_publishes_again(function: Function, workshop: Workshop) -> None:
    published(workshop, function)
    other = changed(function, memory=512)
    published(workshop, other)
    assert published(workshop, changed(other, memory=128)) == "3"


def test_its_arn_has_the_number(function: Function, workshop: Workshop) -> None:
    step = workshop.run(one_node(version_of(function)), "up").resources["it"]
    assert isinstance(step, Version)
    assert step.arn == new_aws().location.arn("lambda", f"function:{NAME}:1")


@pytest.mark.usefixtures("one_item_a_page")
def test_the_newest_stay_and_what_an_alias_leads_to(function: Function, workshop: Workshop) -> None:
    for memory in range(128, 128 + KEPT + 3):
        published(workshop, function := changed(function, memory=memory))
        if memory == 129:
            new_aws().lambda_.create_alias(
                FunctionName=NAME,
                Name="old",
                FunctionVersion="2",
                RoutingConfig={"AdditionalVersionWeights": {"1": 0.5}},
            )
    assert numbers() == ["1", "2", *map(str, range(4, 4 + KEPT))]
    assert workshop.last.writes == ["PublishVersion", "DeleteFunction"]


def test_what_somebody_else_published_is_not_pruned(function: Function, workshop: Workshop) -> None:
    """A version from `aws lambda publish-version` may be in use."""
    new_aws().lambda_.publish_version(FunctionName=NAME, Description="before the migration")
    for memory in range(200, 200 + KEPT + 1):
        published(workshop, function := changed(function, memory=memory))
    assert numbers() == ["1", *map(str, range(3, 3 + KEPT))]


def test_the_plan_says_which_go(function: Function, workshop: Workshop) -> None:
    for memory in range(200, 200 + KEPT):
        published(workshop, function := changed(function, memory=memory))
        plan = workshop.run(one_node(version_of(function)), "plan").changes["it"]
        assert (plan.action, plan.reason) == (Action.KEEP, "")
    next_one = one_node(version_of(changed(function, memory=512)))
    plan = workshop.run(next_one, "plan").changes["it"]
    assert plan.reason == f"version 1 is deleted: {KEPT} of the stack's own are kept"
    new_aws().lambda_.create_alias(FunctionName=NAME, Name="theirs", FunctionVersion="1")
    assert workshop.run(next_one, "plan").changes["it"].reason == ""


def test_down_leaves_what_somebody_elses_alias_leads_to(
    function: Function, workshop: Workshop
) -> None:
    published(workshop, function)
    published(workshop, changed(function, memory=512))
    new_aws().lambda_.create_alias(FunctionName=NAME, Name="theirs", FunctionVersion="1")
    workshop.run(one_node(version_of(function)), "down")
    assert numbers() == ["1"]
    function.delete(new_aws())
    assert version_of(function).observe(new_aws()) is None


def test_a_function_changed_by_others_is_not_published(
    function: Function, workshop: Workshop
) -> None:
    new_aws().lambda_.update_function_configuration(FunctionName=NAME, Timeout=77)
    with pytest.raises(ConcurrentChange, match=NAME) as told:
        workshop.run(one_node(version_of(function)), "up")
    assert "provision plan" in told.value.hint
    assert workshop.last.writes == []


def test_overtaken_once_it_reads_again(function: Function, workshop: Workshop) -> None:
    recorder = Refusing("PublishVersion", "PreconditionFailedException", times=1)
    workshop.run(one_node(version_of(function)), "up", recorder=recorder)
    assert numbers() == ["1"]


def test_overtaken_twice_it_gives_up(function: Function) -> None:
    aws = new_aws(Refusing("PublishVersion", "PreconditionFailedException"))
    with pytest.raises(ClientError, match="PreconditionFailed"):
        version_of(function).create(aws)


def test_it_is_published_with_both_guards(function: Function) -> None:
    sent: dict[str, Any] = {}

    class Listening(Recorder):
        def watch(self, client: Any) -> None:
            super().watch(client)
            event = "provide-client-params.lambda.PublishVersion"
            client.meta.events.register(event, lambda params, **_: sent.update(params))

    latest = new_aws().lambda_.get_function(FunctionName=NAME)["Configuration"]
    version_of(function).create(new_aws(Listening()))
    assert sent["CodeSha256"] == function.code_sha256
    assert sent["RevisionId"] == latest["RevisionId"]


WORKING = {"State": "Active", "LastUpdateStatus": "Successful"}
BROKEN = {"State": "Failed", "StateReasonCode": "EniLimitExceeded", "StateReason": "too many"}


def test_it_waits_until_the_version_is_active(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    no_status = {"State": "Active", "LastUpdateStatus": ""}  # (L12)
    show_states(monkeypatch, [WORKING, {"State": "Pending"}, no_status, WORKING])
    aws = new_aws()
    version_of(function).create(aws)
    assert len(aws.clock.slept) == 2  # type: ignore[attr-defined]  # the tests' clock


def test_one_that_aws_gives_up_on_is_told_and_taken_away(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        show_states(broken, [WORKING, BROKEN])
        with pytest.raises(FunctionFailed, match=f"{NAME}:1: EniLimitExceeded: too many"):
            workshop.run(one_node(version_of(function)), "up")
    assert numbers() == []
    assert published(workshop, function) == "2"


def test_one_that_failed_is_never_taken_for_good(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    published(workshop, function)
    show_states(monkeypatch, [BROKEN])
    finding = workshop.run(one_node(version_of(function)), "plan").changes["it"]
    assert finding.action is Action.REPLACE
    assert [diff.have for diff in finding.diffs] == ["EniLimitExceeded: too many"]


def test_without_the_function_there_is_no_version(function: Function) -> None:
    function.delete(new_aws())
    version = version_of(replace(function))
    assert version.observe(new_aws()) is None
    version.delete(new_aws())
