"""The function: the contract, and Lambda's unexpected behaviour."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest
from moto.awslambda.models import LambdaFunction

from provision.errors import ApiError, NotPermitted, WaitTimeout
from provision.model.risks import Impact
from provision.model.step import Step, fields_with
from provision.packaging.archive import ZIPPED_LIMIT
from provision.plan.change import Action, Cause
from provision.plan.risks import risks_of
from provision.steps.lambda_.code import ZipUnusable
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.states import FunctionFailed
from provision.unknown import UNKNOWN
from tests.support.harness import Recorder, Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import (
    NAME,
    Refusing,
    a_bundle,
    a_function,
    a_role,
    show_states,
    with_code,
)

SUBNETS = ("subnet-0a", "subnet-0b")
GROUPS = ("sg-0a",)


class TestFunction(StepContract):
    unsaid: ClassVar = {
        "timeout": (3,),
        "memory": (128,),
        "architecture": ("x86_64",),
        "log_group": ("/aws/lambda/tap-dev-items",),
    }
    edits: ClassVar[Mapping[str, Any]] = {
        "runtime": "python3.12",
        "handler": "other.handler",
        "code_sha256": "see with_code",
        "architecture": "arm64",
        "description": "Items of tap-dev",
        "memory": 512,
        "timeout": 10,
        "concurrency": 50,
        "environment": {"TABLE_ITEMS": "tap-dev-items"},
        "key": "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555",
        "tracing": "PassThrough",
        "dead_letters": "arn:aws:sqs:us-east-1:123456789012:tap-dev-items-dead",
        "subnet_ids": SUBNETS,
        "group_ids": GROUPS,
        "log_group": "/tap-dev/items",
        "log_format": "Text",
        "tags": {"team": "b", "more": "c"},
    }

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        aws.lambda_.publish_layer_version(
            LayerName="tap-dev-dependencies", Content={"ZipFile": a_bundle().content}
        )
        self.layer = aws.location.arn("lambda", "layer:tap-dev-dependencies:1")
        self.role = a_role(aws, "another")
        return a_function(aws, self.directory)

    def edited(self, step: Step) -> Step:
        assert isinstance(step, Function)
        return with_code(replace(step, **self.edits), self.directory, "two")

    def test_every_field_is_edited_or_marked(self, step: Step) -> None:
        """Two of the values need an account to exist; only AWS sets `failure`."""
        made_up = {"role", "layers", "failure", "strays"}
        assert set(fields_with(type(step), None)) == set(self.edits) | made_up
        assert all(vars(step)[name] != value for name, value in self.edits.items())

    def test_every_edit_converges_there_and_back(self, step: Step, workshop: Workshop) -> None:
        """As in the contract, but the code's digest changes together with its zip."""
        assert isinstance(step, Function)
        workshop.run(one_node(step), "up")
        for name, value in {**self.edits, "role": self.role, "layers": (self.layer,)}.items():
            edited = replace(step, **{name: value})
            if name == "code_sha256":
                edited = with_code(step, self.directory, "two")
            for want in (edited, step):
                finding = workshop.run(one_node(want), "up").changes["it"]
                assert finding.action is Action.UPDATE, name
                assert [diff.field for diff in finding.diffs] == [name]
                assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP
                assert workshop.last.writes == []


@pytest.fixture
def function(tmp_path: Path, account: None) -> Function:
    return a_function(new_aws(), tmp_path)


def shown() -> Any:
    return new_aws().lambda_.get_function(FunctionName=NAME)["Configuration"]


# -- creating and changing ---------------------------------------------------------------------


def test_it_is_created_in_one_call_with_its_tags(function: Function, workshop: Workshop) -> None:
    step = workshop.run(one_node(function), "up").resources["it"]
    assert workshop.last.writes == ["CreateFunction"]
    assert isinstance(step, Function)
    assert step.tags == {"team": "a", "provision:owner": "tap-dev/it"}
    assert step.arn == new_aws().location.arn("lambda", f"function:{NAME}")


def test_reserved_concurrency_is_set_after_the_creation(
    function: Function, workshop: Workshop
) -> None:
    limited = replace(function, concurrency=50)
    workshop.run(one_node(limited), "up")
    assert workshop.last.writes == ["CreateFunction", "PutFunctionConcurrency"]
    assert workshop.run(one_node(limited), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(function), "up")
    assert workshop.last.writes == ["DeleteFunctionConcurrency"]


def test_a_concurrency_of_none_at_all_stops_it(function: Function, workshop: Workshop) -> None:
    workshop.run(one_node(function), "up")
    stopped = replace(function, concurrency=0)
    change = workshop.run(one_node(stopped), "plan").changes["it"]
    assert [(each.field, each.cause) for each in change.diffs] == [("concurrency", Cause.CONFIG)]
    assert [(each.impact, each.why) for each in risks_of(change)] == [
        (Impact.DOWNTIME, "it is stopped: every call of it is refused")
    ]
    have = workshop.run(one_node(stopped), "up").resources["it"]
    assert isinstance(have, Function)
    assert have.reported_problem().startswith("stopped: ")
    assert not risks_of(workshop.run(one_node(function), "plan").changes["it"])
    limited = workshop.run(one_node(replace(function, concurrency=5)), "up").resources["it"]
    assert isinstance(limited, Function)
    assert limited.reported_problem() == ""


def test_a_quota_that_is_too_small_is_told_and_not_tried_again(
    function: Function, workshop: Workshop
) -> None:
    """AWS keeps a part of the account's concurrency unreserved (L26)."""
    workshop.run(one_node(function), "up")
    said = (
        "Specified ReservedConcurrentExecutions for function decreases account's"
        " UnreservedConcurrentExecution below its minimum value of [100]."
    )
    refusing = Refusing("PutFunctionConcurrency", "InvalidParameterValueException", text=said)
    with pytest.raises(ApiError, match=r"too small to reserve 950 for .*below its minimum") as told:
        workshop.run(one_node(replace(function, concurrency=950)), "up", recorder=refusing)
    assert "`aws service-quotas request-service-quota-increase" in told.value.hint
    assert refusing.writes == ["PutFunctionConcurrency"]


def test_changes_are_merged_into_one_call_for_configuration_and_one_for_code(
    function: Function, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(one_node(function), "up")
    other = with_code(function, tmp_path, "two")
    other = replace(other, memory=512, timeout=9, environment={"A": "b"}, architecture="arm64")
    workshop.run(one_node(other), "up")
    assert workshop.last.writes == ["UpdateFunctionConfiguration", "UpdateFunctionCode"]


def test_code_alone_sends_no_configuration(
    function: Function, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(one_node(function), "up")
    workshop.run(one_node(with_code(function, tmp_path, "two")), "up")
    assert workshop.last.writes == ["UpdateFunctionCode"]
    assert shown()["CodeSha256"] == a_bundle("two").code_sha256


def test_blocks_taken_out_are_cleared(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: dict[str, Any] = {}

    class Listening(Recorder):
        def watch(self, client: Any) -> None:
            super().watch(client)
            event = "provide-client-params.lambda.UpdateFunctionConfiguration"
            client.meta.events.register(event, lambda params, **_: sent.update(params))

    full = replace(
        function,
        environment={"A": "b"},
        subnet_ids=SUBNETS,
        group_ids=GROUPS,
        dead_letters="arn:aws:sqs:us-east-1:123456789012:q",
    )
    workshop.run(one_node(full), "up")
    workshop.run(one_node(function), "up", recorder=Listening())
    assert sent["Environment"] == {"Variables": {}}
    assert sent["DeadLetterConfig"] == {"TargetArn": ""}
    assert sent["VpcConfig"] == {"SubnetIds": (), "SecurityGroupIds": ()}
    assert sent["Layers"] == ()


def test_the_order_of_subnets_is_no_difference(function: Function, workshop: Workshop) -> None:
    placed = replace(function, subnet_ids=SUBNETS, group_ids=GROUPS)
    workshop.run(one_node(placed), "up")
    new_aws().lambda_.update_function_configuration(
        FunctionName=NAME,
        VpcConfig={"SubnetIds": list(reversed(SUBNETS)), "SecurityGroupIds": list(GROUPS)},
    )
    assert workshop.run(one_node(placed), "plan").changes["it"].action is Action.KEEP


# -- the zip -----------------------------------------------------------------------------------


def test_a_zip_too_large_is_refused_before_it_is_sent(
    function: Function, workshop: Workshop, tmp_path: Path
) -> None:
    large = tmp_path / "large.zip"
    with large.open("wb") as file:
        file.truncate(ZIPPED_LIMIT + 1)
    with pytest.raises(ZipUnusable, match=rf"function {NAME} is 50\.0 MiB"):
        workshop.run(one_node(replace(function, zip=str(large))), "up")
    assert workshop.last.writes == []


def test_the_zip_is_read_only_to_create_or_update(function: Function, workshop: Workshop) -> None:
    workshop.run(one_node(function), "up")
    Path(function.zip).unlink()
    assert workshop.run(one_node(function), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(replace(function, memory=256)), "up")
    workshop.run(one_node(function), "down")


# -- states ------------------------------------------------------------------------------------

WORKING = {"State": "Active", "LastUpdateStatus": "Successful"}
BROKEN = {
    "State": "Failed",
    "StateReasonCode": "SubnetOutOfIPAddresses",
    "StateReason": "no address is left",
}
UPDATE_FAILED = {
    "LastUpdateStatus": "Failed",
    "LastUpdateStatusReasonCode": "EniLimitExceeded",
    "LastUpdateStatusReason": "too many interfaces",
}


def test_create_waits_until_it_is_active(
    function: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    show_states(monkeypatch, [{"State": "Pending"}, {"State": "Pending"}, WORKING])
    aws = new_aws()
    function.with_owner("tap-dev/it").create(aws)
    assert len(aws.clock.slept) == 2  # type: ignore[attr-defined]  # the tests' clock


def test_update_waits_after_each_call(
    function: Function, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    have = function.with_owner("tap-dev/it").create(new_aws())
    busy = {"LastUpdateStatus": "InProgress"}
    show_states(monkeypatch, [busy, WORKING, busy, busy, WORKING])
    aws, want = new_aws(), replace(with_code(have, tmp_path, "two"), memory=512)
    want.update(aws, have, {"memory", "code_sha256"})
    assert len(aws.clock.slept) == 3  # type: ignore[attr-defined]  # the tests' clock


def test_observe_waits_out_what_somebody_began(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(function), "up")
    show_states(monkeypatch, [{"State": "Pending"}, {"LastUpdateStatus": "InProgress"}, WORKING])
    aws = new_aws()
    assert function.observe(aws)
    assert len(aws.clock.slept) == 2  # type: ignore[attr-defined]  # the tests' clock


def test_a_wait_ends(function: Function, monkeypatch: pytest.MonkeyPatch) -> None:
    show_states(monkeypatch, [{"State": "Pending"}])
    with pytest.raises(WaitTimeout, match=f"function {NAME} to be ready"):
        function.with_owner("tap-dev/it").create(new_aws())
    with pytest.raises(WaitTimeout, match=f"function {NAME} to settle"):
        function.observe(new_aws())


@pytest.mark.parametrize("state", [BROKEN, UPDATE_FAILED])
def test_what_aws_gives_up_on_is_told_and_sent_again(
    function: Function,
    workshop: Workshop,
    monkeypatch: pytest.MonkeyPatch,
    state: dict[str, str],
) -> None:
    reason = " ".join(state.values())
    with monkeypatch.context() as broken:
        show_states(broken, [state])
        with pytest.raises(FunctionFailed, match=reason.split()[1]) as told:
            workshop.run(one_node(function), "up")
        assert "provision up" in told.value.hint
        finding = workshop.run(one_node(function), "plan").changes["it"]
        assert [diff.field for diff in finding.diffs] == ["failure"]
    with monkeypatch.context() as mended:
        show_states(mended, [state, WORKING])
        workshop.run(one_node(function), "up")
    assert workshop.last.writes == ["UpdateFunctionConfiguration", "UpdateFunctionCode"]
    assert workshop.run(one_node(function), "plan").changes["it"].action is Action.KEEP


def test_an_idle_function_is_as_wanted(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(function), "up")
    show_states(monkeypatch, [{"State": "Inactive", "StateReasonCode": "Idle"}])
    assert workshop.run(one_node(function), "plan").changes["it"].action is Action.KEEP


# -- deleting ----------------------------------------------------------------------------------


@pytest.fixture
def placed(function: Function, workshop: Workshop) -> Function:
    """Create the function in a VPC, and return it."""
    placed = replace(function, subnet_ids=SUBNETS, group_ids=GROUPS)
    workshop.run(one_node(placed), "up")
    return placed


def test_it_leaves_the_vpc_before_it_is_deleted(
    placed: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Any] = []
    real = LambdaFunction.update_configuration

    def listen(self: Any, updates: Any) -> Any:
        seen.append(updates)
        return real(self, updates)

    monkeypatch.setattr(LambdaFunction, "update_configuration", listen)
    workshop.run(one_node(placed), "down")
    assert workshop.last.writes == ["UpdateFunctionConfiguration", "DeleteFunction"]
    assert seen == [{"VpcConfig": {"SubnetIds": [], "SecurityGroupIds": []}}]


def test_it_is_not_deleted_while_it_leaves(
    placed: Function, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = {"LastUpdateStatus": "InProgress"}
    recorder = Recorder()
    aws = new_aws(recorder)
    show_states(monkeypatch, [WORKING, busy, busy, WORKING])
    placed.delete(aws)
    looks_while_leaving = 3
    assert recorder.reads[1 : 1 + looks_while_leaving] == ["GetFunction"] * looks_while_leaving
    assert len(aws.clock.slept) == 2  # type: ignore[attr-defined]  # the tests' clock


def test_it_is_deleted_even_when_it_cannot_leave(placed: Function, workshop: Workshop) -> None:
    refusing = Refusing("UpdateFunctionConfiguration", "InvalidParameterValueException")
    workshop.run(one_node(placed), "down", recorder=refusing)
    assert workshop.last.writes == ["UpdateFunctionConfiguration", "DeleteFunction"]
    assert placed.observe(new_aws()) is None


def test_delete_waits_until_it_is_gone(
    function: Function, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.run(one_node(function), "up")
    monkeypatch.setattr("moto.awslambda.models.LambdaBackend.delete_function", lambda *_: None)
    with pytest.raises(WaitTimeout, match=f"function {NAME} to be deleted"):
        function.delete(new_aws())


# -- configuration() ---------------------------------------------------------------------------


def test_the_configuration_covers_what_a_version_freezes(
    function: Function, tmp_path: Path
) -> None:
    edits = TestFunction.edits
    # A version has a description of its own, and concurrency is the function's.
    apart = {"code_sha256", "tags", "description", "concurrency"}
    digests = {
        replace(function, **{name: value}).configuration()
        for name, value in {**edits, "role": "r", "layers": ("l",)}.items()
        if name not in apart
    }
    assert len(digests) == len(edits) - len(apart) + 2
    assert function.configuration() not in digests
    same = replace(with_code(function, tmp_path, "two"), tags={}, arn="a", name="other")
    assert same.configuration() == function.configuration()


def test_the_configuration_is_unknown_where_a_part_is(function: Function) -> None:
    assert replace(function, layers=(UNKNOWN,)).configuration() is UNKNOWN
    assert replace(function, arn=UNKNOWN).configuration() == function.configuration()


# -- what AWS hides --------------------------------------------------------------------------------


def hide(monkeypatch: pytest.MonkeyPatch, change: Callable[[dict[str, Any]], object]) -> None:
    get_code = LambdaFunction.get_code

    def shown(self: Any) -> Any:
        found = get_code(self)
        change(found)
        return found

    monkeypatch.setattr(LambdaFunction, "get_code", shown)


def hide_tags(found: dict[str, Any]) -> None:
    found.pop("Tags", None)
    found["TagsError"] = {"ErrorCode": "AccessDenied", "Message": "no lambda:ListTags"}


def hide_variables(found: dict[str, Any]) -> None:
    error = {"ErrorCode": "AccessDeniedException", "Message": "the value is secret"}
    found["Configuration"]["Environment"] = {"Error": error}


@pytest.mark.parametrize(
    ("change", "action"), [(hide_tags, "lambda:ListTags"), (hide_variables, "kms:Decrypt")]
)
@pytest.mark.parametrize("verb", ["plan", "up", "down"])
def test_what_cannot_be_read_is_not_what_is_not_there(
    workshop: Workshop,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    change: Callable[[dict[str, Any]], object],
    action: str,
    verb: str,
) -> None:
    """Otherwise, without the permission, ours would look foreign, and its role be removed."""
    function = a_function(new_aws(), tmp_path)
    workshop.run(one_node(function), "up")
    hide(monkeypatch, change)
    for lost in (False, True):
        if lost:
            workshop.forget()
        with pytest.raises(NotPermitted) as refused:
            workshop.run(one_node(function), verb)
        assert f"allow {action} on arn:aws:" in refused.value.hint or action == "kms:Decrypt"
        assert "the value is secret" not in str(refused.value)
        assert workshop.last.writes == []
