"""The customer managed KMS key: its policy, its rotation and its alias."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, HoldsData
from provision.model.risks import Risks
from provision.model.step import OWNER, Computed, Document, Fixed, Tagged
from provision.steps.iam_policy import as_text, from_text
from provision.steps.made_with import key_made_with
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import kms_tags, tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_kms.type_defs import KeyMetadataTypeDef

ENABLED: Final = "Enabled"
PENDING: Final = "PendingDeletion"
DAYS: Final = 30
"""How many days AWS keeps a key whose deletion is scheduled; the maximum."""
_OF_AWS: Final = "alias/aws/"
_KEYS: Final = iam.arn("kms", "key/*")
_ALIAS: Final = iam.arn("kms", "{alias}")
NEW_KEY: Final = "kms.CreateKey"
_BEING_MADE: Final = (
    iam.TAGS_OWNER,
    iam.HAS_NO_OWNER,
    iam.Condition("ForAllValues:StringEquals", "kms:ResourceAliases", "{alias}"),
    iam.Condition("StringEqualsIfExists", "kms:KeySpec", "SYMMETRIC_DEFAULT"),
    iam.Condition("StringEqualsIfExists", "kms:KeyOrigin", "AWS_KMS"),
    iam.Condition("BoolIfExists", "kms:MultiRegion", "false"),
)
"""Conditions for tagging a key while it is created.

KMS has no condition key for that case, and accepts no key policy for the permission. So they also
match an existing key of the same type that has no other alias and no owner.

https://docs.aws.amazon.com/kms/latest/developerguide/tag-permissions.html
"""


def _ours(operation: str) -> iam.Permission:
    return iam.Permission(f"kms:{operation}", (_KEYS,), (iam.OWNED,))


def _aliasing(operation: str) -> tuple[iam.Permission, iam.Permission]:
    """Return the permissions of an alias call, which KMS checks on the alias and on the key."""
    return iam.Permission(f"kms:{operation}", (_ALIAS,)), _ours(operation)


@dataclass(frozen=True, kw_only=True)
class KmsKey(Tagged, HoldsData, CheckedBeforeDeletion):
    """A customer managed KMS key that an alias leads to.

    `alias`: in AWS's form, `alias/tap-dev`. `aliased`: whether it leads to this key. `state`: only
    "Enabled" is wanted. A key whose deletion is scheduled counts as existing only while its alias
    leads to it; `delete` therefore deletes the alias first. Yearly rotation is always wanted.

    https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateKey.html
    """

    KIND = "kms.key"
    IDENTITY = ("alias",)
    RISKS = Risks(
        downtime="all it encrypted becomes unreadable",
    )
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("kms", _KEYS, "DescribeKey", "GetKeyPolicy", "GetKeyRotationStatus"),
            *iam.calls("kms", _KEYS, "ListResourceTags"),
            iam.call("kms.ListAliases", iam.Permission("kms:ListAliases")),
            iam.call("kms.ListKeys", iam.Permission("kms:ListKeys")),
        ),
        write=(
            iam.call(
                NEW_KEY,
                iam.Permission("kms:CreateKey", conditions=(iam.TAGS_OWNER,)),
                iam.Permission("kms:TagResource", (_KEYS,), _BEING_MADE),
            ),
            iam.call("kms.CreateAlias", *_aliasing("CreateAlias")),
            iam.call(
                "kms.UpdateAlias",
                *_aliasing("UpdateAlias"),
                iam.Permission(
                    "kms:UpdateAlias", (_KEYS,), (iam.HAS_NO_OWNER,)
                ),  # the key to which another party moved the alias
            ),
            *(
                iam.call(f"kms.{operation}", _ours(operation))
                for operation in (
                    "CancelKeyDeletion",
                    "EnableKey",
                    "EnableKeyRotation",
                    "PutKeyPolicy",
                    "TagResource",
                    "UntagResource",
                    "UpdateKeyDescription",
                )
            ),
        ),
        delete=(
            iam.call("kms.DeleteAlias", *_aliasing("DeleteAlias")),
            iam.call("kms.ScheduleKeyDeletion", _ours("ScheduleKeyDeletion")),
        ),
        computed={"arn": _KEYS},
    )

    alias: Fixed[str]
    description: str
    policy: Document
    rotation: bool = True
    aliased: bool = True
    state: str = ENABLED
    made_with: Fixed[tuple[str, ...]] = ()
    id: Computed[str] = ""
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        at_alias = _describe(aws, self.alias)
        if at_alias and self.id in {"", at_alias["KeyId"]}:
            return self._from_aws(aws, at_alias, aliased=True)
        if self.id:
            found = _describe(aws, self.id)
            if found is None or found.get("KeyState") == PENDING:
                return None
            return self._from_aws(aws, found, aliased=False)
        return next(self._marked(aws), None)

    def observe_owner(self, aws: Aws) -> Self | None:
        return found_or_none(lambda: replace(self, tags=without_system(_tags(aws, self.id))))

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the key that the alias leads to, and all others with our owner tag.

        All are needed: a party that can move an alias can copy a tag too. If the alias leads to a
        key of another owner, that key is the last.
        """
        at_alias = _describe(aws, self.alias)
        if at_alias is None:
            return list(self._marked(aws))
        named = self._from_aws(aws, at_alias, aliased=True)
        others = [one for one in self._marked(aws) if one.id != named.id]
        return [named, *others] if named.is_owned_by(named, self.owner) else [*others, named]

    def create(self, aws: Aws) -> Self:
        made = aws.kms.create_key(
            Description=self.description, Policy=as_text(self.policy), Tags=kms_tags(self.tags)
        )["KeyMetadata"]
        aws.new_ids.add(made["KeyId"])
        aws.kms.enable_key_rotation(KeyId=made["KeyId"])
        aws.kms.create_alias(AliasName=self.alias, TargetKeyId=made["KeyId"])
        return replace(self, id=made["KeyId"], arn=made["Arn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "state" in changed:  # first: AWS refuses nearly everything else until then
            aws.new_ids.add(have.id)  # KMS may still answer that it is disabled (K1)
            if have.state == PENDING:
                aws.kms.cancel_key_deletion(KeyId=have.id)
            aws.kms.enable_key(KeyId=have.id)
        if "aliased" in changed:
            self._take_alias(aws, have.id)
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.kms.untag_resource(KeyId=have.id, TagKeys=gone)
            if new:
                aws.kms.tag_resource(KeyId=have.id, Tags=kms_tags(new))
        if "policy" in changed:
            aws.kms.put_key_policy(KeyId=have.id, PolicyName="default", Policy=as_text(self.policy))
        if "rotation" in changed:
            aws.kms.enable_key_rotation(KeyId=have.id)
        if "description" in changed:
            aws.kms.update_key_description(KeyId=have.id, Description=self.description)
        return replace(self, id=have.id, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        found = self.observe(aws)
        if found is None:
            return
        if found.aliased:
            with ignore_not_found():
                aws.kms.delete_alias(AliasName=self.alias)
        if found.state != PENDING:
            try:
                aws.kms.schedule_key_deletion(KeyId=found.id, PendingWindowInDays=DAYS)
            except aws.kms.exceptions.KMSInvalidStateException:
                now = _describe(aws, found.id)
                if now and now.get("KeyState") != PENDING:  # otherwise another run was faster
                    raise

    def deletion_warning(self, aws: Aws) -> str:
        back = f"aws kms cancel-key-deletion --region {aws.location.region} --key-id {self.id}"
        return (
            "all it encrypted, final backups too, becomes unreadable when AWS deletes it, in"
            f" {DAYS} days; until then `{back}` and another `provision up` bring it back"
        )

    def _take_alias(self, aws: Aws, key: str) -> None:
        if _describe(aws, self.alias) is None:
            aws.kms.create_alias(AliasName=self.alias, TargetKeyId=key)
        else:
            aws.kms.update_alias(AliasName=self.alias, TargetKeyId=key)

    def _marked(self, aws: Aws) -> Iterator[Self]:
        """Yield the keys with our owner tag, under any alias: another party may have added one.

        Keys of `alias/aws/` aliases, which only AWS can create, are skipped without reading tags.
        """
        known = {
            alias["TargetKeyId"]
            for page in aws.kms.get_paginator("list_aliases").paginate()
            for alias in page.get("Aliases", [])
            if "TargetKeyId" in alias and alias.get("AliasName", "").startswith(_OF_AWS)
        }
        for page in aws.kms.get_paginator("list_keys").paginate():
            for listed in page.get("Keys", []):
                if listed["KeyId"] in known or self._owner_of(aws, listed["KeyId"]) != self.owner:
                    continue
                found = _describe(aws, listed["KeyId"])
                if found and found.get("KeyState") != PENDING:
                    yield self._from_aws(aws, found, aliased=False)

    def _owner_of(self, aws: Aws, key: str) -> str:
        """Return the owner tag; empty if the key's policy hides its tags: the key is foreign."""
        try:
            return _tags(aws, key).get(OWNER, "")
        except aws.kms.exceptions.ClientError as error:
            if error.response["Error"]["Code"] in {"AccessDeniedException", "NotFoundException"}:
                return ""
            raise

    def _from_aws(self, aws: Aws, found: KeyMetadataTypeDef, *, aliased: bool) -> Self:
        key, made_with = found["KeyId"], key_made_with(found)
        return replace(
            self,
            description=found.get("Description", ""),
            policy=from_text(aws.kms.get_key_policy(KeyId=key, PolicyName="default")["Policy"]),
            rotation=not made_with and _rotates(aws, key),  # some keys refuse the call (K2)
            aliased=aliased,
            state=found.get("KeyState", ENABLED),
            made_with=made_with,
            tags=without_system(_tags(aws, key)),
            id=key,
            arn=found.get("Arn", ""),
        )


def _describe(aws: Aws, key: str) -> KeyMetadataTypeDef | None:
    return found_or_none(lambda: aws.kms.describe_key(KeyId=key)["KeyMetadata"])


def _rotates(aws: Aws, key: str) -> bool:
    return aws.kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"]


def _tags(aws: Aws, key: str) -> dict[str, str]:
    pages = aws.kms.get_paginator("list_resource_tags").paginate(KeyId=key)
    return {tag["TagKey"]: tag["TagValue"] for page in pages for tag in page.get("Tags", [])}
