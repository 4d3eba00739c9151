"""The health of the stack: alarms, dead letters, and the last hour's traffic in one call."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from provision.aws.client import Aws
from provision.aws.concurrency import read_pool
from provision.model import iam
from provision.model.capabilities import ReportsProblems
from provision.model.step import Step
from provision.steps.apigateway.stage import Stage
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.function import Function
from provision.steps.not_found import ignore_not_found
from provision.steps.sns.subscription import Subscription
from provision.steps.sqs.queue import Queue

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import MetricAlarmTypeDef, MetricDataQueryTypeDef

FIRING: Final = "ALARM"
"""CloudWatch's word for an alarm that fires."""
CONFIRMED: Final = "confirmed"
UNCONFIRMED: Final = "unconfirmed"
QUERIES: Final = 500
"""The maximum that GetMetricData accepts."""
PERIOD: Final = 300
POINTS: Final = 12
MEASURES: Final = {"invocations": "Sum", "errors": "Sum", "p95": "p95"}
_METRICS: Final = {"invocations": "Invocations", "errors": "Errors", "p95": "Duration"}

CALLS: Final = (
    *iam.calls("cloudwatch", iam.ANY_RESOURCE, "GetMetricData"),
    *iam.calls("cloudwatch", iam.arn("cloudwatch", "alarm:*"), "DescribeAlarms"),
    iam.ApiCall("sqs.GetQueueAttributes"),  # of our queues: their step declares it
)


@dataclass(frozen=True)
class Traffic:
    """The last hour of a function by five minutes, oldest first; `p95` in milliseconds."""

    invocations: tuple[float, ...]
    errors: tuple[float, ...]
    p95: tuple[float, ...]


@dataclass(frozen=True)
class Health:
    """The health of the nodes, by node.

    The live version, the stage's name, the state of an alarm and since when it fires, the messages
    waiting, who receives alarms, what AWS itself reports as wrong, and traffic. `not_imported`: by
    an alias's node, why the version that it is to lead to could not be imported.
    """

    versions: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    alarms: Mapping[str, str] = field(default_factory=dict)
    firing_since: Mapping[str, str] = field(default_factory=dict)
    dead_letters: Mapping[str, int] = field(default_factory=dict)
    subscriptions: Mapping[str, str] = field(default_factory=dict)
    ailments: Mapping[str, str] = field(default_factory=dict)
    traffic: Mapping[str, Traffic] = field(default_factory=dict)
    not_imported: Mapping[str, str] = field(default_factory=dict)


def read_health(aws: Aws, steps: Mapping[str, Step]) -> Health:
    """Read what AWS reports of the alarms, queues and functions. Must not write."""
    alarms = {s.name: n for n, s in steps.items() if isinstance(s, Alarm)}
    queues = {n: s for n, s in steps.items() if isinstance(s, Queue)}
    live = {s.function: s.name for s in steps.values() if isinstance(s, Alias)}
    functions = {n: _called(s, live) for n, s in steps.items() if isinstance(s, Function)}
    with read_pool() as pool:
        states = pool.submit(_alarm_states, aws, alarms)
        traffic = pool.submit(_traffic, aws, functions)
        waiting = pool.map(lambda queue: _messages(aws, queue), queues.values())
        letters = dict(zip(queues, waiting, strict=True))
        rung = states.result()
        return Health(
            alarms={node: alarm["StateValue"] for node, alarm in rung.items()},
            firing_since={n: since for n, alarm in rung.items() if (since := _firing_since(alarm))},
            dead_letters=letters,
            traffic=traffic.result(),
        )


def of_what_is_there(health: Health, steps: Mapping[str, Step]) -> Health:
    """Return the health of the nodes that were found, with what they themselves show."""
    versions = {
        n.removesuffix(".alias"): s.version for n, s in steps.items() if isinstance(s, Alias)
    }
    return Health(
        versions=versions,
        stages={node: step.name for node, step in steps.items() if isinstance(step, Stage)},
        alarms={node: state for node, state in health.alarms.items() if node in steps},
        firing_since={n: since for n, since in health.firing_since.items() if n in steps},
        dead_letters={node: count for node, count in health.dead_letters.items() if node in steps},
        subscriptions={n: _heard(s) for n, s in steps.items() if isinstance(s, Subscription)},
        ailments={
            node: words
            for node, step in steps.items()
            if isinstance(step, ReportsProblems) and (words := step.reported_problem())
        },
        traffic={node: traffic for node, traffic in health.traffic.items() if node in steps},
    )


def _heard(subscription: Subscription) -> str:
    """Return in a word whether an address receives the topic's messages."""
    if subscription.strays:
        return ", ".join(subscription.strays)
    return CONFIRMED if subscription.confirmed else UNCONFIRMED


def _alarm_states(aws: Aws, nodes: Mapping[str, str]) -> dict[str, MetricAlarmTypeDef]:
    """Return the alarms as AWS describes them, by node."""
    if not nodes:
        return {}
    shown: dict[str, MetricAlarmTypeDef] = {}
    names = sorted(nodes)
    for first in range(0, len(names), 100):  # the maximum of DescribeAlarms
        answer = aws.cloudwatch.describe_alarms(
            AlarmNames=names[first : first + 100], MaxRecords=100
        )
        shown |= {alarm["AlarmName"]: alarm for alarm in answer.get("MetricAlarms", [])}
    return {node: shown[name] for name, node in nodes.items() if name in shown}


def _firing_since(alarm: MetricAlarmTypeDef) -> str:
    """Return since when the alarm fires, as ISO 8601; empty if it does not, or unknown."""
    since = alarm.get("StateUpdatedTimestamp")
    return since.isoformat(timespec="seconds") if alarm["StateValue"] == FIRING and since else ""


def _messages(aws: Aws, queue: Queue) -> int:
    with ignore_not_found():
        answer = aws.sqs.get_queue_attributes(
            QueueUrl=queue.url, AttributeNames=["ApproximateNumberOfMessages"]
        )
        return int(answer.get("Attributes", {}).get("ApproximateNumberOfMessages", 0))
    return 0


def _called(function: Function, live: Mapping[str, str]) -> dict[str, str]:
    """Return the dimensions of what callers reach: manual and test invocations are no traffic."""
    alias = live.get(function.name)
    only = {"Resource": f"{function.name}:{alias}"} if alias else {}
    return {"FunctionName": function.name, **only}


def _traffic(aws: Aws, functions: Mapping[str, Mapping[str, str]]) -> dict[str, Traffic]:
    if not functions:
        return {}
    end = datetime.now(UTC)
    end = datetime.fromtimestamp(end.timestamp() // PERIOD * PERIOD + PERIOD, UTC)
    begin = end - timedelta(seconds=PERIOD * POINTS)
    queries: list[MetricDataQueryTypeDef] = [
        {
            "Id": f"{measure}{number}",
            "MetricStat": {
                "Metric": {
                    "Namespace": "AWS/Lambda",
                    "MetricName": _METRICS[measure],
                    "Dimensions": [{"Name": k, "Value": v} for k, v in dimensions.items()],
                },
                "Period": PERIOD,
                "Stat": statistic,
            },
        }
        for number, dimensions in enumerate(functions.values())
        for measure, statistic in MEASURES.items()
    ]
    found: dict[str, tuple[float, ...]] = {}
    for first in range(0, len(queries), QUERIES):
        answer = aws.cloudwatch.get_metric_data(
            MetricDataQueries=queries[first : first + QUERIES],
            StartTime=begin,
            EndTime=end,
            ScanBy="TimestampAscending",
        )
        for result in answer.get("MetricDataResults", []):
            found[result["Id"]] = _series(
                begin, result.get("Timestamps", []), result.get("Values", [])
            )
    nothing = (0.0,) * POINTS
    return {
        node: Traffic(*(found.get(f"{measure}{number}", nothing) for measure in MEASURES))
        for number, node in enumerate(functions)
    }


def _series(begin: datetime, moments: list[datetime], values: list[float]) -> tuple[float, ...]:
    """Return the values in their five minutes; AWS omits those in which nothing happened."""
    series = [0.0] * POINTS
    for moment, value in zip(moments, values, strict=True):
        place = int((moment - begin).total_seconds() // PERIOD)
        if 0 <= place < POINTS:
            series[place] = value
    return tuple(series)
