"""Adds the alarms, the topic that they write to, and the CloudWatch dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from provision.config.schema.monitoring import GENERAL
from provision.model.stack import Node, Stack
from provision.stack.dashboard import dashboard_body
from provision.stack.encryption import EncryptionKey
from provision.stack.functions import LIVE
from provision.stack.inputs import StackInputs
from provision.stack.resource_policies import topic_policy
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.steps.sns.subscription import Subscription
from provision.steps.sns.topic import Topic


@dataclass(frozen=True)
class _Watch:
    """An alarm: the metric and its threshold. None as `threshold` switches it off."""

    what: str
    description: str
    metric: str
    statistic: str
    threshold: float | None


@dataclass(frozen=True)
class _Watched:
    """A resource with alarms: its entry in config.yaml, its part of AWS names, its metrics."""

    key: str
    name: str
    namespace: str
    dimensions: Mapping[str, str]


def add_monitoring(
    stack: Stack,
    inputs: StackInputs,
    encryption: EncryptionKey,
) -> None:
    topic = None if inputs.config.monitoring.topic else _add_topic(stack, inputs, encryption)
    for key in inputs.config.functions:
        _add_alarms(stack, inputs, topic, _function(inputs, key), _of_function(inputs, key))
        _add_alarms(stack, inputs, topic, _queue(inputs, key), _of_queue(inputs, key))
    _add_alarms(stack, inputs, topic, _api(inputs), _of_api(inputs))
    for key in inputs.config.tables:
        _add_alarms(stack, inputs, topic, _table(inputs, key), _of_table(inputs, key))
    stack.add(
        "monitoring.dashboard",
        lambda _: Dashboard(
            name=inputs.global_name(), body=dashboard_body(inputs), tags=inputs.tags
        ),
    )


def _add_topic(stack: Stack, inputs: StackInputs, encryption: EncryptionKey) -> Node[Topic]:
    topic = stack.add(
        "monitoring.topic",
        lambda get: Topic(
            name=inputs.name("alarms"),
            display=inputs.config.prefix,
            policy=topic_policy(
                inputs.location,
                inputs.location.arn("sns", inputs.name("alarms")),
                f"{inputs.config.prefix}-",
            ),
            key=encryption.arn(get),
            tags=inputs.tags,
        ),
        needs=encryption.needs,
    )
    if email := inputs.config.monitoring.email:
        stack.add(
            "monitoring.email",
            lambda get: Subscription(topic=get(topic).arn, protocol="email", endpoint=email),
            needs=[topic],
        )
    return topic


def _add_alarms(
    stack: Stack,
    inputs: StackInputs,
    topic: Node[Topic] | None,
    watched: _Watched,
    watches: Iterator[_Watch],
) -> None:
    for watch in watches:
        if watch.threshold is not None:
            _add_alarm(stack, inputs, topic, watched, watch, float(watch.threshold))


def _add_alarm(
    stack: Stack,
    inputs: StackInputs,
    topic: Node[Topic] | None,
    watched: _Watched,
    watch: _Watch,
    threshold: float,
) -> None:
    alarms, given = inputs.config.monitoring.alarms, inputs.config.monitoring.topic
    stack.add(
        f"monitoring.alarm.{watched.key.replace('.', '-')}-{watch.what}",
        lambda get: Alarm(
            name=inputs.name(watched.name, watch.what),
            description=watch.description,
            namespace=watched.namespace,
            metric=watch.metric,
            statistic=watch.statistic,
            dimensions=dict(watched.dimensions),
            threshold=threshold,
            period=alarms.period,
            evaluation_periods=alarms.evaluation_periods,
            datapoints=alarms.evaluation_periods if watch.statistic == "p95" else 1,
            actions=(get(topic).arn if topic else given or "",),
            tags=inputs.tags,
        ),
        needs=[topic] if topic else [],
        key=watched.key,
    )


def _function(inputs: StackInputs, key: str) -> _Watched:
    """Return the alias that callers use. Import checks and calls by hand cause no alarm."""
    name = f"function-{inputs.aws_key('function', key)}"
    function = inputs.aws_name("function", key)
    dimensions = {"FunctionName": function, "Resource": f"{function}:{LIVE}"}
    return _Watched(f"function.{key}", name, "AWS/Lambda", dimensions)


def _queue(inputs: StackInputs, key: str) -> _Watched:
    dimensions = {"QueueName": inputs.aws_name("function", key, "dead-letters")}
    return replace(_function(inputs, key), namespace="AWS/SQS", dimensions=dimensions)


def _api(inputs: StackInputs) -> _Watched:
    dimensions = {"ApiName": inputs.config.prefix, "Stage": inputs.config.api.stage}
    return _Watched("api", "api", "AWS/ApiGateway", dimensions)


def _table(inputs: StackInputs, key: str) -> _Watched:
    name = f"table-{inputs.aws_key('table', key)}"
    return _Watched(
        f"table.{key}", name, "AWS/DynamoDB", {"TableName": inputs.aws_name("table", key)}
    )


def _threshold(own: int | Literal["general"] | None, general: int | None) -> int | None:
    """Return the function's own threshold, or the one that config.yaml has for all."""
    return general if own == GENERAL else own


def _of_function(inputs: StackInputs, key: str) -> Iterator[_Watch]:
    limits, own = inputs.config.monitoring.alarms, inputs.config.functions[key].alarms
    yield _Watch(
        "errors",
        f"The function {key} fails",
        "Errors",
        "Sum",
        _threshold(own.errors, limits.function_errors),
    )
    yield _Watch(
        "throttles",
        f"Lambda turns calls of {key} away",
        "Throttles",
        "Sum",
        _threshold(own.throttles, limits.function_throttles),
    )
    yield _Watch(
        "duration",
        f"The function {key} is slow: p95 in milliseconds",
        "Duration",
        "p95",
        _threshold(own.duration_p95_ms, limits.duration_p95_ms),
    )


def _of_queue(inputs: StackInputs, key: str) -> Iterator[_Watch]:
    own = inputs.config.functions[key].alarms
    yield _Watch(
        "dead-letters",
        f"Events that {key} failed on are waiting in its dead-letter queue",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        _threshold(own.dead_letters, inputs.config.monitoring.alarms.dead_letters),
    )


def _of_api(inputs: StackInputs) -> Iterator[_Watch]:
    limits = inputs.config.monitoring.alarms
    yield _Watch("5xx", "The API answers 5xx", "5XXError", "Sum", limits.api_5xx)
    yield _Watch(
        "latency",
        "The API is slow: p95 in milliseconds",
        "Latency",
        "p95",
        limits.api_latency_p95_ms,
    )


def _of_table(inputs: StackInputs, key: str) -> Iterator[_Watch]:
    limit = inputs.config.monitoring.alarms.table_throttles
    for what in ("Read", "Write"):
        yield _Watch(
            f"{what.lower()}-throttles",
            f"DynamoDB turns {what.lower()}s of {key} away",
            f"{what}ThrottleEvents",
            "Sum",
            limit,
        )
