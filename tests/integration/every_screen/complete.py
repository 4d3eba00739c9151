"""The complete configuration: every section that can be on, off or otherwise, as factors."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from tests.integration.every_screen.covering import Row, covering_array
from tests.support.sample_stack import merge

ACCOUNT: Final = "123456789012"
ZONE: Final = "example.com"
DOMAIN: Final = {"name": f"api.{ZONE}", "zone": ZONE}
CERTIFICATE: Final = f"arn:aws:acm:us-east-1:{ACCOUNT}:certificate/2cf0e0ba-0000-4000-8000-00000000"
BOUNDARY: Final = f"arn:aws:iam::{ACCOUNT}:policy/bounds"

BASE: Final[dict[str, Any]] = {
    "name": "tap",
    "environment": "dev",
    "region": "us-east-1",
    "tags": {"Environment": "production"},
    "functions": {"items": {"source": "code", "handler": "app.handler"}},
    "api": {"stage": "v1", "routes": {"GET /items": "items"}},
}
ITEM: Final = {"type": "object", "properties": {"name": {"type": "string", "maxLength": 9}}}
ORDERS: Final = {
    "key": "id",
    "sort_key": "made_at",
    "read": {"min": 6, "max": 9, "target": 50},
    "expire": {"attribute": "expires_at", "days": 3},
    "protect": False,
}


@dataclass(frozen=True)
class Choice:
    """Settings to merge into the configuration, and the nodes they must add."""

    changes: Mapping[str, Any] = field(default_factory=dict)
    nodes: tuple[str, ...] = ()


def _api(**changes: Any) -> Mapping[str, Any]:
    return {"api": changes}


def _items(**changes: Any) -> Mapping[str, Any]:
    return {"functions": {"items": changes}}


FACTORS: Final[dict[str, dict[str, Choice]]] = {
    "domain": {
        "none": Choice(_api(domain=None)),
        "requested": Choice(
            _api(domain={**DOMAIN, "certificate": None}),
            ("api.certificate", "api.certificate.proof", "api.domain", "api.domain.record"),
        ),
        "given": Choice(
            _api(domain={**DOMAIN, "certificate": CERTIFICATE}),
            ("api.domain", "api.domain.mapping", "api.domain.record"),
        ),
    },
    "key": {
        "managed": Choice(),
        "created": Choice({"encryption": {"key": "create"}}, ("encryption.key",)),
        "customer's": Choice({"encryption": {"key": "alias/ours"}}),
    },
    "tables": {
        "none": Choice(),
        "one": Choice(
            {"tables": {"items": {"key": "id"}}}, ("table.items", "table.items.read.policy")
        ),
        "several": Choice(
            {
                "tables": {"items": {"key": "id", "protect": True}, "orders": ORDERS},
                **_items(tables={"items": "read", "orders": "write"}),
            },
            ("table.items", "table.orders", "table.orders.write.policy"),
        ),
    },
    "functions": {
        "one": Choice(),
        "several": Choice(
            {
                "functions": {
                    "orders": {
                        "source": "code",
                        "handler": "app.handler",
                        "memory": 128,
                        "timeout": 29,
                        "retries": {"attempts": 0, "max_age": 60},
                        "log": {"retention": 1},
                    }
                },
                **_api(routes={"PUT /orders/{id}": {"function": "orders", "query": ["kind"]}}),
            },
            ("function.orders", "function.orders.alias", "function.orders.dead_letters"),
        ),
    },
    "layers": {
        "none": Choice(),
        "one": Choice(
            {"layers": {"base": {"source": "layer"}}, **_items(layers=["base"])}, ("layer.base",)
        ),
        "several": Choice(
            {
                "layers": {"base": {"source": "layer"}, "more": {"source": "layer"}},
                **_items(layers=["base", "more"]),
            },
            ("layer.base", "layer.more"),
        ),
    },
    "secrets": {
        "none": Choice(_items(environment={"LEVEL": "INFO"})),
        "ssm": Choice(_items(environment={"TOKEN": {"secret": "ssm:/tap/token"}})),
        "both, of keys of one's own": Choice(
            _items(
                environment={
                    "TOKEN": {"secret": "ssm:/tap/token", "key": "alias/theirs"},
                    "PASSWORD": {"secret": "secretsmanager:tap/db", "key": "alias/theirs"},
                }
            )
        ),
    },
    "waf": {
        "none": Choice(_api(waf=None)),
        "plain": Choice(_api(waf={}), ("api.waf",)),
        "counting": Choice(
            _api(
                waf={
                    "rate": 100,
                    "action": "count",
                    "groups": ["AWSManagedRulesLinuxRuleSet", "AWSManagedRulesCommonRuleSet"],
                }
            ),
            ("api.waf", "api.waf.stage"),
        ),
    },
    "flow logs": {
        "none": Choice(),
        "rejected": Choice(
            {"network": {"flow_logs": {"traffic": "REJECT", "retention": 1}}},
            ("network.flow_logs",),
        ),
    },
    "network": {
        "two zones": Choice(),
        "three zones": Choice(
            {"network": {"cidr": "10.1.0.0/16", "zones": 3}}, ("network.subnet.3",)
        ),
    },
    "email": {
        "none": Choice(),
        "given": Choice({"monitoring": {"email": "ops@example.com"}}, ("monitoring.email",)),
    },
    "alarms": {
        "all": Choice(),
        "some": Choice(
            {"monitoring": {"alarms": {"api_5xx": None, "period": 120, "evaluation_periods": 2}}}
        ),
        "none": Choice(
            {
                "monitoring": {
                    "alarms": dict.fromkeys(
                        (
                            "function_errors",
                            "function_throttles",
                            "duration_p95_ms",
                            "api_5xx",
                            "api_latency_p95_ms",
                            "table_throttles",
                            "dead_letters",
                        )
                    )
                }
            }
        ),
    },
    "quota": {
        "none": Choice(_api(quota=None)),
        "given": Choice(_api(quota={"limit": 10, "period": "DAY"}), ("api.plan",)),
    },
    "cors": {
        "none": Choice(_api(cors=None)),
        "given": Choice(_api(cors={"origins": ["https://app.example.com"], "max_age": 0})),
    },
    "keys": {
        "one": Choice(),
        "several": Choice(_api(keys=["web", "mobile"]), ("api.key.web", "api.key.mobile")),
    },
    "models": {
        "none": Choice(),
        "one": Choice(
            _api(
                models={"Item": ITEM}, routes={"POST /items": {"function": "items", "body": "Item"}}
            )
        ),
    },
    "log": {
        "info": Choice(),
        "off": Choice(_api(log={"level": "OFF", "retention": 1}, throttle={"rate": 1, "burst": 1})),
    },
    "account": {"null": Choice({"account": None}), "given": Choice({"account": ACCOUNT})},
    "boundary": {"null": Choice({"boundary": None}), "given": Choice({"boundary": BOUNDARY})},
    "protect": {"no": Choice(), "yes": Choice({"protect": True})},
}
ROWS: Final[list[Row]] = covering_array({name: list(of) for name, of in FACTORS.items()})


def configuration(row: Row) -> dict[str, Any]:
    """Return config.yaml of a row; a null that a choice names stays in the file."""
    settings = copy.deepcopy(BASE)
    for name, choice in row.items():
        changes = FACTORS[name][choice].changes
        merge(settings, copy.deepcopy(dict(changes)))
    return settings


def nodes_of(row: Row) -> set[str]:
    """Return the nodes that the row's choices must add."""
    return {node for name, choice in row.items() for node in FACTORS[name][choice].nodes}
