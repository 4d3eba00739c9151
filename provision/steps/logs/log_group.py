"""The log group: made before whoever writes to it, so that retention and tags are ours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks, decreased, disabled
from provision.model.step import Computed, Fixed, Local, Replacement, Tagged
from provision.steps.apigateway.owners import owner_of_api
from provision.steps.lambda_.states import owner_of_function
from provision.steps.made_with import log_group_made_with
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import tag_changes, without_system

if TYPE_CHECKING:
    from mypy_boto3_logs.type_defs import LogGroupTypeDef

GONE_BUDGET = 60  # (G5)
FOREVER = 0
LATELY: Final = timedelta(minutes=5)
"""How long ago a writer's last line may be for it to be still at work."""
NEW: Final = timedelta(hours=1)
"""For how long a group that nobody marked may be one that a late writer made again."""
_GROUP = iam.arn("logs", "log-group:{name}")
# IAM wants the ARN bare for calls about tags, and with `:*` for all others (G3).
# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/logs/iam-access-control-overview-cwl.html
_CONTENTS = f"{_GROUP}:*"


def _ours(operation: str, group: str, *, having: str = "", lacking: str = "") -> iam.ApiCall:
    """The execution log's name is not known beforehand, only whose it will be."""
    action = f"logs:{operation}"
    permit = iam.Permission(
        action, (group,), wildcard_conditions=(iam.OWNED,), if_set=having, if_unset=lacking
    )
    return iam.call(f"logs.{operation}", permit)


_ENTRIES: Final = Risk(Impact.DATA_LOSS, "its entries go with it")


@dataclass(frozen=True, kw_only=True)
class LogGroup(Tagged):
    """`retention` in days; 0 keeps for ever. `key`: ARN of the KMS key, or empty for CloudWatch's
    own. `protect`: AWS refuses to delete it; never wanted. `family`: how the names that it may have
    had begin.

    https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
    """

    KIND = "logs.group"
    IDENTITY = ("name",)
    REPLACEMENT = Replacement.CREATE_FIRST
    COMES_BACK = True
    ASKED_LAST = True
    RISKS = Risks(
        update={
            "retention": (Risk(Impact.DATA_LOSS, "older entries go", when=decreased),),
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
                # As it is made it has no tags yet; what has another stack's is not marked anew.
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
            _ours("FilterLogEvents", _CONTENTS),
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

    def parent_owner(self, aws: Aws) -> str | None:
        """Of what writes to it. API Gateway names its execution log after the API's id (A35);
        Lambda writes to the group of the function's name."""
        if api := re.fullmatch(r"API-Gateway-Execution-Logs_([a-z0-9]+)/.*", self.name):
            return owner_of_api(aws, api[1])
        if function := re.fullmatch(r"/aws/lambda/([\w-]+)", self.name):
            return owner_of_function(aws, function[1])
        return ""

    def came_back(self, aws: Aws) -> bool:
        found = self._describe(aws)
        if found is None or found.get("retentionInDays") or found.get("kmsKeyId"):
            return False
        made = datetime.fromtimestamp(found.get("creationTime", 0) / 1000, UTC)
        return aws.clock.today() - made <= NEW

    def observe(self, aws: Aws) -> Self | None:
        found = self._describe(aws)
        return self._as_found(aws, found) if found else None

    def find_candidates(self, aws: Aws) -> Sequence[Self]:
        """The one of this name, and ours of another name of its family: its predecessors."""
        have = self.observe(aws)
        others = self._named_like(aws, self.family) if self.family else []
        found = [self._as_found(aws, one) for one in others if one["logGroupName"] != self.name]
        ours = [one for one in found if one and one.is_owned_by(one, self.owner)]
        return [*([have] if have else []), *ours]

    def _as_found(self, aws: Aws, found: LogGroupTypeDef) -> Self | None:
        arn = found["arn"].removesuffix(":*")  # calls about tags and grants want it bare (G3)
        tags = None
        with ignore_not_found():
            tags = aws.logs.list_tags_for_resource(resourceArn=arn).get("tags", {})
        if tags is None:
            return None
        return replace(
            self,
            name=found["logGroupName"],
            retention=found.get("retentionInDays", FOREVER),
            key=found.get("kmsKeyId") or "",
            protect=found.get("deletionProtectionEnabled", False),
            made_with=log_group_made_with(found),
            tags=without_system(tags),
            arn=arn,
        )

    def create(self, aws: Aws) -> Self:
        tags = dict(self.tags)
        if self.key:
            aws.logs.create_log_group(logGroupName=self.name, kmsKeyId=self.key, tags=tags)
        else:
            aws.logs.create_log_group(logGroupName=self.name, tags=tags)
        if self.retention != FOREVER:
            self._set_retention(aws)  # a call of its own (G2)
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

    def locked(self) -> bool:
        return self.protect

    def has_recent_writes(self, aws: Aws) -> bool:
        """Only who wrote a moment ago has something in flight (G4, A35). What DescribeLogStreams
        shows of that may be an hour old, so the lines themselves are asked for."""
        since = int((aws.clock.today() - LATELY).timestamp() * 1000)
        with ignore_not_found():
            pages = aws.logs.get_paginator("filter_log_events").paginate(
                logGroupName=self.name, startTime=since, PaginationConfig={"PageSize": 1}
            )
            return any(page.get("events", []) for page in pages)
        return False

    def delete(self, aws: Aws) -> None:
        """What its writer had still in flight may bring it back once (G4)."""
        found = self._describe(aws)
        if found and found.get("deletionProtectionEnabled"):  # read live, never from state (G6)
            self._set_protection(aws, enabled=False)

        def gone() -> bool | None:
            with ignore_not_found():
                aws.logs.delete_log_group(logGroupName=self.name)
            return True if self._describe(aws) is None else None

        aws.wait(f"log group {self.name} to be gone", gone, budget=GONE_BUDGET)

    def _describe(self, aws: Aws) -> LogGroupTypeDef | None:
        groups = self._named_like(aws, self.name)
        return next((group for group in groups if group["logGroupName"] == self.name), None)  # (G3)

    def _named_like(self, aws: Aws, prefix: str) -> Iterable[LogGroupTypeDef]:
        pages = aws.logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=prefix)
        return (group for page in pages for group in page.get("logGroups", []))

    def _set_key(self, aws: Aws) -> None:
        """For what is written from now on; older lines keep the key they were written with."""
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
