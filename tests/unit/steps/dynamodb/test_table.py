"""The table: the contract, and DynamoDB's unexpected behaviour."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest
from moto.kms.models import kms_backends

from provision.errors import TryLater
from provision.model.risks import Impact
from provision.model.stack import Stack
from provision.model.step import OWNER, Step
from provision.plan.change import Action, Cause
from provision.plan.risks import risks_of
from provision.state.record import from_json, to_json
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.dynamodb.table import Table
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

TABLE = Table(name="tap-dev-items", key="id", tags={"team": "a"})


class TestTable(StepContract):
    drift_only = frozenset({"resource_policy", "stream"})
    edits = {
        "ttl": "expires_at",
        "recovery": False,
        "recovery_days": 7,
        "encryption": "owned",
        "protect": False,
        "on_demand": True,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits = {"key": "pk", "key_type": "N", "sort_key": "sk", "sort_type": "B"}

    def given(self, aws: Any) -> Step:
        return replace(TABLE, sort_key="at")


def test_a_record_without_types_is_of_a_table_with_keys_of_text(workshop: Workshop) -> None:
    """Versions before there were types wrote it; the table is kept."""
    recorded = to_json(replace(TABLE, sort_key="at"))
    del recorded["key_type"], recorded["sort_type"]
    read = from_json(Table, recorded)
    assert isinstance(read, Table)
    assert (read.key_type, read.sort_type) == ("S", "S")
    workshop.run(one_node(replace(TABLE, sort_key="at")), "up")
    assert workshop.run(one_node(read), "up").changes["it"].action is Action.KEEP


def test_another_type_of_a_key_is_a_new_table_and_loses_the_items(workshop: Workshop) -> None:
    workshop.run(one_node(replace(TABLE, sort_key="at")), "up")
    typed = replace(TABLE, sort_key="at", sort_type="N")
    change = workshop.run(one_node(typed), "plan").changes["it"]
    assert change.action is Action.REPLACE
    assert [(each.field, each.cause) for each in change.diffs] == [("sort_type", Cause.CONFIG)]
    assert Impact.DATA_LOSS in {risk.impact for risk in risks_of(change)}
    shown = new_aws().dynamodb.describe_table(TableName=TABLE.name)["Table"]
    assert {each["AttributeType"] for each in shown["AttributeDefinitions"]} == {"S"}


def test_without_a_sort_key_its_type_is_nothing(workshop: Workshop) -> None:
    workshop.run(one_node(replace(TABLE, key_type="B")), "up")
    assert workshop.run(one_node(replace(TABLE, key_type="B")), "up").changes["it"].diffs == ()


def test_moving_the_expiry_attribute_takes_two_runs(workshop: Workshop) -> None:
    def with_ttl(attribute: str) -> Table:
        return Table(name="tap-dev-items", key="id", ttl=attribute, tags={})

    workshop.run(one_node(with_ttl("old")), "up")
    first = workshop.run(one_node(with_ttl("new")), "plan").changes["it"]
    told = {risk.impact: risk for risk in risks_of(first)}
    assert told[Impact.SLOW].why.startswith("two runs")
    assert told[Impact.SLOW].seconds == 3600
    assert told[Impact.WEAKER].why == "items with only the old attribute never expire"
    with pytest.raises(TryLater, match="one change an hour"):
        workshop.run(one_node(with_ttl("new")), "up")
    second = workshop.run(one_node(with_ttl("new")), "plan").changes["it"]
    assert [(each.field, each.cause) for each in second.diffs] == [("ttl", Cause.CONFIG)]
    assert second.reason == "the rest of a change that an earlier run began: ttl"
    assert not {risk.impact for risk in risks_of(second)} & {Impact.SLOW, Impact.WEAKER}
    made = workshop.run(one_node(with_ttl("new")), "up").resources["it"]
    assert isinstance(made, Table)
    assert made.ttl == "new"


def test_expiry_that_somebody_switched_off_is_drift(workshop: Workshop) -> None:
    wanted = replace(TABLE, ttl="expires_at")
    workshop.run(one_node(wanted), "up")
    new_aws().dynamodb.update_time_to_live(
        TableName=TABLE.name,
        TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": False},
    )
    found = workshop.run(one_node(wanted), "plan").changes["it"]
    assert ([each.cause for each in found.diffs], found.reason) == ([Cause.DRIFT], "")


def test_it_comes_back_from_on_demand_with_twice_what_it_had_to_bear(workshop: Workshop) -> None:
    """With 5 units as before the emergency, it would be throttled until auto scaling reacted."""
    wanted = replace(TABLE, read_most=300, write_most=40)
    workshop.run(one_node(wanted), "up")
    aws = new_aws()
    aws.dynamodb.update_table(TableName=TABLE.name, BillingMode="PAY_PER_REQUEST")
    sums = {"ConsumedReadCapacityUnits": (60.0, 6000.0), "ConsumedWriteCapacityUnits": (6000.0,)}
    aws.cloudwatch.put_metric_data(
        Namespace="AWS/DynamoDB",
        MetricData=[
            {
                "MetricName": metric,
                "Dimensions": [{"Name": "TableName", "Value": TABLE.name}],
                "Timestamp": aws.clock.today() - timedelta(minutes=5 + number),
                "Value": value,
            }
            for metric, values in sums.items()
            for number, value in enumerate(values)
        ],
    )
    planned = workshop.run(one_node(wanted), "plan").changes["it"]
    assert [(each.impact, each.why) for each in risks_of(planned)] == [
        (Impact.DOWNTIME, "throttled until auto scaling has reacted")
    ]
    workshop.run(one_node(wanted), "up")
    shown = aws.dynamodb.describe_table(TableName=TABLE.name)["Table"]["ProvisionedThroughput"]
    assert (shown["ReadCapacityUnits"], shown["WriteCapacityUnits"]) == (200, 40)
    aws.dynamodb.update_table(TableName=TABLE.name, BillingMode="PAY_PER_REQUEST")
    workshop.run(one_node(replace(wanted, read_most=0)), "up")
    shown = aws.dynamodb.describe_table(TableName=TABLE.name)["Table"]["ProvisionedThroughput"]
    assert shown["ReadCapacityUnits"] == TABLE.read_capacity


def scaled(table: Table) -> ScalingTarget:
    return ScalingTarget(
        resource=f"table/{table.name}",
        dimension="dynamodb:table:ReadCapacityUnits",
        minimum=5,
        maximum=50,
        tags={},
    )


def test_its_scaling_is_removed_before_it_is_on_demand(workshop: Workshop) -> None:
    """AWS keeps the scaling, and orphans are deleted only at the end of a run (D35)."""
    stack = Stack("tap-dev")
    table = stack.add("it", lambda get: TABLE)
    stack.add("it.read", lambda get: scaled(get(table)), needs=[table])
    workshop.run(stack, "up")
    theirs = replace(scaled(TABLE), dimension="dynamodb:table:WriteCapacityUnits")
    replace(theirs, tags={OWNER: "another-stack/it"}).create(new_aws())
    wanted = one_node(replace(TABLE, on_demand=True))
    planned = workshop.run(wanted, "plan").changes["it"]
    assert [(each.field, each.cause) for each in planned.diffs] == [("on_demand", Cause.CONFIG)]
    assert [(risk.impact, risk.seconds) for risk in risks_of(planned)] == [(Impact.SLOW, 300)]
    workshop.run(wanted, "up")
    assert workshop.last.writes == ["DeregisterScalableTarget", "UpdateTable"]
    assert scaled(TABLE).observe(new_aws()) is None
    assert theirs.observe(new_aws()) is not None, "of another stack"
    assert workshop.run(wanted, "up").changes["it"].action is Action.KEEP
    workshop.run(stack, "up")
    assert workshop.last.writes == ["UpdateTable", "RegisterScalableTarget"]


def test_made_on_demand_it_has_no_capacity(workshop: Workshop) -> None:
    wanted = replace(TABLE, on_demand=True)
    workshop.run(one_node(wanted), "up")
    shown = new_aws().dynamodb.describe_table(TableName=TABLE.name)["Table"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    workshop.forget()
    assert workshop.run(one_node(wanted), "up").changes["it"].action is Action.KEEP
    new_aws().dynamodb.update_table(
        TableName=TABLE.name,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    finding = workshop.run(one_node(wanted), "plan").changes["it"]
    assert [(each.field, each.cause) for each in finding.diffs] == [("on_demand", Cause.DRIFT)]


def test_a_key_of_our_own_and_back(workshop: Workshop) -> None:
    key = new_aws().kms.create_key()["KeyMetadata"]["Arn"]
    keyed = replace(TABLE, encryption=key)
    workshop.run(one_node(keyed), "up")
    assert shown()["KMSMasterKeyArn"] == key
    assert workshop.run(one_node(keyed), "up").changes["it"].action is Action.KEEP
    workshop.run(one_node(TABLE), "up")
    assert workshop.last.writes == ["UpdateTable"]
    assert shown()["KMSMasterKeyArn"] != key
    made = workshop.run(one_node(keyed), "up").resources["it"]
    assert made == made.observe(new_aws())


def test_one_whose_key_is_gone_gets_another(workshop: Workshop) -> None:
    """Only customer managed keys can be deleted; KMS then no longer knows the key."""
    first, second = (new_aws().kms.create_key()["KeyMetadata"]["Arn"] for _ in range(2))
    workshop.run(one_node(replace(TABLE, encryption=first)), "up")
    del kms_backends["123456789012"]["us-east-1"].keys[first.rpartition("/")[2]]
    workshop.forget()
    wanted = one_node(replace(TABLE, encryption=second))
    finding = workshop.run(wanted, "plan").changes["it"]
    assert [(each.field, each.have) for each in finding.diffs] == [("encryption", first)]
    workshop.run(wanted, "up")
    assert shown()["KMSMasterKeyArn"] == second


def test_somebodys_key_is_not_taken_for_awss(workshop: Workshop) -> None:
    """AWS shows both as an ARN (D22)."""
    workshop.run(one_node(TABLE), "up")
    theirs = new_aws().kms.create_key()["KeyMetadata"]["Arn"]
    new_aws().dynamodb.update_table(
        TableName=TABLE.name,
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": theirs},
    )
    (diff,) = workshop.run(one_node(TABLE), "up").changes["it"].diffs
    assert (diff.field, diff.want, diff.have) == ("encryption", "managed", theirs)
    assert workshop.run(one_node(TABLE), "up").changes["it"].action is Action.KEEP


def shown() -> Any:
    return new_aws().dynamodb.describe_table(TableName=TABLE.name)["Table"]["SSEDescription"]


def test_a_door_that_somebody_opened_is_seen_and_closed(workshop: Workshop) -> None:
    """A policy of the table grants another account access; a stream copies its items."""
    made = workshop.run(one_node(TABLE), "up").resources["it"]
    assert isinstance(made, Table)
    client = boto3.client("dynamodb")
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "dynamodb:*",
        "Resource": made.arn,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": statement})
    client.put_resource_policy(ResourceArn=made.arn, Policy=text)
    seen: Any = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    client.update_table(TableName=TABLE.name, StreamSpecification=seen)
    finding = workshop.run(one_node(TABLE), "plan").changes["it"]
    assert [diff.field for diff in finding.diffs] == ["resource_policy", "stream"]
    assert "999999999999" in finding.diffs[0].have
    assert finding.diffs[1].have == "NEW_IMAGE"
    workshop.run(one_node(TABLE), "up")
    assert workshop.last.writes == ["DeleteResourcePolicy", "UpdateTable"]
    assert workshop.run(one_node(TABLE), "up").changes["it"].action is Action.KEEP
