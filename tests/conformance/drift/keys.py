"""Drift of the KMS key, by another client's calls."""

from __future__ import annotations

from typing import Final

from provision.aws.client import Aws
from provision.steps.kms.key import KmsKey
from tests.conformance.drift.case import Case
from tests.conformance.drift.edits import NEVER_CHANGES, STRAY, with_statement


def tag(aws: Aws, key: KmsKey) -> None:
    """TagResource: a tag more"""
    aws.kms.tag_resource(KeyId=key.id, Tags=[{"TagKey": STRAY, "TagValue": "theirs"}])


def describe(aws: Aws, key: KmsKey) -> None:
    """UpdateKeyDescription"""
    aws.kms.update_key_description(KeyId=key.id, Description="theirs")


def let_in(aws: Aws, key: KmsKey) -> None:
    """PutKeyPolicy: a statement more, for everybody"""
    text = with_statement(key.policy, "kms:Decrypt", "*")
    aws.kms.put_key_policy(KeyId=key.id, PolicyName="default", Policy=text)


def stop_rotation(aws: Aws, key: KmsKey) -> None:
    """DisableKeyRotation"""
    aws.kms.disable_key_rotation(KeyId=key.id)


def take_the_alias(aws: Aws, key: KmsKey) -> None:
    """UpdateAlias: to a key of theirs"""
    other = aws.kms.create_key()["KeyMetadata"]["KeyId"]
    aws.kms.update_alias(AliasName=key.alias, TargetKeyId=other)


def drop_the_alias(aws: Aws, key: KmsKey) -> None:
    """DeleteAlias"""
    aws.kms.delete_alias(AliasName=key.alias)


def disable(aws: Aws, key: KmsKey) -> None:
    """DisableKey"""
    aws.kms.disable_key(KeyId=key.id)


def schedule_deletion(aws: Aws, key: KmsKey) -> None:
    """ScheduleKeyDeletion"""
    aws.kms.schedule_key_deletion(KeyId=key.id)


KEY: Final = "encryption.key"
HIDDEN: Final = (
    "function.items environment",
    "function.items failure",
    "function.items.version configuration",
    "function.items.alias version",
)
"""With an unusable key, AWS shows no variables (L34)."""

CASES: Final = (
    Case(KEY, "tags", tag),
    Case(KEY, "description", describe),
    Case(KEY, "policy", let_in),
    Case(KEY, "rotation", stop_rotation),
    Case(KEY, "aliased", take_the_alias, alone=True),
    Case(KEY, "aliased", drop_the_alias, alone=True),
    Case(KEY, "state", disable, HIDDEN, alone=True),
    Case(KEY, "state", schedule_deletion, HIDDEN, alone=True),
)

REASONS: Final = {
    "kms.key": {
        "alias": "An alias cannot be renamed, only led elsewhere: see `aliased`.",
        "made_with": NEVER_CHANGES,
    },
}
