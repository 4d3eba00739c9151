"""Drift of roles, their policies, queue and log groups, by another client's calls."""

from __future__ import annotations

import json
from typing import Final

from provision.aws.client import Aws
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.logs.log_group import LogGroup
from provision.steps.sqs.queue import Queue
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import (
    NEVER_CHANGES,
    STRAY,
    arn_of_policy,
    key_of_theirs,
    policy,
    tags_of,
    with_statement,
)


def tag(aws: Aws, role: Role) -> None:
    """TagRole: a tag more"""
    aws.iam.tag_role(RoleName=role.name, Tags=[{"Key": STRAY, "Value": "theirs"}])


def trust_everybody(aws: Aws, role: Role) -> None:
    """UpdateAssumeRolePolicy: every principal may assume it"""
    aws.iam.update_assume_role_policy(
        RoleName=role.name,
        PolicyDocument=json.dumps(
            {
                "Version": "2012-10-17",
                "Statement": [
                    {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
                ],
            }
        ),
    )


def last_longer(aws: Aws, role: Role) -> None:
    """UpdateRole: credentials for twelve hours"""
    now = aws.iam.get_role(RoleName=role.name)["Role"].get("Description", "")  # it may be foreign
    aws.iam.update_role(RoleName=role.name, Description=now, MaxSessionDuration=43_200)


def describe(aws: Aws, role: Role) -> None:
    """UpdateRole: another description"""
    aws.iam.update_role(RoleName=role.name, Description="theirs")


def bound(aws: Aws, role: Role) -> None:
    """PutRolePermissionsBoundary"""
    arn = arn_of_policy(aws, "theirs")
    aws.iam.put_role_permissions_boundary(RoleName=role.name, PermissionsBoundary=arn)


def attach(aws: Aws, role: Role) -> None:
    """AttachRolePolicy: a managed policy"""
    aws.iam.attach_role_policy(RoleName=role.name, PolicyArn=arn_of_policy(aws, "theirs"))


def move(aws: Aws, role: Role) -> None:
    """deleted and made again: with another path"""
    listed = aws.iam.list_role_policies(RoleName=role.name)["PolicyNames"]
    inline = {
        name: aws.iam.get_role_policy(RoleName=role.name, PolicyName=name)["PolicyDocument"]
        for name in listed
    }
    for name in inline:
        aws.iam.delete_role_policy(RoleName=role.name, PolicyName=name)
    found = aws.iam.get_role(RoleName=role.name)["Role"]
    aws.iam.delete_role(RoleName=role.name)
    aws.iam.create_role(
        RoleName=role.name,
        Path="/theirs/",
        AssumeRolePolicyDocument=json.dumps(found["AssumeRolePolicyDocument"]),
        Description=role.description,
        Tags=[{"Key": key, "Value": value} for key, value in tags_of(role).items()],
    )
    for name, document in inline.items():
        text = json.dumps(document)
        aws.iam.put_role_policy(RoleName=role.name, PolicyName=name, PolicyDocument=text)


def one_more(aws: Aws, policies: RolePolicies) -> None:
    """PutRolePolicy: an inline policy more"""
    aws.iam.put_role_policy(
        RoleName=policies.role, PolicyName="theirs", PolicyDocument=policy("s3:*")
    )


def widen(aws: Aws, policies: RolePolicies) -> None:
    """PutRolePolicy: one of ours, wider"""
    aws.iam.put_role_policy(
        RoleName=policies.role, PolicyName="logs", PolicyDocument=policy("logs:*")
    )


def widen_own(aws: Aws, policies: RolePolicies) -> None:
    """PutRolePolicy: more in the one with the statements of config.yaml"""
    aws.iam.put_role_policy(
        RoleName=policies.role, PolicyName="policy", PolicyDocument=policy("s3:*")
    )


def own_less(aws: Aws, policies: RolePolicies) -> None:
    """DeleteRolePolicy: of the statements of config.yaml"""
    aws.iam.delete_role_policy(RoleName=policies.role, PolicyName="policy")


def one_less(aws: Aws, policies: RolePolicies) -> None:
    """DeleteRolePolicy: one of ours"""
    aws.iam.delete_role_policy(RoleName=policies.role, PolicyName="tracing")


def none_left(aws: Aws, policies: RolePolicies) -> None:
    """DeleteRolePolicy: all of ours"""
    for name in policies.policies:
        aws.iam.delete_role_policy(RoleName=policies.role, PolicyName=name)


def tag_queue(aws: Aws, queue: Queue) -> None:
    """TagQueue: a tag more"""
    aws.sqs.tag_queue(QueueUrl=queue.url, Tags={STRAY: "theirs"})


def keep_a_minute(aws: Aws, queue: Queue) -> None:
    """SetQueueAttributes: messages kept for a minute"""
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"MessageRetentionPeriod": "60"})


def hide_longer(aws: Aws, queue: Queue) -> None:
    """SetQueueAttributes: hidden for an hour"""
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"VisibilityTimeout": "3600"})


def encrypt_as_sqs_does(aws: Aws, queue: Queue) -> None:
    """SetQueueAttributes: SQS's own key instead of ours"""
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"KmsMasterKeyId": ""})
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"SqsManagedSseEnabled": "true"})


def let_send(aws: Aws, queue: Queue) -> None:
    """SetQueueAttributes: a statement more, everybody may send"""
    text = with_statement(queue.policy, "sqs:SendMessage", queue.arn)
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": text})


def take_the_policy(aws: Aws, queue: Queue) -> None:
    """SetQueueAttributes: no policy"""
    aws.sqs.set_queue_attributes(QueueUrl=queue.url, Attributes={"Policy": ""})


def delete_queue(aws: Aws, queue: Queue) -> None:
    """DeleteQueue"""
    aws.sqs.delete_queue(QueueUrl=queue.url)


def tag_logs(aws: Aws, logs: LogGroup) -> None:
    """TagResource: a tag more"""
    aws.logs.tag_resource(resourceArn=logs.arn, tags={STRAY: "theirs"})


def keep_a_day(aws: Aws, logs: LogGroup) -> None:
    """PutRetentionPolicy: one day"""
    aws.logs.put_retention_policy(logGroupName=logs.name, retentionInDays=1)


def keep_for_ever(aws: Aws, logs: LogGroup) -> None:
    """DeleteRetentionPolicy"""
    aws.logs.delete_retention_policy(logGroupName=logs.name)


def protect_logs(aws: Aws, logs: LogGroup) -> None:
    """PutLogGroupDeletionProtection: on"""
    aws.logs.put_log_group_deletion_protection(
        logGroupIdentifier=logs.name, deletionProtectionEnabled=True
    )


def encrypt_logs(aws: Aws, logs: LogGroup) -> None:
    """AssociateKmsKey: a key of theirs"""
    aws.logs.associate_kms_key(logGroupName=logs.name, kmsKeyId=key_of_theirs(aws))


def decrypt_logs(aws: Aws, logs: LogGroup) -> None:
    """DisassociateKmsKey"""
    aws.logs.disassociate_kms_key(logGroupName=logs.name)


def delete_logs(aws: Aws, logs: LogGroup) -> None:
    """DeleteLogGroup"""
    aws.logs.delete_log_group(logGroupName=logs.name)


ROLE: Final = "function.items.role"
POLICIES: Final = "function.items.grants"
QUEUE: Final = "function.items.dead_letters"
LOGS: Final = "function.items.logs"
MOVED: Final = "network.flow_logs.role"
WITH_IT: Final = ("network.flow_logs.grants (gone)",)
"""A deleted role loses its inline policies; created again, it has the ARN in the flow log."""
WITHOUT_IT: Final = (
    "function.items dead_letters",
    "function.items.version configuration",
    "function.items.alias version",
)
"""The ARN is known only after the creation, although it is the same again."""

CASES: Final = (
    Case(ROLE, "tags", tag),
    Case(ROLE, "service", trust_everybody),
    Case(ROLE, "description", describe),
    Case(ROLE, "session", last_longer),
    Case(ROLE, "boundary", bound),
    Case(ROLE, "attached", attach),
    Case(MOVED, "path", move, WITH_IT, alone=True),
    Case(POLICIES, "policies", one_more),
    Case(POLICIES, "policies", widen),
    Case(POLICIES, "policies", widen_own),
    Case(POLICIES, "policies", own_less),
    Case(POLICIES, "policies", one_less),
    Case(POLICIES, GONE, none_left, alone=True),
    Case(QUEUE, "tags", tag_queue),
    Case(QUEUE, "retention", keep_a_minute),
    Case(QUEUE, "visibility", hide_longer),
    Case(QUEUE, "encryption", encrypt_as_sqs_does),
    Case(QUEUE, "policy", let_send),
    Case(QUEUE, "policy", take_the_policy),
    Case(QUEUE, GONE, delete_queue, WITHOUT_IT, alone=True),
    Case(LOGS, "tags", tag_logs),
    Case(LOGS, "retention", keep_a_day),
    Case(LOGS, "retention", keep_for_ever),
    Case(LOGS, "protect", protect_logs),
    Case(LOGS, "key", encrypt_logs),
    Case(LOGS, "key", decrypt_logs),
    Case(LOGS, GONE, delete_logs, alone=True),
)

_NAME: Final = "No call renames it: without our name, ours is deleted."

REASONS: Final = {
    "iam.role": {"name": _NAME},
    "iam.role_policies": {"role": "Inline policies stay with their role."},
    "sqs.queue": {"name": _NAME},
    "logs.group": {"name": _NAME, "made_with": NEVER_CHANGES},
}
