"""Checks limits that several values share: capacity, alarm windows, tags, reserved variables."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from provision.config.problems import Problem
from provision.config.schema.monitoring import Alarms
from provision.config.schema.tables import Capacity
from provision.config.yaml.nodes import YamlNode

DAY = 86_400
TAG_KEY, TAG_VALUE = 128, 256
RESERVED_TAGS = ("aws:", "provision:")
RESERVED = frozenset(
    {
        "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME", "AWS_LAMBDA_FUNCTION_MEMORY_SIZE",
        "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
        "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY",
        "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
        "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
    }
)  # fmt: skip
"""The variables that Lambda sets itself and refuses in a function's configuration."""
OURS = ("TABLE_", "EXPIRE_", "CORS_")
OURS_WHOLE = ("POWERTOOLS_SERVICE_NAME", "POWERTOOLS_METRICS_NAMESPACE")


def check_capacity(tree: YamlNode) -> Iterator[Problem]:
    usual = Capacity.model_construct()
    for _, table in tree.children("tables"):
        for dimension in ("read", "write"):
            capacity = table.node.get(dimension)
            if capacity is None or not capacity.entries:
                continue
            if table.node.string("capacity") == "on-demand":
                said = f"a table on demand has no {dimension} capacity: this is not used"
                yield replace(
                    capacity.problem(said, "leave it out, or write `capacity: provisioned`"),
                    warning=True,
                )
            low, high = capacity.number("min"), capacity.number("max")
            most = high if high is not None or capacity.get("max") else usual.max
            if low is not None and most is not None and low > most:
                default = "" if high is not None else " (the default)"
                yield capacity.entries["min"].node.problem(
                    f"min {low} is above max {most}{default}", f'write "max: {low}" or more'
                )


def check_keys(tree: YamlNode) -> Iterator[Problem]:
    """Check that the keys of a table, and the attribute of expiry, are different attributes."""
    for _, table in tree.children("tables"):
        key, sort_key = _key_name(table.node, "key"), _key_name(table.node, "sort_key")
        if key and sort_key == key:
            yield table.node.entries["sort_key"].node.problem(
                f'"{key}" is the partition key already', "name another attribute, or null"
            )
        attribute = table.node.get("expire", "attribute")
        if attribute and isinstance(attribute.value, str) and attribute.value in (key, sort_key):
            yield attribute.problem(
                f'"{attribute.value}" is a key of the table, and keys never change: an item with '
                "another time of expiry would be another item",
                "name another attribute",
            )


def _key_name(table: YamlNode, key: str) -> str | None:
    """Return the name of a key's attribute, written alone or with its type."""
    return table.string(key) or next((name for name, _ in table.children(key)), None)


def check_tags(tree: YamlNode) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for key, entry in tree.children("tags"):
        value = entry.node.value if isinstance(entry.node.value, str) else ""
        refused = sorted({char for char in key + value if not _in_tags(char)})
        if key.lower().startswith(RESERVED_TAGS):
            yield entry.problem("tags of this prefix are reserved", "use another prefix")
        elif not 1 <= len(key) <= TAG_KEY or len(value) > TAG_VALUE:
            yield entry.problem(
                f"{len(key)} characters, and {len(value)} in the value; AWS takes 1 to {TAG_KEY} "
                f"and up to {TAG_VALUE}",
                "shorten it",
            )
        elif refused:
            yield entry.problem(
                f"not every AWS service takes {' '.join(refused)} in a tag",
                "use letters, digits, spaces and _ . : / = + - @",
            )
        elif key.lower() in seen:
            # IAM compares tag keys without regard to case.
            yield entry.problem(
                f'differs from "{seen[key.lower()]}" only in case, and IAM takes one of them',
                "keep one of the two",
            )
        seen.setdefault(key.lower(), key)


def _in_tags(char: str) -> bool:
    return char.isalnum() or char in " _.:/=+-@"


def check_alarms(tree: YamlNode) -> Iterator[Problem]:
    alarms = tree.get("monitoring", "alarms")
    if alarms is None:
        return
    usual = Alarms.model_construct()
    period = alarms.number("period") or usual.period
    periods = alarms.number("evaluation_periods") or usual.evaluation_periods
    if period * periods > DAY:
        key = "evaluation_periods" if alarms.get("evaluation_periods") else "period"
        yield alarms.entries[key].node.problem(
            f"{periods} periods of {period} seconds are more than a day, the most an alarm looks "
            "back",
            f"write evaluation_periods: {max(1, DAY // period)} or less",
        )


def check_environment(tree: YamlNode) -> Iterator[Problem]:
    for _, function in tree.children("functions"):
        for name, entry in function.node.children("environment"):
            if name.upper() in RESERVED:
                yield entry.problem("Lambda sets this variable itself", "choose another name")
            elif name.startswith(OURS) or name in OURS_WHOLE:
                yield entry.problem("provision sets this variable itself", "choose another name")
