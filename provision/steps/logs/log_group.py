"""The log group, which is created before its writers so that its retention and tags are ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion, HasDeletionProtection, MayReappear
from provision.model.risks import Impact, Risk, Risks, decreased, disabled
from provision.model.step import Computed, Fixed, Local, Replacement, Tagged
from provision.steps.apigateway.owners import owner_of_api
from provision.steps.lambda_.states import owner_of_function
from provision.steps.made_with import log_group_made_with
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import LogGroupTypeDef

GONE_BUDGET = 60  # seconds: a deletion may be refused, or shown late (G5)
FOREVER = 0
LATELY: Final = timedelta(minutes=5)
"""How recent its last line is if a writer may still be at work."""
NEW: Final = timedelta(hours=1)
"""The age up to which a group without owner tag may have been recreated by a delayed writer."""
_GROUP = iam.arn("logs", "log-group:{name}")
# IAM checks calls about tags on the ARN without `:*`, and all others on the ARN with it (G3).
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/iam-access-control-overview-cwl.html
_CONTENTS = f"{_GROUP}:*"


def _ours(operation: str, group: str, *, having: str = "", lacking: str = "") -> iam.ApiCall:
    """Return a call on a group that is ours by name, or by its owner tag if the name is unknown.

    The name of API Gateway's execution log is unknown in advance.
    """
    action = f"logs:{operation}"
    permit = iam.Permission(
        action, (group,), wildcard_conditions=(iam.OWNED,), if_set=having, if_unset=lacking
    )
    return iam.call(f"logs.{operation}", permit)


LINES: Final = _ours("FilterLogEvents", _CONTENTS)
"""The call that reads the lines of a group."""
_ENTRIES: Final = Risk(Impact.DATA_LOSS, "its entries are deleted with it")


@dataclass(frozen=True, kw_only=True)
class LogGroup(Tagged, CheckedBeforeDeletion, HasDeletionProtection, MayReappear):
    """A log group of CloudWatch Logs.

    `retention`: in days; 0 keeps lines for ever. `key`: the ARN of the KMS key, or empty for
    CloudWatch's own. `protect`: deletion protection, never wanted. `family`: the common prefix of
    the names that it may have had.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    """

    KIND = "logs.group"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(
        update={
            "retention": (Risk(Impact.DATA_LOSS, "older entries are deleted", when=decreased),),
            "protect": (Risk(Impact.WEAKER, "anyone may delete it", when=disabled),),
        },
        delete=(_ENTRIES,),
        recreate=(_ENTRIES,),
        downtime="",
    )
    API_CALLS = iam.ApiCalls(
        read=(
            *iam.calls("logs", iam.ANY_RESOURCE, "DescribeLogGroups"),
            *iam.calls("logs", _GROUP, "ListTagsForResource"),
        ),
        write=(
            iam.call(
                "logs.CreateLogGroup",
                iam.Permission(
                    "logs:CreateLogGroup", (_CONTENTS,), wildcard_conditions=(iam.TAGS_OWNER,)
                ),
                # A new group has no tags yet; one with an owner tag may not get another owner.
                iam.Permission(
                    "logs:TagResource",
                    (_GROUP,),
                    wildcard_conditions=(iam.TAGS_OWNER, iam.HAS_NO_OWNER),
                ),
            ),
            _ours("AssociateKmsKey", _CONTENTS, having="key"),
            _ours("DisassociateKmsKey", _CONTENTS),
            _ours("DeleteRetentionPolicy", _CONTENTS, lacking="retention"),
            _ours("PutRetentionPolicy", _CONTENTS, having="retention"),
            iam.call(
                "logs.TagResource",
                iam.Permission(
                    "logs:TagResource", (_GROUP,), wildcard_conditions=(iam.OWNED, iam.KEEPS_OWNER)
                ),
            ),
            _ours("UntagResource", _GROUP),
            _ours("PutLogGroupDeletionProtection", _CONTENTS),
        ),
        delete=(
            _ours("DeleteLogGroup", _CONTENTS),
            LINES,
            _ours("PutLogGroupDeletionProtection", _CONTENTS),
        ),
        computed={"arn": _GROUP},
    )

    name: Fixed[str]
    retention: int
    key: str = ""
    protect: bool = False
    made_with: Fixed[tuple[str, ...]] = ()
    family: Local[str] = ""
    arn: Computed[str] = ""

    def writer_owner(self, aws: Aws) -> str | None:
        """Return the owner tag of the API or function that writes to the group.

        API Gateway names its execution log after the API's id (A35), Lambda the group after the
        function.
        """
        if api := re.fullmatch(r"API-Gateway-Execution-Logs_([a-z0-9]+)/.*", self.name):
            return owner_of_api(aws, api[1])
        if function := re.fullmatch(r"/aws/lambda/([\w-]+)", self.name):
            return owner_of_function(aws, function[1])
        return ""

    def is_new_and_empty(self, aws: Aws) -> bool:
        found = self._describe(aws)
        if found is None or found.get("retentionInDays") or found.get("kmsKeyId"):
            return False
        made = datetime.fromtimestamp(found.get("creationTime", 0) / 1000, UTC)
        return aws.clock.today() - made <= NEW

    def observe(self, aws: Aws) -> Self | None:
        found = self._describe(aws)
        return self._from_aws(aws, found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """Return the group of this name, then our others of its family, which are deposed."""
        have = self.observe(aws)
        others = self._named_like(aws, self.family) if self.family else []
        found = [self._from_aws(aws, one) for one in others if one["logGroupName"] != self.name]
        ours = [one for one in found if one and one.is_owned_by(one, self.owner)]
        return [*([have] if have else []), *ours]

    def _from_aws(self, aws: Aws, found: LogGroupTypeDef) -> Self | None:
        arn = found["arn"].removesuffix(":*")  # required by calls about tags and by grants (G3)
        listed = found_or_none(lambda: aws.logs.list_tags_for_resource(resourceArn=arn))
        if listed is None:
            return None
        return replace(
            self,
            name=found["logGroupName"],
            retention=found.get("retentionInDays", FOREVER),
            key=found.get("kmsKeyId") or "",
            protect=found.get("deletionProtectionEnabled", False),
            made_with=log_group_made_with(found),
            tags=without_system(listed.get("tags", {})),
            arn=arn,
        )

    def create(self, aws: Aws) -> Self:
        tags = dict(self.tags)
        if self.key:
            aws.logs.create_log_group(logGroupName=self.name, kmsKeyId=self.key, tags=tags)
        else:
            aws.logs.create_log_group(logGroupName=self.name, tags=tags)
        if self.retention != FOREVER:
            self._set_retention(aws)  # CreateLogGroup cannot set it (G2)
        if self.protect:
            self._set_protection(aws, enabled=True)
        return replace(self, arn=aws.location.arn("logs", f"log-group:{self.name}"))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.logs.untag_resource(resourceArn=have.arn, tagKeys=gone)
            if new:
                aws.logs.tag_resource(resourceArn=have.arn, tags=new)
        if "retention" in changed:
            self._set_retention(aws)
        if "key" in changed:
            self._set_key(aws)
        if "protect" in changed:
            self._set_protection(aws, enabled=self.protect)
        return replace(self, arn=have.arn)

    def has_deletion_protection(self) -> bool:
        return self.protect

    def has_recent_writes(self, aws: Aws) -> bool:
        """Return whether there are recent lines: only then may more be in flight (G4, A35).

        DescribeLogStreams may be an hour behind, so the lines themselves are requested.
        """
        since = int((aws.clock.today() - LATELY).timestamp() * 1000)
        with ignore_not_found():
            pages = aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=self.name, startTime=since, PaginationConfig={"PageSize": 1}
            )
            return any(page.get("events", []) for page in pages)
        return False

    def delete(self, aws: Aws) -> None:
        """Delete the group. A writer's delayed lines may recreate it once (G4)."""
        found = self._describe(aws)
        if found and found.get("deletionProtectionEnabled"):  # read now, not from the state (G6)
            self._set_protection(aws, enabled=False)

        def still_there() -> bool:
            """Delete it each time, since a writer may have recreated it."""
            with ignore_not_found():
                aws.logs.delete_log_group(logGroupName=self.name)
            return self._describe(aws) is not None

        aws.wait_until_gone(f"log group {self.name}", still_there, budget=GONE_BUDGET)

    def _describe(self, aws: Aws) -> LogGroupTypeDef | None:
        groups = self._named_like(aws, self.name)
        # AWS finds every name with this prefix (G3).
        return next((group for group in groups if group["logGroupName"] == self.name), None)

    def _named_like(self, aws: Aws, prefix: str) -> Iterable[LogGroupTypeDef]:
        pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        return (group for page in pages for group in page.get("logGroups", []))

    def _set_key(self, aws: Aws) -> None:
        """Set the key for new lines; older ones keep the key they were written with."""
        if self.key:
            aws.logs.associate_kms_key(logGroupName=self.name, kmsKeyId=self.key)
        else:
            aws.logs.disassociate_kms_key(logGroupName=self.name)

    def _set_protection(self, aws: Aws, *, enabled: bool) -> None:
        aws.logs.put_log_group_deletion_protection(
            logGroupIdentifier=self.name, deletionProtectionEnabled=enabled
        )

    def _set_retention(self, aws: Aws) -> None:
        if self.retention == FOREVER:
            aws.logs.delete_retention_policy(logGroupName=self.name)
        else:
            aws.logs.put_retention_policy(logGroupName=self.name, retentionInDays=self.retention)
