"""Corrections of moto's CloudWatch, Logs, SNS and SQS."""

from __future__ import annotations

import json
from typing import Any

import pytest
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.logs.exceptions import LogsClientError, ResourceNotFoundException
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.sqs.models import Queue


def teach(monkeypatch: pytest.MonkeyPatch) -> None:
    _teach_log_groups(monkeypatch)
    _teach_alarms(monkeypatch)
    _teach_dashboards(monkeypatch)
    _teach_topics(monkeypatch)
    _teach_queues(monkeypatch)


def _teach_log_groups(monkeypatch: pytest.MonkeyPatch) -> None:
    """Delete tags with their group, refuse to list those of no group, and keep protected groups.

    The key of a group can change.
    """
    delete_log_group = LogsBackend.delete_log_group
    list_tags = LogsBackend.list_tags_for_resource

    def delete_with_tags(self: Any, name: str) -> None:
        if name in self.groups and _is_protected(self.groups[name]):
            raise StillProtected
        arn = self.groups[name].arn if name in self.groups else None
        delete_log_group(self, name)
        self.tagger.delete_all_tags_for_resource(arn)

    def list_tags_of_what_is_there(self: Any, arn: str) -> dict[str, str]:
        if ":log-group:" in arn and arn not in {group.arn for group in self.groups.values()}:
            raise ResourceNotFoundException
        return list_tags(self, arn)

    def associate(self: Any) -> str:
        _group_named(self).kms_key_id = self._get_param("kmsKeyId")
        return "{}"

    def disassociate(self: Any) -> str:
        _group_named(self).kms_key_id = None
        return "{}"

    describe = LogGroup.to_describe_dict

    def describe_with_protection(self: Any) -> dict[str, Any]:
        return {**describe(self), "deletionProtectionEnabled": _is_protected(self)}

    def protect(self: Any) -> str:
        named = str(self._get_param("logGroupIdentifier")).rpartition(":log-group:")[2]
        if named not in self.logs_backend.groups:
            raise ResourceNotFoundException
        on = self._get_param("deletionProtectionEnabled")
        self.logs_backend.groups[named].deletion_protection = on
        return "{}"

    monkeypatch.setattr(LogGroup, "to_describe_dict", describe_with_protection)
    monkeypatch.setattr(LogsResponse, "put_log_group_deletion_protection", protect, raising=False)
    monkeypatch.setattr(LogsResponse, "associate_kms_key", associate, raising=False)
    monkeypatch.setattr(LogsResponse, "disassociate_kms_key", disassociate, raising=False)
    monkeypatch.setattr(LogsBackend, "delete_log_group", delete_with_tags)
    monkeypatch.setattr(LogsBackend, "list_tags_for_resource", list_tags_of_what_is_there)


class StillProtected(LogsClientError):
    """The error for a protected group.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/protecting-log-groups-from-deletion.html
    """

    def __init__(self) -> None:
        super().__init__(
            "ValidationException",
            "Cannot delete log group with deletion protection enabled. Disable deletion protection"
            " first.",
        )


def _is_protected(group: Any) -> bool:
    return bool(vars(group).get("deletion_protection"))


def _group_named(response: Any) -> Any:
    name = response._get_param("logGroupName")
    if name not in response.logs_backend.groups:
        raise ResourceNotFoundException
    return response.logs_backend.groups[name]


def _teach_alarms(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a second put ignore tags, and the deletion of an alarm delete them (W1)."""
    put_metric_alarm = CloudWatchBackend.put_metric_alarm
    delete_alarms = CloudWatchBackend.delete_alarms

    def put_ignoring_tags(self: Any, *, name: str, tags: Any = None, **alarm: Any) -> Any:
        known = name in self.alarms
        return put_metric_alarm(self, name=name, tags=None if known else tags, **alarm)

    def delete_with_tags(self: Any, names: list[str]) -> None:
        for name in names:
            if alarm := self.alarms.get(name):
                self.tagger.delete_all_tags_for_resource(alarm.alarm_arn)
        delete_alarms(self, names)

    monkeypatch.setattr(CloudWatchBackend, "put_metric_alarm", put_ignoring_tags)
    monkeypatch.setattr(CloudWatchBackend, "delete_alarms", delete_with_tags)


def _teach_dashboards(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give dashboards tags, which the first put alone sets (W4); AWS has them since 2026."""
    put_dashboard = CloudWatchResponse.put_dashboard
    delete_dashboards = CloudWatchBackend.delete_dashboards
    tag_resource = CloudWatchBackend.tag_resource

    def put_with_tags(self: Any) -> Any:
        backend, name = self.cloudwatch_backend, self._get_param("DashboardName")
        known = name in backend.dashboards
        answer = put_dashboard(self)
        if not known:
            backend.tagger.tag_resource(
                backend.dashboards[name].arn, self._get_param("Tags", []) or []
            )
        return answer

    def delete_with_tags(self: Any, dashboards: list[str]) -> Any:
        for name in dashboards:
            if found := self.dashboards.get(name):
                self.tagger.delete_all_tags_for_resource(found.arn)
        return delete_dashboards(self, dashboards)

    def tag_dashboards_too(self: Any, arn: str, tags: dict[str, str]) -> None:
        if arn in {dashboard.arn for dashboard in self.dashboards.values()}:
            self.tagger.tag_resource(arn, self.tagger.convert_dict_to_tags_input(tags))
        else:
            tag_resource(self, arn, tags)

    monkeypatch.setattr(CloudWatchResponse, "put_dashboard", put_with_tags)
    monkeypatch.setattr(CloudWatchBackend, "delete_dashboards", delete_with_tags)
    monkeypatch.setattr(CloudWatchBackend, "tag_resource", tag_dashboards_too)


def _teach_topics(monkeypatch: pytest.MonkeyPatch) -> None:
    """Refuse to create a topic that exists with other settings (N1); moto returns it."""
    create_topic = SNSBackend.create_topic

    def create_equal_or_new(self: Any, name: str, attributes: Any = None, tags: Any = None) -> Any:
        for topic in self.topics.values():
            if topic.name == name and topic._tags != (tags or {}):
                raise SNSInvalidParameter(
                    "Invalid parameter: Tags Reason: Topic already exists with different tags"
                )
        return create_topic(self, name, attributes, tags)

    monkeypatch.setattr(SNSBackend, "create_topic", create_equal_or_new)


def _teach_queues(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let SetQueueAttributes keep attributes that it does not name; moto loses the policy (Q7)."""
    set_attributes = Queue._set_attributes

    def set_and_keep(self: Any, attributes: dict[str, Any], now: float | None = None) -> None:
        kept = vars(self).get("_policy_json")
        attributes = {"Policy": json.dumps(kept) if kept else "", **attributes}
        set_attributes(self, attributes, now)

    monkeypatch.setattr(Queue, "_set_attributes", set_and_keep)
