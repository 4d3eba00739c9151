"""Drift of alarms, topic and dashboard, by another client's calls."""

from __future__ import annotations

import json
from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.steps.sns.subscription import Subscription
from provision.steps.sns.topic import Topic
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import STRAY, key_of_theirs, with_statement

_KEPT: Final = (
    "AlarmDescription",
    "Namespace",
    "MetricName",
    "Statistic",
    "ExtendedStatistic",
    "Dimensions",
    "Threshold",
    "ComparisonOperator",
    "Period",
    "EvaluationPeriods",
    "DatapointsToAlarm",
    "TreatMissingData",
    "AlarmActions",
    "OKActions",
    "InsufficientDataActions",
    "Unit",
)


def _put(aws: Aws, alarm: Alarm, **other: Any) -> None:
    """Put the alarm again with its present settings, but for `other`."""
    (found,) = aws.cloudwatch.describe_alarms(AlarmNames=[alarm.name])["MetricAlarms"]
    shown: Any = found
    kept = {name: shown[name] for name in _KEPT if shown.get(name) is not None}
    aws.cloudwatch.put_metric_alarm(AlarmName=alarm.name, **kept | other)


def tag(aws: Aws, it: Any) -> None:
    """TagResource: a tag more"""
    aws.cloudwatch.tag_resource(ResourceARN=it.arn, Tags=[{"Key": STRAY, "Value": "theirs"}])


def description(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: another description"""
    _put(aws, alarm, AlarmDescription="theirs")


def namespace(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: metrics of theirs"""
    _put(aws, alarm, Namespace="Theirs")


def metric(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: another metric"""
    _put(aws, alarm, MetricName="Theirs")


def statistic(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: the least instead of the sum"""
    _put(aws, alarm, Statistic="Minimum")


def dimensions(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: of another function"""
    _put(aws, alarm, Dimensions=[{"Name": "FunctionName", "Value": "theirs"}])


def threshold(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: a higher threshold"""
    _put(aws, alarm, Threshold=99.0)


def comparison(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: below instead of above"""
    _put(aws, alarm, ComparisonOperator="LessThanThreshold")


def period(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: another period"""
    _put(aws, alarm, Period=300)


def evaluation_periods(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: over more periods"""
    _put(aws, alarm, EvaluationPeriods=9)


def datapoints(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: more points beyond the threshold"""
    _put(aws, alarm, DatapointsToAlarm=3)


def missing(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: missing data counts as good"""
    _put(aws, alarm, TreatMissingData="ignore")


def silence(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: no action"""
    _put(aws, alarm, AlarmActions=[])


def tell_when_over(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: an action more, when it returns to OK"""
    _put(aws, alarm, OKActions=list(alarm.actions))


def look_at_bytes(aws: Aws, alarm: Alarm) -> None:
    """PutMetricAlarm: only data in bytes counts"""
    _put(aws, alarm, Unit="Bytes")


def mute(aws: Aws, alarm: Alarm) -> None:
    """DisableAlarmActions"""
    aws.cloudwatch.disable_alarm_actions(AlarmNames=[alarm.name])


def delete_alarm(aws: Aws, alarm: Alarm) -> None:
    """DeleteAlarms"""
    aws.cloudwatch.delete_alarms(AlarmNames=[alarm.name])


def tag_topic(aws: Aws, topic: Topic) -> None:
    """TagResource: a tag more"""
    aws.sns.tag_resource(ResourceArn=topic.arn, Tags=[{"Key": STRAY, "Value": "theirs"}])


def _set(aws: Aws, topic: Topic, name: str, value: str) -> None:
    aws.sns.set_topic_attributes(TopicArn=topic.arn, AttributeName=name, AttributeValue=value)


def display(aws: Aws, topic: Topic) -> None:
    """SetTopicAttributes: another display name"""
    _set(aws, topic, "DisplayName", "theirs")


def let_publish(aws: Aws, topic: Topic) -> None:
    """SetTopicAttributes: a statement more, everybody may publish"""
    _set(aws, topic, "Policy", with_statement(topic.policy, "sns:Publish", topic.arn))


def another_key(aws: Aws, topic: Topic) -> None:
    """SetTopicAttributes: a key of theirs"""
    _set(aws, topic, "KmsMasterKeyId", key_of_theirs(aws))


def in_the_clear(aws: Aws, topic: Topic) -> None:
    """SetTopicAttributes: no key"""
    _set(aws, topic, "KmsMasterKeyId", "")


def delete_topic(aws: Aws, topic: Topic) -> None:
    """DeleteTopic, which takes its subscriptions with it"""
    aws.sns.delete_topic(TopicArn=topic.arn)


def unsubscribe(aws: Aws, subscription: Subscription) -> None:
    """Unsubscribe"""
    aws.sns.unsubscribe(SubscriptionArn=subscription.arn)


def rearrange(aws: Aws, dashboard: Dashboard) -> None:
    """PutDashboard: without its first widget"""
    body = {**dashboard.body, "widgets": dashboard.body["widgets"][1:]}
    aws.cloudwatch.put_dashboard(DashboardName=dashboard.name, DashboardBody=json.dumps(body))


def delete_dashboard(aws: Aws, dashboard: Dashboard) -> None:
    """DeleteDashboards"""
    aws.cloudwatch.delete_dashboards(DashboardNames=[dashboard.name])


ALARM: Final = "monitoring.alarm.function-items-errors"
TOPIC: Final = "monitoring.topic"
EMAIL: Final = "monitoring.email"
DASHBOARD: Final = "monitoring.dashboard"
WITH_IT: Final = (
    f"{EMAIL} {GONE}",
    *(
        f"monitoring.alarm.{alarm} actions"
        for alarm in (
            "api-5xx",
            "api-latency",
            "function-items-dead-letters",
            "function-items-duration",
            "function-items-errors",
            "function-items-throttles",
            "table-items-read-throttles",
            "table-items-write-throttles",
        )
    ),
)
"""The topic's ARN is known only after its creation, although it is the same again."""

CASES: Final = (
    Case(ALARM, "tags", tag),
    Case(ALARM, "description", description),
    Case(ALARM, "namespace", namespace),
    Case(ALARM, "metric", metric),
    Case(ALARM, "statistic", statistic),
    Case(ALARM, "dimensions", dimensions),
    Case(ALARM, "threshold", threshold),
    Case(ALARM, "comparison", comparison),
    Case(ALARM, "period", period),
    Case(ALARM, "evaluation_periods", evaluation_periods),
    Case(ALARM, "datapoints", datapoints),
    Case(ALARM, "missing", missing),
    Case(ALARM, "actions", silence),
    Case(ALARM, "strays", tell_when_over),
    Case(ALARM, "strays", look_at_bytes),
    Case(ALARM, "actions", mute),
    Case(ALARM, GONE, delete_alarm, alone=True),
    Case(TOPIC, "tags", tag_topic),
    Case(TOPIC, "display", display),
    Case(TOPIC, "policy", let_publish),
    Case(TOPIC, "key", another_key),
    Case(TOPIC, "key", in_the_clear),
    Case(TOPIC, GONE, delete_topic, WITH_IT, alone=True),
    Case(EMAIL, GONE, unsubscribe, alone=True),
    Case(DASHBOARD, "tags", tag),
    Case(DASHBOARD, "body", rearrange),
    Case(DASHBOARD, GONE, delete_dashboard, alone=True),
)

_NAME: Final = "No call renames it: without our name, ours is deleted."

REASONS: Final = {
    "cloudwatch.alarm": {"name": _NAME},
    "cloudwatch.dashboard": {"name": _NAME},
    "sns.topic": {"name": _NAME},
    "sns.subscription": dict.fromkeys(
        ("topic", "protocol", "endpoint"),
        "No call changes it: to another address it is another subscription, and ours is gone.",
    )
    | {"strays": "Only who reads the mail can, by the link in it: then it is subscribed again."},
}
