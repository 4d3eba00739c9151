"""The engine: ambiguous creates, foreign resources, consent, convergence, replacement, removal."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ConnectionClosedError

from provision.engine.engine import Engine
from provision.errors import DataProtected, NotConverged, NotOwned
from provision.model.stack import Stack
from provision.plan.change import Action, Cause
from provision.plan.limitations import Limitations
from provision.plan.options import PlanOptions
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.deployment import Deployment
from provision.steps.dynamodb.table import Table
from provision.unknown import UNKNOWN
from tests.support.harness import HOLDER, Died, Recorder, Where, Workshop, empty, new_aws, one_node

TABLE = Table(name="tap-dev-items", key="id", tags={}, encryption="owned", recovery=False)


class LosesAnswers(Recorder):
    """AWS carries the operation out, but the first `times` answers are lost."""

    operation: str = ""
    times: int = 1

    def watch(self, client: Any) -> None:
        super().watch(client)
        client.meta.events.register_last("after-call.*.*", self._lose)

    def _lose(self, model: Any, **_: Any) -> None:
        if model.name == self.operation and self.times > 0:
            self.times -= 1
            raise ConnectionClosedError(endpoint_url="x")


def losing(operation: str, times: int = 1) -> LosesAnswers:
    recorder = LosesAnswers()
    recorder.operation, recorder.times = operation, times
    return recorder


def test_a_create_whose_answer_is_lost_is_found_not_repeated(workshop: Workshop) -> None:
    recorder = losing("CreateTable")
    want = replace(TABLE, ttl="expires_at", recovery=True)
    workshop.run(one_node(want), "up", recorder=recorder)
    assert recorder.writes.count("CreateTable") == 1
    assert workshop.run(one_node(want), "up").changes["it"].action is Action.KEEP


def test_something_of_that_name_that_is_not_ours_stops_the_node(workshop: Workshop) -> None:
    TABLE.create(new_aws())
    plan = workshop.run(one_node(TABLE), "plan").changes["it"]
    assert plan.action is Action.FOREIGN
    assert plan.unblock_hint == "`provision up --adopt it` takes it over"
    with pytest.raises(NotOwned, match="tap-dev-items exists and does not belong to this stack"):
        workshop.run(one_node(TABLE), "up")
    assert workshop.last.writes == []


def test_adopting_takes_it_over_and_down_then_removes_it(workshop: Workshop) -> None:
    replace(TABLE, protect=False).create(new_aws())
    workshop.run(one_node(TABLE), "up", plan_options=PlanOptions(adopt=frozenset({"it"})))
    assert workshop.run(one_node(TABLE), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(TABLE), "down")
    assert TABLE.observe(new_aws()) is None


def test_what_differs_for_good_is_not_taken_over(workshop: Workshop) -> None:
    """A resource with another key type is not adopted.

    If it were, it would be deleted and created again, or fail: AWS refuses each write to a table
    whose key is a number.
    """
    new_aws().dynamodb.create_table(
        TableName=TABLE.name,
        KeySchema=[{"AttributeName": TABLE.key, "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": TABLE.key, "AttributeType": "N"}],
        BillingMode="PAY_PER_REQUEST",
    )
    adopting = PlanOptions(adopt=frozenset({"it"}))
    plan = workshop.run(one_node(TABLE), "plan", plan_options=adopting).changes["it"]
    assert plan.action is Action.FOREIGN
    assert plan.reason == (
        f"{TABLE.name} does not belong to this stack and cannot be adopted: key_type is N"
    )
    with pytest.raises(NotOwned, match="cannot be adopted"):
        workshop.run(one_node(TABLE), "up", plan_options=adopting)
    assert workshop.last.writes == []
    named = PlanOptions(adopt=frozenset({"it"}), destroy=frozenset({"it"}))
    assert (
        workshop.run(one_node(TABLE), "plan", plan_options=named).changes["it"].unblock_hint == ""
    )


def test_down_never_deletes_what_is_not_ours_whatever_the_state_says(workshop: Workshop) -> None:
    workshop.run(one_node(TABLE), "up")
    aws = new_aws()
    found = TABLE.observe(aws)
    assert found is not None
    aws.dynamodb.tag_resource(
        ResourceArn=found.arn, Tags=[{"Key": "provision:owner", "Value": "other-dev/it"}]
    )
    outcome = workshop.run(one_node(TABLE), "down")
    assert outcome.changes["it"].action is Action.FOREIGN
    assert workshop.last.writes == []
    workshop.run(empty(), "down")
    assert TABLE.observe(new_aws()) is not None


def test_what_down_keeps_is_no_longer_said_to_be_in_the_making(workshop: Workshop) -> None:
    with pytest.raises(Died):
        workshop.run(one_node(TABLE), "up", recorder=Recorder(die=(Where.AFTER, 1)))
    workshop.run(one_node(TABLE), "down", plan_options=PlanOptions())
    assert TABLE.observe(new_aws()) is not None
    records = Journal.read(workshop.directory, "tap-dev", KINDS).records
    assert records["it"].pending == ""


def test_data_is_not_replaced_without_being_named(workshop: Workshop) -> None:
    workshop.run(one_node(TABLE), "up")
    other_key = one_node(replace(TABLE, key="pk"))
    plan = workshop.run(other_key, "plan", plan_options=PlanOptions()).changes["it"]
    assert plan.action is Action.REPLACE
    assert "--destroy it" in plan.unblock_hint
    with pytest.raises(DataProtected):
        workshop.run(other_key, "up", plan_options=PlanOptions())
    assert workshop.last.writes == []
    workshop.run(other_key, "up", plan_options=PlanOptions(destroy=frozenset({"it"})))


def test_a_step_that_forgets_a_field_is_found_out_at_once(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("provision.steps.dynamodb.table.set_expiry", lambda *_, **__: None)
    with pytest.raises(NotConverged, match="ttl still differs"):
        workshop.run(one_node(replace(TABLE, ttl="expires_at")), "up")


def test_what_changed_in_aws_is_called_drift(workshop: Workshop) -> None:
    workshop.run(one_node(TABLE), "up")
    new_aws().dynamodb.update_table(TableName=TABLE.name, DeletionProtectionEnabled=False)
    (diff,) = workshop.run(one_node(TABLE), "plan").changes["it"].diffs
    assert (diff.field, diff.cause) == ("protect", Cause.DRIFT)


def two_nodes(first: Table, second: Callable[[Table], Table]) -> Stack:
    stack = Stack("tap-dev")
    parent = stack.add("parent", lambda _: first)
    stack.add("child", lambda get: second(get(parent)), needs=[parent])
    return stack


def test_a_fresh_plan_shows_every_node_with_what_aws_will_choose_unknown(
    workshop: Workshop,
) -> None:
    stack = two_nodes(TABLE, lambda parent: replace(TABLE, name="tap-dev-child", ttl=parent.arn))
    findings = workshop.run(stack, "plan").changes
    assert [finding.action for finding in findings.values()] == [Action.CREATE, Action.CREATE]
    child = findings["child"].want
    assert isinstance(child, Table)
    assert child.ttl is UNKNOWN


def test_a_failure_leaves_what_depends_on_it_and_finishes_the_rest(workshop: Workshop) -> None:
    TABLE.create(new_aws())  # not ours
    stack = two_nodes(TABLE, lambda parent: replace(TABLE, name=parent.name + "-child"))
    stack.add("other", lambda _: replace(TABLE, name="tap-dev-other"))
    with pytest.raises(NotOwned):
        workshop.run(stack, "up")
    aws = new_aws()
    assert replace(TABLE, name="tap-dev-other").observe(aws) is not None
    assert replace(TABLE, name="tap-dev-items-child").observe(aws) is None
    findings = workshop.run(stack, "plan").changes
    assert findings["child"].action is Action.BLOCKED
    assert findings["child"].reason == "needs parent"


def test_what_the_emulator_lacks_is_skipped_by_name(workshop: Workshop) -> None:
    aws = new_aws()
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    engine = Engine(
        one_node(TABLE),
        aws,
        journal,
        limitations=Limitations({"dynamodb.table": "no such service"}, {}, {}),
    )
    seen = engine.plan()
    assert seen.changes["it"].action is Action.SKIP
    assert seen.changes["it"].reason == "no such service"
    engine.apply(seen)
    assert aws.calls.write == 0
    journal.close()


def test_fields_the_emulator_forgets_are_not_compared(workshop: Workshop) -> None:
    workshop.run(one_node(TABLE), "up")
    journal = Journal.read(workshop.directory, "tap-dev", KINDS)
    limitations = Limitations({}, {"dynamodb.table": {"ttl": "forgotten"}}, {})
    engine = Engine(one_node(replace(TABLE, ttl="x")), new_aws(), journal, limitations=limitations)
    assert engine.plan().changes["it"].action is Action.KEEP


def test_what_went_with_a_replaced_parent_is_made_again(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stack(key: str) -> Stack:
        return two_nodes(
            replace(TABLE, key=key), lambda parent: replace(TABLE, name=parent.name + "-child")
        )

    workshop.run(stack("id"), "up")
    delete = Table.delete

    def delete_with_child(self: Table, aws: Any) -> None:
        delete(self, aws)
        if not self.name.endswith("-child"):
            delete(replace(self, name=f"{self.name}-child"), aws)

    monkeypatch.setattr(Table, "delete", delete_with_child)
    workshop.run(stack("pk"), "up")
    assert replace(TABLE, name="tap-dev-items-child").observe(new_aws()) is not None
    workshop.run(stack("pk"), "up")
    assert workshop.last.writes == []


def test_a_lost_answer_to_a_successor_is_not_taken_for_its_predecessor(workshop: Workshop) -> None:
    class Never(LosesAnswers):
        """The first creating call is never received by AWS, and its answer is lost."""

        def _before(self, model: Any, **kwargs: Any) -> None:
            if model.name == self.operation and self.times > 0:
                self.times -= 1
                raise ConnectionClosedError(endpoint_url="x")
            super()._before(model, **kwargs)

    api = new_aws().apigateway.create_rest_api(name="x")
    new_aws().apigateway.put_method(
        restApiId=api["id"],
        resourceId=api["rootResourceId"],
        httpMethod="GET",
        authorizationType="NONE",
    )
    new_aws().apigateway.put_integration(
        restApiId=api["id"], resourceId=api["rootResourceId"], httpMethod="GET", type="MOCK"
    )
    workshop.run(
        one_node(Deployment(api_id=api["id"], digest="one", served=("GET /: NONE",))), "up"
    )
    recorder = Never()
    recorder.operation = "CreateDeployment"
    outcome = workshop.run(
        one_node(Deployment(api_id=api["id"], digest="two", served=("GET /: NONE",))),
        "up",
        recorder=recorder,
    )
    made = outcome.resources["it"]
    assert isinstance(made, Deployment)
    assert recorder.writes.count("CreateDeployment") == 1
    found = new_aws().apigateway.get_deployment(restApiId=api["id"], deploymentId=made.id)
    assert found["description"].endswith("two")
