"""A group that a delayed writer may have recreated is new and has no settings."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from provision.steps.logs.log_group import NEW, LogGroup, _ours
from tests.support.harness import new_aws

KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
GROUP = LogGroup(name="/aws/lambda/tap-dev-items", retention=30, tags={})


def make(**asked: Any) -> None:
    new_aws().logs.create_log_group(logGroupName=GROUP.name, **asked)


@pytest.mark.usefixtures("account")
@pytest.mark.parametrize(
    ("age", "new"),
    [(timedelta(), True), (NEW - timedelta(minutes=1), True), (NEW + timedelta(minutes=1), False)],
)
def test_it_is_new_for_an_hour(monkeypatch: pytest.MonkeyPatch, age: timedelta, new: bool) -> None:
    make()
    aws = new_aws()
    later = aws.clock.today() + age
    monkeypatch.setattr(aws.clock, "today", lambda: later)
    assert GROUP.is_new_and_empty(aws) is new


@pytest.mark.usefixtures("account")
def test_one_without_a_time_is_old(monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    aws = new_aws()
    describe = aws.logs.get_paginator

    class Untimed:
        def paginate(self, **asked: Any) -> Any:
            for page in describe("describe_log_groups").paginate(**asked):
                for group in page["logGroups"]:
                    del group["creationTime"]
                yield page

    monkeypatch.setattr(aws.logs, "get_paginator", lambda _: Untimed())
    assert GROUP.is_new_and_empty(aws) is False


@pytest.mark.usefixtures("account")
def test_a_setting_or_its_absence_says_that_it_is_no_such_group() -> None:
    assert GROUP.is_new_and_empty(new_aws()) is False
    make(kmsKeyId=KEY)
    assert GROUP.is_new_and_empty(new_aws()) is False
    logs = new_aws().logs
    logs.disassociate_kms_key(logGroupName=GROUP.name)
    assert GROUP.is_new_and_empty(new_aws()) is True
    logs.put_retention_policy(logGroupName=GROUP.name, retentionInDays=30)
    assert GROUP.is_new_and_empty(new_aws()) is False


def test_calls_on_a_group_need_its_owner_only_where_its_name_is_unknown() -> None:
    call = _ours("PutRetentionPolicy", "arn:group", having="retention")
    assert call.operation == "logs.PutRetentionPolicy"
    (permit,) = call.permits
    assert permit.action == "logs:PutRetentionPolicy"
    assert (permit.if_set, permit.if_unset, permit.conditions) == ("retention", "", ())
    assert len(permit.wildcard_conditions) == 1
    (bare,) = _ours("UntagResource", "arn:group").permits
    assert (bare.if_set, bare.if_unset, bare.resources) == ("", "", ("arn:group",))
