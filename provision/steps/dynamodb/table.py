"""The DynamoDB table: keys, capacity, expiry, recovery, encryption and protection."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model.capabilities import CheckedBeforeDeletion, HoldsData, ReportsProblems
from provision.model.risks import Impact, Risk, Risks, decreased, disabled
from provision.model.step import OWNER, Computed, Fixed, Local, Tagged
from provision.model.stored_data import Backup, StoredData
from provision.steps.dynamodb import capacity, expiry
from provision.steps.dynamodb.access import close_doors, found_policy, found_stream
from provision.steps.dynamodb.backup import final_backup, restore_hint
from provision.steps.dynamodb.calls import TABLE_CALLS
from provision.steps.dynamodb.capacity import capacity_now, set_on_demand
from provision.steps.dynamodb.encryption import (
    AWS_MANAGED,
    found_encryption,
    is_changing,
    is_key,
    specification,
)
from provision.steps.dynamodb.expiry import change_expiry, found_attribute, set_expiry
from provision.steps.dynamodb.keys import TEXT, TableKeys, found_keys
from provision.steps.dynamodb.owners import other_tables
from provision.steps.dynamodb.recovery import RECOVERY_DAYS, found_recovery, recovery
from provision.steps.dynamodb.scaling import stop_scaling
from provision.steps.made_with import table_made_with
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import from_tag_list, tag_changes, tag_list

if TYPE_CHECKING:
    from mypy_boto3_dynamodb.type_defs import (
        CreateTableInputTypeDef,
        ProvisionedThroughputTypeDef,
        TableDescriptionTypeDef,
    )

ACTIVE = "ACTIVE"
_IN_PROGRESS = frozenset(["CREATING", "UPDATING", "DELETING"])
ACTIVE_BUDGET = 600
GONE_BUDGET = 600


@dataclass(frozen=True, kw_only=True)
class Table(Tagged, HoldsData, CheckedBeforeDeletion, ReportsProblems):
    """A DynamoDB table.

    `key_type`, `sort_type`: "S" (text), "N" (number) or "B" (binary); without sort key it is "S".
    `read_capacity`, `write_capacity` (units per second): what it starts with; auto scaling changes
    them afterwards (D8), up to `read_most` and `write_most`. `ttl`: the attribute with the second
    of expiry. `encryption`: "owned", "managed" or a KMS key's ARN. `on_demand`: it has no capacity,
    and each request is billed. No `resource_policy` and `stream` are wanted.
    https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_CreateTable.html
    """

    KIND = "dynamodb.table"
    IDENTITY = ("name",)
    RISKS = Risks(
        gone=(Risk(Impact.DATA_LOSS, "its items are lost; an empty table takes its name"),),
        update={
            "recovery": (Risk(Impact.DATA_LOSS, "point-in-time recovery is lost", when=disabled),),
            "recovery_days": (
                Risk(
                    Impact.DATA_LOSS,
                    "older points in time can no longer be restored",
                    when=decreased,
                ),
            ),
            "encryption": (Risk(Impact.SLOW, "it is re-encrypted", seconds=22),),  # (D10)
            "ttl": expiry.RISKS,
            "on_demand": capacity.RISKS,
        },
        downtime="it is missing until it is recreated, and then empty",
    )
    API_CALLS = TABLE_CALLS

    name: Fixed[str]
    key: Fixed[str]
    key_type: Fixed[str] = TEXT
    sort_key: Fixed[str | None] = None
    sort_type: Fixed[str] = TEXT
    made_with: Fixed[tuple[str, ...]] = ()
    read_capacity: Local[int] = 5
    write_capacity: Local[int] = 5
    read_most: Local[int] = 0
    write_most: Local[int] = 0
    ttl: str | None = None
    recovery: bool = True
    recovery_days: int = RECOVERY_DAYS
    encryption: str = AWS_MANAGED
    protect: bool = True
    on_demand: bool = False
    resource_policy: str = ""
    stream: str = ""
    status: Local[str] = ACTIVE
    """The TableStatus of AWS; in some, nothing can be read or written."""
    arn: Computed[str] = ""

    def reported_problem(self) -> str:
        return f"its status in DynamoDB is {self.status}" if self.status != ACTIVE else ""

    def observe(self, aws: Aws) -> Self | None:
        found = self._wait_until_stable(aws)
        if found is None:
            return None
        billing = found.get("BillingModeSummary", {})  # absent if it always was provisioned (D22)
        with read_pool() as pool:
            ttl = pool.submit(found_attribute, aws, self.name)
            days = pool.submit(found_recovery, aws, self.name)
            tags = pool.submit(_tags, aws, found["TableArn"])
            encryption = pool.submit(found_encryption, aws, found, self.encryption)
            policy = pool.submit(found_policy, aws, found["TableArn"])
            return replace(
                self,
                **vars(found_keys(found)),
                made_with=table_made_with(found),
                ttl=ttl.result(),
                recovery=days.result() is not None,
                recovery_days=days.result() or self.recovery_days,
                encryption=encryption.result(),
                protect=found.get("DeletionProtectionEnabled", False),
                on_demand=billing.get("BillingMode") == "PAY_PER_REQUEST",
                resource_policy=policy.result(),
                stream=found_stream(found),
                status=found["TableStatus"],
                tags=tags.result(),
                arn=found["TableArn"],
            )

    def observe_owner(self, aws: Aws) -> Self | None:
        if found := self._describe(aws):
            with ignore_not_found():  # its deletion may have begun
                return replace(self, tags=_tags(aws, found["TableArn"]))
        return None

    def create(self, aws: Aws) -> Self:
        keys = TableKeys(self.key, self.key_type, self.sort_key, self.sort_type)
        request: CreateTableInputTypeDef = {
            "TableName": self.name,
            "KeySchema": keys.schema(),
            "AttributeDefinitions": keys.definitions(),
            "BillingMode": "PAY_PER_REQUEST",
            "DeletionProtectionEnabled": self.protect,
            "SSESpecification": specification(self.encryption),
            "Tags": tag_list(self.tags),
        }
        if not self.on_demand:
            request["BillingMode"] = "PROVISIONED"
            request["ProvisionedThroughput"] = self._capacity()
        answer = aws.dynamodb.create_table(**request)
        self._wait_active(aws)
        if self.ttl:  # first: after enabling recovery, a table refuses it for a while (D16)
            set_expiry(aws, self.name, self.ttl, enabled=True)
        if self.recovery:
            self._set_recovery(aws)
        return replace(self, arn=answer["TableDescription"]["TableArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.dynamodb.untag_resource(ResourceArn=have.arn, TagKeys=gone)
            if new:
                aws.dynamodb.tag_resource(ResourceArn=have.arn, Tags=tag_list(new))
        if "protect" in changed:  # UpdateTable takes one concern per call (D5)
            self._set_protection(aws, enabled=self.protect)
        if "on_demand" in changed:
            self._change_mode(aws)
            self._wait_active(aws)
        if "encryption" in changed:
            aws.dynamodb.update_table(
                TableName=self.name, SSESpecification=specification(self.encryption)
            )
            self._wait_active(aws)
        if close_doors(aws, self.name, have.arn, changed):
            self._wait_active(aws)
        if {"recovery", "recovery_days"} & set(changed):
            self._set_recovery(aws)
        if "ttl" in changed:
            change_expiry(aws, self.name, have.ttl, self.ttl)
        return replace(self, arn=have.arn)

    def policy_variables(self) -> Mapping[str, object]:
        return {**vars(self), "key_arn": self.encryption if is_key(self.encryption) else ""}

    def others_with_owner(self, aws: Aws, owners: Collection[str]) -> Sequence[str]:
        return other_tables(aws, owners, self.name)

    def stored_data(self, aws: Aws) -> StoredData | None:
        found = self._describe(aws)
        if found is None:
            return None
        items, size = found.get("ItemCount", 0), found.get("TableSizeBytes", 0)
        return StoredData(items, size, found.get("DeletionProtectionEnabled", False))

    def restore_hint(self, node: str, region: str) -> str:
        return restore_hint(self.name, node, region)

    def back_up(self, aws: Aws) -> Backup | None:
        if self._wait_until_stable(aws) is None:
            return None
        return final_backup(aws, self.name, self.tags.get(OWNER, self.name))

    def delete(self, aws: Aws) -> None:
        found = self._wait_until_stable(aws)
        if found is None:
            return
        with ignore_not_found():  # another run may delete it at the same moment
            if found.get("DeletionProtectionEnabled"):  # read now, not from the state (D19)
                self._set_protection(aws, enabled=False)
            aws.dynamodb.delete_table(TableName=self.name)
        aws.wait_until_gone(
            f"table {self.name}", lambda: self._describe(aws) is not None, budget=GONE_BUDGET
        )

    def _describe(self, aws: Aws) -> TableDescriptionTypeDef | None:
        return found_or_none(lambda: aws.dynamodb.describe_table(TableName=self.name)["Table"])

    def _wait_until_stable(self, aws: Aws) -> TableDescriptionTypeDef | None:
        """Wait until no creation, update or deletion, such as a crashed run's, is in progress."""
        return aws.wait_until_stable(
            f"table {self.name} to settle",
            lambda: self._describe(aws),
            lambda found: found is not None and found["TableStatus"] in _IN_PROGRESS,
            budget=ACTIVE_BUDGET,
        )

    def _wait_active(self, aws: Aws) -> None:
        def active() -> bool | None:
            found = self._describe(aws)  # a new table may not be visible yet (D3)
            if found is None or found["TableStatus"] != ACTIVE or is_changing(found):
                return None
            return True

        aws.wait(f"table {self.name} to be active", active, budget=ACTIVE_BUDGET)

    def _capacity(self) -> ProvisionedThroughputTypeDef:
        return {
            "ReadCapacityUnits": self.read_capacity,
            "WriteCapacityUnits": self.write_capacity,
        }

    def _change_mode(self, aws: Aws) -> None:
        if self.on_demand:
            stop_scaling(aws, self.name, self.tags.get(OWNER, ""))
            set_on_demand(aws, self.name)
            return
        aws.dynamodb.update_table(  # mode and capacity must be sent together (D6)
            TableName=self.name,
            BillingMode="PROVISIONED",
            ProvisionedThroughput=capacity_now(
                aws,
                self.name,
                (self.read_capacity, self.read_most),
                (self.write_capacity, self.write_most),
            ),
        )

    def _set_protection(self, aws: Aws, *, enabled: bool) -> None:
        aws.dynamodb.update_table(TableName=self.name, DeletionProtectionEnabled=enabled)

    def _set_recovery(self, aws: Aws) -> None:
        aws.dynamodb.update_continuous_backups(
            TableName=self.name,
            PointInTimeRecoverySpecification=recovery(
                self.recovery_days if self.recovery else None
            ),
        )


def _tags(aws: Aws, arn: str) -> dict[str, str]:
    pages = aws.dynamodb.get_paginator("list_tags_of_resource").paginate(ResourceArn=arn)
    return from_tag_list([tag for page in pages for tag in page.get("Tags", [])])
