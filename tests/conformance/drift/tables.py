"""Drift of the table and its auto scaling, by another client's calls."""

from __future__ import annotations

import json
from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.autoscaling.policy import ScalingPolicy
from provision.steps.autoscaling.target import ScalingTarget
from provision.steps.dynamodb.table import Table
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import NEVER_CHANGES, STRAY, key_of_theirs, tags_of


def tag(aws: Aws, table: Table) -> None:
    """TagResource: a tag more"""
    aws.dynamodb.tag_resource(ResourceArn=table.arn, Tags=[{"Key": STRAY, "Value": "theirs"}])


def stop_expiry(aws: Aws, table: Table) -> None:
    """UpdateTimeToLive: off"""
    assert table.ttl
    aws.dynamodb.update_time_to_live(
        TableName=table.name,
        TimeToLiveSpecification={"AttributeName": table.ttl, "Enabled": False},
    )


def stop_recovery(aws: Aws, table: Table) -> None:
    """UpdateContinuousBackups: off"""
    aws.dynamodb.update_continuous_backups(
        TableName=table.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": False},
    )


def remember_a_day(aws: Aws, table: Table) -> None:
    """UpdateContinuousBackups: on, and a day back only"""
    aws.dynamodb.update_continuous_backups(
        TableName=table.name,
        PointInTimeRecoverySpecification={
            "PointInTimeRecoveryEnabled": True,
            "RecoveryPeriodInDays": 1,
        },
    )


def encrypt_otherwise(aws: Aws, table: Table) -> None:
    """UpdateTable: with a key of theirs"""
    key = key_of_theirs(aws)
    aws.dynamodb.update_table(
        TableName=table.name,
        SSESpecification={"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": key},
    )


def encrypt_as_aws_does(aws: Aws, table: Table) -> None:
    """UpdateTable: with DynamoDB's own key"""
    aws.dynamodb.update_table(TableName=table.name, SSESpecification={"Enabled": False})


def unprotect(aws: Aws, table: Table) -> None:
    """UpdateTable: deletion protection off"""
    aws.dynamodb.update_table(TableName=table.name, DeletionProtectionEnabled=False)


def pay_per_request(aws: Aws, table: Table) -> None:
    """UpdateTable: on demand"""
    aws.dynamodb.update_table(TableName=table.name, BillingMode="PAY_PER_REQUEST")


def share(aws: Aws, table: Table) -> None:
    """PutResourcePolicy: for another account"""
    theirs = {
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::999999999999:root"},
        "Action": "dynamodb:GetItem",
        "Resource": table.arn,
    }
    text = json.dumps({"Version": "2012-10-17", "Statement": [theirs]})
    aws.dynamodb.put_resource_policy(ResourceArn=table.arn, Policy=text)


def hand_on(aws: Aws, table: Table) -> None:
    """UpdateTable: a stream of all that changes"""
    aws.dynamodb.update_table(
        TableName=table.name,
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


def another_key(aws: Aws, table: Table) -> None:
    """deleted and made again: with another key"""
    _make_again(aws, table, {"HASH": ("theirs", "S")})


def a_sort_key(aws: Aws, table: Table) -> None:
    """deleted and made again: with a sort key"""
    _make_again(aws, table, {"HASH": (table.key, "S"), "RANGE": ("theirs", "S")})


def a_number_as_key(aws: Aws, table: Table) -> None:
    """deleted and made again: with a number as key"""
    _make_again(aws, table, {"HASH": (table.key, "N")})


def a_number_as_sort_key(aws: Aws, table: Table) -> None:
    """deleted and made again: with a number as sort key"""
    _make_again(aws, table, {"HASH": (table.key, "S"), "RANGE": ("theirs", "N")})


def _make_again(aws: Aws, table: Table, keys: dict[str, tuple[str, str]]) -> None:
    """Delete and create the table with the same settings and other keys."""
    unprotect(aws, table)
    aws.dynamodb.delete_table(TableName=table.name)
    schema: Any = [{"AttributeName": name, "KeyType": kind} for kind, (name, _) in keys.items()]
    types: Any = [{"AttributeName": name, "AttributeType": each} for name, each in keys.values()]
    aws.dynamodb.create_table(
        TableName=table.name,
        KeySchema=schema,
        AttributeDefinitions=types,
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
        DeletionProtectionEnabled=True,
        SSESpecification={
            "Enabled": True,
            "SSEType": "KMS",
            "KMSMasterKeyId": table.encryption,
        },
        Tags=[{"Key": key, "Value": value} for key, value in tags_of(table).items()],
    )
    assert table.ttl
    aws.dynamodb.update_time_to_live(
        TableName=table.name,
        TimeToLiveSpecification={"AttributeName": table.ttl, "Enabled": True},
    )
    aws.dynamodb.update_continuous_backups(
        TableName=table.name,
        PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True},
    )


def delete_table(aws: Aws, table: Table) -> None:
    """DeleteTable"""
    unprotect(aws, table)
    aws.dynamodb.delete_table(TableName=table.name)


def raise_minimum(aws: Aws, target: ScalingTarget) -> None:
    """RegisterScalableTarget: another minimum"""
    _register(aws, target, MinCapacity=target.minimum + 1)


def raise_maximum(aws: Aws, target: ScalingTarget) -> None:
    """RegisterScalableTarget: another maximum"""
    _register(aws, target, MaxCapacity=target.maximum + 1)


def suspend(aws: Aws, target: ScalingTarget) -> None:
    """RegisterScalableTarget: no scaling in"""
    _register(aws, target, SuspendedState={"DynamicScalingInSuspended": True})


def _register(aws: Aws, target: ScalingTarget, **what: Any) -> None:
    place: dict[str, Any] = _place(target)
    aws.autoscaling.register_scalable_target(**place, **what)


def _place(it: ScalingTarget | ScalingPolicy) -> Any:
    return {
        "ServiceNamespace": "dynamodb",
        "ResourceId": it.resource,
        "ScalableDimension": it.dimension,
    }


def tag_target(aws: Aws, target: ScalingTarget) -> None:
    """TagResource: a tag more"""
    (found,) = aws.autoscaling.describe_scalable_targets(
        ServiceNamespace="dynamodb",
        ResourceIds=[target.resource],
        ScalableDimension="dynamodb:table:ReadCapacityUnits",
    )["ScalableTargets"]
    aws.autoscaling.tag_resource(ResourceARN=found["ScalableTargetARN"], Tags={STRAY: "theirs"})


def deregister(aws: Aws, target: ScalingTarget) -> None:
    """DeregisterScalableTarget, which takes its policy with it"""
    aws.autoscaling.deregister_scalable_target(**_place(target))


def another_target(aws: Aws, scaling: ScalingPolicy) -> None:
    """PutScalingPolicy: to 50 percent"""
    _put(aws, scaling, TargetValue=50)


def in_slowly(aws: Aws, scaling: ScalingPolicy) -> None:
    """PutScalingPolicy: in after ten minutes"""
    _put(aws, scaling, ScaleInCooldown=600)


def out_slowly(aws: Aws, scaling: ScalingPolicy) -> None:
    """PutScalingPolicy: out after ten minutes"""
    _put(aws, scaling, ScaleOutCooldown=600)


def never_in(aws: Aws, scaling: ScalingPolicy) -> None:
    """PutScalingPolicy: never in"""
    _put(aws, scaling, DisableScaleIn=True)


def _put(aws: Aws, scaling: ScalingPolicy, **other: Any) -> None:
    """Put the policy again with its present settings, but for `other`."""
    found = aws.autoscaling.describe_scaling_policies(ServiceNamespace="dynamodb")
    (ours,) = (one for one in found["ScalingPolicies"] if one["PolicyName"] == scaling.name)
    configuration: Any = {**ours["TargetTrackingScalingPolicyConfiguration"], **other}
    aws.autoscaling.put_scaling_policy(
        PolicyName=scaling.name,
        **_place(scaling),
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration=configuration,
    )


def delete_scaling(aws: Aws, scaling: ScalingPolicy) -> None:
    """DeleteScalingPolicy"""
    aws.autoscaling.delete_scaling_policy(PolicyName=scaling.name, **_place(scaling))


TABLE: Final = "table.items"
TARGET: Final = "table.items.read"
POLICY: Final = "table.items.read.policy"

CASES: Final = (
    Case(TABLE, "tags", tag),
    Case(TABLE, "ttl", stop_expiry),
    Case(TABLE, "recovery", stop_recovery),
    Case(TABLE, "recovery_days", remember_a_day, alone=True),
    Case(TABLE, "encryption", encrypt_otherwise),
    Case(TABLE, "encryption", encrypt_as_aws_does),
    Case(TABLE, "protect", unprotect),
    Case(TABLE, "on_demand", pay_per_request),
    Case(TABLE, "resource_policy", share),
    Case(TABLE, "stream", hand_on),
    Case(TABLE, "key", another_key, alone=True),
    Case(TABLE, "key_type", a_number_as_key, alone=True),
    Case(TABLE, "sort_key", a_sort_key, alone=True),
    Case(
        TABLE,
        "sort_type",
        a_number_as_sort_key,
        follows=(f"{TABLE} sort_key",),
        alone=True,
    ),
    Case(TABLE, GONE, delete_table, alone=True),
    Case(TARGET, "tags", tag_target),
    Case(TARGET, "minimum", raise_minimum),
    Case(TARGET, "maximum", raise_maximum),
    Case(TARGET, "suspended", suspend),
    Case(TARGET, GONE, deregister, follows=(f"{POLICY} {GONE}",), alone=True),
    Case(POLICY, "target", another_target),
    Case(POLICY, "scale_in_cooldown", in_slowly),
    Case(POLICY, "scale_out_cooldown", out_slowly),
    Case(POLICY, "scale_in", never_in),
    Case(POLICY, GONE, delete_scaling, alone=True),
)

REASONS: Final = {
    "dynamodb.table": {
        "name": "A table cannot be renamed.",
        "made_with": NEVER_CHANGES,
    },
    "autoscaling.target": dict.fromkeys(
        ("resource", "dimension"),
        "It identifies a target: one of another table is another target.",
    ),
    "autoscaling.policy": dict.fromkeys(
        ("name", "resource", "dimension"),
        "It identifies a policy: under another name it is another policy.",
    ),
}
