"""The group of schedules: the contract, and its slow deletion."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from moto.scheduler.models import ScheduleGroup as MotoGroup

from provision.steps.scheduler.group import ScheduleGroup, owner_of_group
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract

GROUP = ScheduleGroup(name="tap-dev", tags={"team": "a"})


class TestScheduleGroup(StepContract):
    edits: ClassVar = {"tags": {"team": "b", "more": "c"}}
    fixed_edits: ClassVar = {"name": "tap-other"}

    def given(self, aws: Any) -> ScheduleGroup:
        return GROUP


def test_a_group_that_is_being_deleted_is_gone(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another of its name can be made only when it is."""
    workshop.run(one_node(GROUP), "up")
    shown, left = MotoGroup.to_dict, [3]

    def deleting(self: Any) -> Any:
        left[0] -= 1
        if left[0] > 0:
            return {**shown(self), "State": "DELETING"}
        new_aws().scheduler.delete_schedule_group(Name=GROUP.name) if left[0] == 0 else None
        return shown(self)

    monkeypatch.setattr(MotoGroup, "to_dict", deleting)
    assert GROUP.observe(new_aws()) is None


def test_its_owner_is_read_from_its_tags(workshop: Workshop) -> None:
    assert owner_of_group(new_aws(), GROUP.name) is None
    new_aws().scheduler.create_schedule_group(Name="theirs")
    assert owner_of_group(new_aws(), "theirs") == ""
    workshop.run(one_node(GROUP), "up")
    assert str(owner_of_group(new_aws(), GROUP.name)).endswith("/it")
