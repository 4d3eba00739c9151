"""The CloudWatch alarm on one metric."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self, cast

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.capabilities import BatchObserved
from provision.model.risks import NO_IMPACT
from provision.model.step import Computed, Fixed, Tagged
from provision.steps.cloudwatch.tags import change_cloudwatch_tags
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import from_tag_list, tag_list

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.literals import ComparisonOperatorType
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef, PutMetricAlarmInputTypeDef

_ALARM = iam.arn("cloudwatch", "alarm:{name}")
_CALLS_ONLY = iam.Condition("ForAllValues:StringEquals", "cloudwatch:AlarmActions", "{actions}")
"""Allows no other actions than ours, in any state of the alarm. CloudWatch does not check whether
the creator of an alarm has permission for the alarm's actions.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/iam-cw-condition-keys-alarm-actions.html
"""


@dataclass(frozen=True, kw_only=True)
class Alarm(Tagged, BatchObserved):
    """An alarm that calls `actions` (ARNs, sorted) while a metric is beyond a threshold.

    That is, while `datapoints` of the last `evaluation_periods` periods, of `period` seconds each,
    are beyond it. `statistic` is one of AWS's words or a percentile such as `p95`. Disabled actions
    are read as no actions. `strays` describes undeclared settings.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html
    """

    KIND = "cloudwatch.alarm"
    IDENTITY = ("name",)
    BATCH_SIZE = 100
    RISKS = NO_IMPACT
    API_CALLS = iam.ApiCalls(
        read=(
            # IAM checks DescribeAlarms on every alarm, even if the request gives names.
            *iam.calls("cloudwatch", iam.arn("cloudwatch", "alarm:*"), "DescribeAlarms"),
            *iam.calls("cloudwatch", _ALARM, "ListTagsForResource"),
        ),
        write=(
            iam.call(
                "cloudwatch.PutMetricAlarm",
                iam.Permission("cloudwatch:PutMetricAlarm", (_ALARM,), (_CALLS_ONLY,)),
                iam.Permission("cloudwatch:TagResource", (_ALARM,)),
            ),
            *iam.calls("cloudwatch", _ALARM, "TagResource", "UntagResource"),
        ),
        delete=iam.calls("cloudwatch", _ALARM, "DeleteAlarms"),
        computed={"arn": _ALARM},
    )

    name: Fixed[str]
    description: str = ""
    namespace: str
    metric: str
    statistic: str
    dimensions: dict[str, str]
    threshold: float
    comparison: str = "GreaterThanOrEqualToThreshold"
    period: int = 60
    evaluation_periods: int = 1
    datapoints: int = 1
    missing: str = "notBreaching"
    actions: tuple[str, ...] = ()
    strays: tuple[str, ...] = ()
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        return self.observe_many(aws, [self])[0]

    @classmethod
    def observe_many(cls, aws: Aws, steps: Sequence[Self]) -> list[Self | None]:
        answer = aws.cloudwatch.describe_alarms(
            AlarmNames=[step.name for step in steps],
            AlarmTypes=["MetricAlarm"],
            MaxRecords=cls.BATCH_SIZE,
        )
        found = {alarm["AlarmName"]: alarm for alarm in answer.get("MetricAlarms", [])}
        with read_pool() as pool:
            return list(pool.map(lambda step: step._with_tags(aws, found.get(step.name)), steps))  # noqa: SLF001

    def create(self, aws: Aws) -> Self:
        request = self._request()
        request["Tags"] = tag_list(self.tags)
        aws.cloudwatch.put_metric_alarm(**request)
        return replace(self, arn=aws.location.arn("cloudwatch", f"alarm:{self.name}"))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if set(changed) - {"tags"}:
            aws.cloudwatch.put_metric_alarm(**self._request())
        if "tags" in changed:
            change_cloudwatch_tags(aws, have.arn, have.tags, self.tags)
        return replace(self, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():  # ResourceNotFound if there is nothing to delete (W3)
            aws.cloudwatch.delete_alarms(AlarmNames=[self.name])

    def _with_tags(self, aws: Aws, alarm: MetricAlarmTypeDef | None) -> Self | None:
        """Return the alarm with its tags; None also if it is deleted before its tags are read."""
        if alarm is None:
            return None
        with ignore_not_found():
            tags = aws.cloudwatch.list_tags_for_resource(ResourceARN=alarm["AlarmArn"]).get(
                "Tags", []
            )
            return replace(self._read(alarm), tags=from_tag_list(tags))
        return None

    def _read(self, alarm: MetricAlarmTypeDef) -> Self:
        """Return the alarm that AWS shows, without its tags.

        A field that AWS leaves out has its default (W2). An alarm on an expression has no metric.
        """
        periods = alarm.get("EvaluationPeriods", 0)
        return replace(
            self,
            description=alarm.get("AlarmDescription", ""),
            namespace=alarm.get("Namespace", ""),
            metric=alarm.get("MetricName", ""),
            statistic=alarm.get("ExtendedStatistic") or alarm.get("Statistic", ""),
            dimensions={part["Name"]: part["Value"] for part in alarm.get("Dimensions", [])},
            threshold=alarm.get("Threshold", 0.0),
            comparison=alarm.get("ComparisonOperator", ""),
            period=alarm.get("Period", 0),
            evaluation_periods=periods,
            datapoints=alarm.get("DatapointsToAlarm") or periods,
            missing=alarm.get("TreatMissingData") or "missing",
            actions=tuple(sorted(alarm.get("AlarmActions", [])))
            if alarm.get("ActionsEnabled", True)
            else (),
            strays=tuple(_strays(alarm)),
            arn=alarm["AlarmArn"],
        )

    def _request(self) -> PutMetricAlarmInputTypeDef:
        """Return the whole alarm: each PutMetricAlarm sets all of it (W1)."""
        request: PutMetricAlarmInputTypeDef = {
            "AlarmName": self.name,
            "AlarmDescription": self.description,
            "Namespace": self.namespace,
            "MetricName": self.metric,
            "Dimensions": [
                {"Name": name, "Value": value} for name, value in sorted(self.dimensions.items())
            ],
            "Threshold": self.threshold,
            "ComparisonOperator": cast("ComparisonOperatorType", self.comparison),
            "Period": self.period,
            "EvaluationPeriods": self.evaluation_periods,
            "DatapointsToAlarm": self.datapoints,
            "TreatMissingData": self.missing,
            "ActionsEnabled": True,
            "AlarmActions": list(self.actions),
        }
        match self.statistic:
            case "Average" | "Maximum" | "Minimum" | "SampleCount" | "Sum":
                request["Statistic"] = self.statistic
            case percentile:
                request["ExtendedStatistic"] = percentile
        return request


def _strays(alarm: MetricAlarmTypeDef) -> Iterator[str]:
    """Yield undeclared settings; an alarm with a unit ignores data in any other unit."""
    yield from (f"when it is over: {arn}" for arn in sorted(alarm.get("OKActions", [])))
    yield from (f"without data: {arn}" for arn in sorted(alarm.get("InsufficientDataActions", [])))
    if unit := alarm.get("Unit"):
        yield f"only in {unit}"
    if alarm.get("EvaluateLowSampleCountPercentile") == "ignore":
        yield "not for few samples"
