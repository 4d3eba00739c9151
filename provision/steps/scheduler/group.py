"""The group of schedules: their common name, their tags, and what deletes them all."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import CheckedBeforeDeletion
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed, Tagged
from provision.steps.not_found import found_or_none, ignore_not_found
from provision.steps.tagging import from_tag_list, owner_in, tag_changes, tag_list

if TYPE_CHECKING:
    from mypy_boto3_scheduler.type_defs import GetScheduleGroupOutputTypeDef

GONE_BUDGET: Final = 600
_GROUP: Final = iam.arn("scheduler", "schedule-group/{name}")


@dataclass(frozen=True, kw_only=True)
class ScheduleGroup(Tagged, CheckedBeforeDeletion):
    """A group of schedules in EventBridge Scheduler.

    AWS deletes every schedule of a group with it, and only then the group (E2).

    https://docs.aws.amazon.com/scheduler/latest/APIReference/API_CreateScheduleGroup.html
    """

    KIND = "scheduler.group"
    IDENTITY = ("name",)
    RISKS = Risks(
        delete=(Risk(Impact.DOWNTIME, "every schedule in it is deleted with it"),),
        downtime="nothing is started on schedule",
    )
    API_CALLS = iam.ApiCalls(
        read=iam.calls("scheduler", _GROUP, "GetScheduleGroup", "ListTagsForResource"),
        write=(
            iam.call(
                "scheduler.CreateScheduleGroup",
                iam.Permission("scheduler:CreateScheduleGroup", (_GROUP,)),
                iam.Permission("scheduler:TagResource", (_GROUP,)),
            ),
            *iam.calls("scheduler", _GROUP, "TagResource", "UntagResource"),
        ),
        delete=iam.calls("scheduler", _GROUP, "DeleteScheduleGroup"),
        computed={"arn": _GROUP},
    )

    name: Fixed[str]
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        with ignore_not_found():
            found = aws.scheduler.get_schedule_group(Name=self.name)
            if _is_deleting(found):
                return None
            arn = found["Arn"]
            tags = aws.scheduler.list_tags_for_resource(ResourceArn=arn).get("Tags", [])
            return replace(self, tags=from_tag_list(tags), arn=arn)
        return None

    def create(self, aws: Aws) -> Self:
        """Create the group, once an older one of its name is deleted (E2)."""
        self._wait_gone(aws)
        answer = aws.scheduler.create_schedule_group(Name=self.name, Tags=tag_list(self.tags))
        return replace(self, arn=answer["ScheduleGroupArn"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.scheduler.untag_resource(ResourceArn=have.arn, TagKeys=gone)
            if new:
                aws.scheduler.tag_resource(ResourceArn=have.arn, Tags=tag_list(new))
        return replace(self, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.scheduler.delete_schedule_group(Name=self.name)
        self._wait_gone(aws)

    def _wait_gone(self, aws: Aws) -> None:
        """Wait until no group of this name is being deleted."""

        def deleting() -> bool:
            found = found_or_none(lambda: aws.scheduler.get_schedule_group(Name=self.name))
            return found is not None and _is_deleting(found)

        aws.wait_until_gone(f"schedule group {self.name}", deleting, budget=GONE_BUDGET)


def owner_of_group(aws: Aws, name: str) -> str | None:
    """Return the owner tag of a group; empty without one, None if there is no group."""
    arn = aws.location.arn("scheduler", f"schedule-group/{name}")
    found = found_or_none(lambda: aws.scheduler.list_tags_for_resource(ResourceArn=arn))
    return None if found is None else owner_in(found.get("Tags", []))


def _is_deleting(found: GetScheduleGroupOutputTypeDef) -> bool:
    return found["State"] == "DELETING"
