"""Alarms that write to one topic, and the CloudWatch dashboard."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provision.graph import Node, Stack
from provision.stack.doors import topic_door
from provision.stack.site import Site
from provision.stack.widgets import dashboard_body
from provision.steps.alarm import Alarm
from provision.steps.dashboard import Dashboard
from provision.steps.subscription import Subscription
from provision.steps.topic import Topic


@dataclass(frozen=True)
class _Watch:
    """One alarm: what is measured and from where on it counts. `threshold` None switches it off."""

    name: str
    description: str
    metric: str
    statistic: str
    threshold: float | None


def add_monitoring(
    stack: Stack,
    site: Site,
) -> None:
    topic = stack.add(
        "monitoring.topic",
        lambda: Topic(
            name=site.name("alarms"),
            display=site.config.prefix,
            policy=topic_door(
                site.where, site.where.arn("sns", site.name("alarms")), f"{site.config.prefix}-"
            ),
            tags=site.tags,
        ),
    )
    if email := site.config.monitoring.email:
        stack.add(
            "monitoring.email",
            lambda topic: Subscription(topic=topic.arn, protocol="email", endpoint=email),
            topic,
        )
    for key in site.config.functions:
        _add_alarms(stack, site, topic, "AWS/Lambda", _function(site, key), _of_function(site, key))
        _add_alarms(stack, site, topic, "AWS/SQS", _queue(site, key), _of_queue(site, key))
    _add_alarms(stack, site, topic, "AWS/ApiGateway", _api(site), _of_api(site))
    for key in site.config.tables:
        _add_alarms(stack, site, topic, "AWS/DynamoDB", _table(site, key), _of_table(site, key))
    stack.add(
        "monitoring.dashboard",
        # W4: dashboards are global in an account, so the name carries the region.
        lambda: Dashboard(
            name=site.name(site.where.region), body=dashboard_body(site), tags=site.tags
        ),
    )


def _add_alarms(
    stack: Stack,
    site: Site,
    topic: Node[Topic],
    namespace: str,
    dimensions: Mapping[str, str],
    watches: Iterator[_Watch],
) -> None:
    alarms = site.config.monitoring.alarms
    for watch in watches:
        if watch.threshold is None:
            continue
        stack.add(
            f"monitoring.alarm.{watch.name}",
            lambda topic, watch=watch: Alarm(
                name=site.name(watch.name),
                description=watch.description,
                namespace=namespace,
                metric=watch.metric,
                statistic=watch.statistic,
                dimensions=dict(dimensions),
                threshold=float(watch.threshold),
                period=alarms.period,
                evaluation_periods=alarms.evaluation_periods,
                datapoints=alarms.evaluation_periods if watch.statistic == "p95" else 1,
                actions=(topic.arn,),
                tags=site.tags,
            ),
            topic,
        )


def _function(site: Site, key: str) -> dict[str, str]:
    return {"FunctionName": site.name(key)}


def _queue(site: Site, key: str) -> dict[str, str]:
    return {"QueueName": site.name(key, "dead-letters")}


def _api(site: Site) -> dict[str, str]:
    return {"ApiName": site.config.prefix, "Stage": site.config.api.stage}


def _table(site: Site, key: str) -> dict[str, str]:
    return {"TableName": site.name(key)}


def _of_function(site: Site, key: str) -> Iterator[_Watch]:
    limits = site.config.monitoring.alarms
    yield _Watch(
        f"function-{key}-errors",
        f"The function {key} fails",
        "Errors",
        "Sum",
        limits.function_errors,
    )
    yield _Watch(
        f"function-{key}-throttles",
        f"Lambda turns calls of {key} away",
        "Throttles",
        "Sum",
        limits.function_throttles,
    )
    yield _Watch(
        f"function-{key}-duration",
        f"The function {key} is slow: p95 in milliseconds",
        "Duration",
        "p95",
        limits.duration_p95_ms,
    )


def _of_queue(site: Site, key: str) -> Iterator[_Watch]:
    yield _Watch(
        f"function-{key}-dead-letters",
        f"Events that {key} failed on are waiting in its dead-letter queue",
        "ApproximateNumberOfMessagesVisible",
        "Maximum",
        site.config.monitoring.alarms.dead_letters,
    )


def _of_api(site: Site) -> Iterator[_Watch]:
    limits = site.config.monitoring.alarms
    yield _Watch("api-5xx", "The API answers 5xx", "5XXError", "Sum", limits.api_5xx)
    yield _Watch(
        "api-latency",
        "The API is slow: p95 in milliseconds",
        "Latency",
        "p95",
        limits.api_latency_p95_ms,
    )


def _of_table(site: Site, key: str) -> Iterator[_Watch]:
    limit = site.config.monitoring.alarms.table_throttles
    for what in ("Read", "Write"):
        yield _Watch(
            f"table-{key}-{what.lower()}-throttles",
            f"DynamoDB turns {what.lower()}s of {key} away",
            f"{what}ThrottleEvents",
            "Sum",
            limit,
        )
