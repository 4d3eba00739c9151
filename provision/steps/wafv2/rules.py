"""Rules of a web ACL: written in AWS's grammar, and read back from it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Literal, cast

if TYPE_CHECKING:
    from mypy_boto3_wafv2.type_defs import (
        DataProtectionConfigOutputTypeDef,
        DataProtectionConfigTypeDef,
        RuleOutputTypeDef,
        RuleUnionTypeDef,
        VisibilityConfigTypeDef,
    )

Action = Literal["block", "count", "mixed"]
"""`mixed` is observed and never wanted: some rules block and some count."""

VENDOR: Final = "AWS"
RATE: Final = "rate"
WINDOW: Final = 300
_SHIELD: Final = "ShieldMitigationRuleGroup_"
_BLANK: Final[tuple[object, ...]] = (None, [])


@dataclass(frozen=True)
class Rules:
    """The rules that were found; `action` is None if no rule has one."""

    groups: tuple[str, ...]
    rate: int
    action: Action | None
    strays: tuple[str, ...]


def written_rules(groups: Iterable[str], rate: int, action: str) -> list[RuleUnionTypeDef]:
    """Return the rules in AWS's grammar, the rate limit first: evaluating it costs nothing."""
    rules = [_rate_rule(rate, action)] if rate else []
    rules += [_group_rule(group, action) for group in groups]
    return [
        cast("RuleUnionTypeDef", {**rule, "Priority": place}) for place, rule in enumerate(rules)
    ]


def read_rules(found: Sequence[RuleOutputTypeDef]) -> Rules:
    """Return the rules found; `strays` names each that differs from how we would write it."""
    groups: list[str] = []
    rate = 0
    actions: set[Action] = set()
    strays = []
    for rule in sorted(found, key=lambda one: one["Priority"]):
        if rule["Name"].startswith(_SHIELD):
            continue
        statement = cast("Mapping[str, Any]", rule["Statement"])
        group = (statement.get("ManagedRuleGroupStatement") or {}).get("Name", "")
        limit = (statement.get("RateBasedStatement") or {}).get("Limit", 0)
        taken = rule.get("OverrideAction") or rule.get("Action") or {}
        action: Action = "count" if "Count" in taken else "block"
        ours = _rate_rule(limit, action) if limit else _group_rule(group, action)
        if _plain({**rule, "Priority": 0}) != _plain({**ours, "Priority": 0}):
            strays.append(f"rule {rule['Name']}")
            continue
        actions.add(action)
        if limit:
            rate = limit
        else:
            groups.append(group)
    together = actions.pop() if len(actions) == 1 else "mixed"
    return Rules(tuple(groups), rate, together if groups or rate else None, tuple(strays))


def shields(found: Sequence[RuleOutputTypeDef]) -> list[RuleUnionTypeDef]:
    """Return the rules that AWS Shield Advanced itself adds to an ACL, and later removes."""
    kept = [rule for rule in found if rule["Name"].startswith(_SHIELD)]
    return [cast("RuleUnionTypeDef", rule) for rule in kept]


def visibility(name: str, *, metrics: bool, samples: bool) -> VisibilityConfigTypeDef:
    return {
        "CloudWatchMetricsEnabled": metrics,
        "SampledRequestsEnabled": samples,
        "MetricName": name,
    }


def hiding(headers: Iterable[str]) -> DataProtectionConfigTypeDef:
    """Return the setting that hides these headers in samples of requests.

    By default, samples show all headers, the caller's API key among them.
    """
    return {
        "DataProtections": [
            {
                "Field": {"FieldType": "SINGLE_HEADER", "FieldKeys": sorted(headers)},
                "Action": "SUBSTITUTION",
            }
        ]
    }


def hidden_headers(found: DataProtectionConfigOutputTypeDef | None) -> tuple[str, ...]:
    """Return the headers that no part of a sample shows."""
    return tuple(
        sorted(
            header
            for each in (found or {"DataProtections": []})["DataProtections"]
            if each["Field"]["FieldType"] == "SINGLE_HEADER"
            and each["Action"] == "SUBSTITUTION"
            and not each.get("ExcludeRuleMatchDetails")
            and not each.get("ExcludeRateBasedDetails")
            for header in each["Field"].get("FieldKeys", [])
        )
    )


def _group_rule(group: str, action: str) -> dict[str, Any]:
    return {
        "Name": group,
        "Statement": {"ManagedRuleGroupStatement": {"VendorName": VENDOR, "Name": group}},
        "OverrideAction": {"Count": {}} if action == "count" else {"None": {}},
        "VisibilityConfig": visibility(group, metrics=True, samples=True),
    }


def _rate_rule(limit: int, action: str) -> dict[str, Any]:
    return {
        "Name": RATE,
        "Statement": {
            "RateBasedStatement": {
                "Limit": limit,
                "EvaluationWindowSec": WINDOW,
                "AggregateKeyType": "IP",
            }
        },
        "Action": {"Count": {}} if action == "count" else {"Block": {}},
        "VisibilityConfig": visibility(RATE, metrics=True, samples=True),
    }


def _plain(value: Any) -> Any:
    """Return the value without None and empty lists; empty mappings matter (`{"None": {}}`)."""
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items() if each not in _BLANK}
    return [_plain(each) for each in value] if isinstance(value, list) else value
