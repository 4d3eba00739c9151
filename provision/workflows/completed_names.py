"""Makes the words that a shell completes of the names in config.yaml: keys, and outputs.

It imports no configuration and no stack, which would take longer than a user waits for Tab; tests
compare both with them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.workflows.names_on_disk import Outline

ANY_NAME: Final = "<name>"
OF_FUNCTIONS: Final = ("function_name", "function_alias_arn", "dead_letter_queue_url")
KEY_PATHS: Final = (
    "name",
    "environment",
    "region",
    "account",
    "protect",
    "tags",
    "boundary",
    "network",
    "network.cidr",
    "network.zones",
    "network.endpoints",
    "network.flow_logs",
    "network.flow_logs.traffic",
    "network.flow_logs.retention",
    "encryption",
    "encryption.key",
    "tables",
    "tables.<name>.key",
    "tables.<name>.sort_key",
    "tables.<name>.capacity",
    "tables.<name>.read",
    "tables.<name>.read.min",
    "tables.<name>.read.max",
    "tables.<name>.read.target",
    "tables.<name>.write",
    "tables.<name>.write.min",
    "tables.<name>.write.max",
    "tables.<name>.write.target",
    "tables.<name>.expire",
    "tables.<name>.expire.attribute",
    "tables.<name>.expire.days",
    "tables.<name>.protect",
    "layers",
    "layers.<name>.source",
    "layers.<name>.arn",
    "functions",
    "functions.<name>.source",
    "functions.<name>.exclude",
    "functions.<name>.handler",
    "functions.<name>.runtime",
    "functions.<name>.architecture",
    "functions.<name>.memory",
    "functions.<name>.timeout",
    "functions.<name>.concurrency",
    "functions.<name>.layers",
    "functions.<name>.tables",
    "functions.<name>.policy",
    "functions.<name>.network",
    "functions.<name>.environment",
    "functions.<name>.import_check",
    "functions.<name>.on",
    "functions.<name>.retries",
    "functions.<name>.retries.attempts",
    "functions.<name>.retries.max_age",
    "functions.<name>.log",
    "functions.<name>.log.retention",
    "functions.<name>.alarms",
    "functions.<name>.alarms.errors",
    "functions.<name>.alarms.throttles",
    "functions.<name>.alarms.duration_p95_ms",
    "functions.<name>.alarms.dead_letters",
    "api",
    "api.stage",
    "api.routes",
    "api.authorizers",
    "api.authorizers.<name>.cognito",
    "api.authorizers.<name>.function",
    "api.authorizers.<name>.iam",
    "api.authorizers.<name>.header",
    "api.authorizers.<name>.cache",
    "api.models",
    "api.binary",
    "api.cors",
    "api.cors.origins",
    "api.cors.credentials",
    "api.cors.headers",
    "api.cors.expose",
    "api.cors.max_age",
    "api.throttle",
    "api.throttle.rate",
    "api.throttle.burst",
    "api.quota",
    "api.quota.limit",
    "api.quota.period",
    "api.keys",
    "api.log",
    "api.log.level",
    "api.log.retention",
    "api.domain",
    "api.domain.name",
    "api.domain.zone",
    "api.domain.certificate",
    "api.tls",
    "api.waf",
    "api.waf.groups",
    "api.waf.rate",
    "api.waf.action",
    "monitoring",
    "monitoring.email",
    "monitoring.topic",
    "monitoring.alarms",
    "monitoring.alarms.function_errors",
    "monitoring.alarms.function_throttles",
    "monitoring.alarms.duration_p95_ms",
    "monitoring.alarms.api_5xx",
    "monitoring.alarms.api_latency_p95_ms",
    "monitoring.alarms.table_throttles",
    "monitoring.alarms.dead_letters",
    "monitoring.alarms.period",
    "monitoring.alarms.evaluation_periods",
    "moved",
)
"""The keys of config.yaml but for those of routes and models, whose names shells would divide."""


def config_keys_of(outline: Outline) -> Iterator[str]:
    """Yield each key, below the names that the file has."""
    names = {"tables": outline.tables, "layers": outline.layers, "functions": outline.functions}
    for path in KEY_PATHS:
        section, found, rest = path.partition(f".{ANY_NAME}")
        if not found:
            yield path
        for name in names.get(section, ()) if found else ():
            yield f"{section}.{name}{rest}"


def output_names_of(outline: Outline) -> Iterator[str]:
    """Yield the names of the outputs, as `provision/stack/outputs.py` makes them."""
    yield from ("api_endpoint", "dashboard_url")
    for short, keys in (
        ("api_key", outline.keys),
        ("api_key_id", outline.keys),
        ("table_name", outline.tables),
        *((short, outline.functions) for short in OF_FUNCTIONS),
    ):
        if len(keys) == 1:
            yield short
        yield from (f"{short}s.{key}" for key in keys)
