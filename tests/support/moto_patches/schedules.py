"""Corrections of moto's EventBridge Scheduler."""

from __future__ import annotations

from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.scheduler.exceptions import ScheduleGroupNotFound
from moto.scheduler.models import EventBridgeSchedulerBackend
from moto.scheduler.responses import EventBridgeSchedulerResponse


class GroupExists(JsonRESTError):
    code = 409

    def __init__(self, name: str) -> None:
        super().__init__("ConflictException", f"Schedule group {name} already exists.")


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let groups be one of a name, found or not, and an update set all that it is given."""
    of = EventBridgeSchedulerBackend
    create, tags, update = of.create_schedule, of.list_tags_for_resource, of.update_schedule
    create_group, delete_group = of.create_schedule_group, of.delete_schedule_group
    answer = EventBridgeSchedulerResponse.update_schedule

    def create_in_a_group(self: Any, **given: Any) -> Any:
        self.get_schedule_group(given["group_name"])
        return create(self, **given)

    def create_one(self: Any, name: str, tags: Any) -> Any:
        if name in self.schedule_groups:
            raise GroupExists(name)
        return create_group(self, name, tags or [])

    def delete_one(self: Any, name: str | None) -> None:
        delete_group(self, self.get_schedule_group(name).name)

    def tags_of_a_group(self: Any, resource_arn: str) -> Any:
        name = resource_arn.rpartition("/")[2]
        if name not in self.schedule_groups:
            raise ScheduleGroupNotFound(name)
        return tags(self, resource_arn)

    def update_all(self: Any, **given: Any) -> Any:
        schedule = update(self, **given)
        schedule.action_after_completion = self.completion
        return schedule

    def updated(self: Any) -> Any:
        self.scheduler_backend.completion = self._get_param("ActionAfterCompletion")
        return answer(self)

    monkeypatch.setattr(of, "create_schedule", create_in_a_group)
    monkeypatch.setattr(of, "create_schedule_group", create_one)
    monkeypatch.setattr(of, "delete_schedule_group", delete_one)
    monkeypatch.setattr(of, "list_tags_for_resource", tags_of_a_group)
    monkeypatch.setattr(of, "update_schedule", update_all)
    monkeypatch.setattr(of, "completion", None, raising=False)
    monkeypatch.setattr(EventBridgeSchedulerResponse, "update_schedule", updated)
