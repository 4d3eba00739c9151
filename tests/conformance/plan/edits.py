"""Edits of the shipped config.yaml: the settings that users change, each with its values."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from typing import Any, Final

Settings = dict[str, Any]

ORDERS_TABLE: Final = {"tables": {"orders": {"key": "id", "sort_key": "at", "protect": False}}}
WORKER: Final = {
    "functions": {
        "worker": {
            "source": "SOURCE",
            "handler": "app.handler",
            "tables": {"items": "read"},
        }
    }
}


READING: Final = {"actions": ["s3:GetObject"], "resources": ["arn:aws:s3:::docs/*"]}
NARROWED: Final = {
    "actions": ["sqs:SendMessage"],
    "resources": ["arn:aws:sqs:{region}:{account}:{name}-jobs"],
    "conditions": {"Bool": {"aws:SecureTransport": True}},
}


def _item(**settings: Any) -> Settings:
    return {"functions": {"items": settings}}


def _table(**settings: Any) -> Settings:
    return {"tables": {"items": settings}}


def _api(**settings: Any) -> Settings:
    return {"api": settings}


def _route(route: str, **settings: Any) -> Settings:
    return _api(routes={route: {"function": "items", **settings}})


def _authorized(name: str, **settings: Any) -> Settings:
    """Return one more route with an authorizer, and all that may be one."""
    pool = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"
    asked = {"users": {"cognito": [pool]}, "tokens": {"function": "items"}, "signed": "iam"}
    route = {"function": "items", "auth": name, **settings}
    return _api(authorizers=asked, routes={"GET /mine": route})


def _alarms(**settings: Any) -> Settings:
    return {"monitoring": {"alarms": settings}}


def _domain(name: str) -> Settings:
    return _api(domain={"name": f"{name}.example.com", "zone": "example.com"})


OPTIONS: Final[Mapping[str, tuple[Settings, ...]]] = {
    "tags": ({}, {"tags": {"Team": "blue"}}, {"tags": {"Environment": "test"}}),
    "cidr": ({}, {"network": {"cidr": "10.30.0.0/24"}}),
    "table key": ({}, _table(key="pk"), _table(sort_key="at")),
    "table key types": ({}, _table(key={"id": "N"}), _table(sort_key={"at": "B"})),
    "table bounds": ({}, _table(read={"max": 50}), _table(write={"min": 6, "target": 60})),
    "table capacity": ({}, _table(capacity="on-demand")),
    "table expiry": ({}, _table(expire={"days": 7}), _table(expire=None)),
    "table protection": ({}, _table(protect=False)),
    "another table": ({}, ORDERS_TABLE, ORDERS_TABLE | _item(tables={"orders": "write"})),
    "memory": ({}, _item(memory=1024), _item(memory=256)),
    "exclude": ({}, _item(exclude=["/notes.md"])),
    "timeout": ({}, _item(timeout=20)),
    "concurrency": ({}, _item(concurrency=50), _item(concurrency=0)),
    "schedule": (
        {},
        _item(on={"nightly": {"schedule": "cron(0 3 * * ? *)"}}),
        _item(on={"nightly": {"schedule": "rate(1 day)", "payload": {"job": "tidy"}}}),
    ),
    "runtime": ({}, _item(runtime="python3.12")),
    "architecture": ({}, _item(architecture="x86_64")),
    "environment": (
        {},
        _item(environment={"LOG_LEVEL": "DEBUG"}),
        _item(environment={"MODE": "b"}),
    ),
    "grant": ({}, _item(tables={"items": "read"})),
    "policy": ({}, _item(policy=[READING]), _item(policy=[READING, NARROWED])),
    "network": ({}, _item(network="open"), _item(network="private")),
    "endpoints": (
        {},
        {"network": {"endpoints": ["s3"]}},
        {"network": {"endpoints": ["s3", "sqs"]}} | _item(policy=[NARROWED]),
    ),
    "layers": ({}, _item(layers=[])),
    "retries": ({}, _item(retries={"attempts": 1}), _item(retries={"max_age": 60})),
    "log": ({}, _item(log={"retention": 7})),
    "another function": ({}, WORKER, WORKER | _api(routes={"GET /work": "worker"})),
    "stage": ({}, _api(stage="v2")),
    "routes": (
        {},
        _api(routes={"GET /more": "items"}),
        _api(routes={"GET /items": {"function": "items", "query": ["page"]}}),
        _api(routes={"DELETE /items/{id}": None}),
    ),
    "models": ({}, _api(models={"Item": {"required": ["name", "price"]}})),
    "cors": (
        {},
        _api(cors=None),
        _api(cors={"origins": ["https://a.example"]}),
        _api(cors={"origins": ["https://b.example", "https://a.example"], "credentials": True}),
    ),
    "binary": ({}, _api(binary=["image/png"]), _api(binary=["image/gif", "image/png"])),
    "throttle": ({}, _api(throttle={"rate": 10}), _api(throttle={"burst": 20})),
    "route throttle": (
        {},
        _route("GET /items/{id}", throttle={"rate": 10, "burst": 20}),
        _route("GET /items/{id}", throttle={"rate": 10, "burst": 30}),
    ),
    "public route": (
        {},
        _route("GET /health", key=False, throttle={"rate": 10, "burst": 20}),
        _route("DELETE /items/{id}", key=False, throttle={"rate": 10, "burst": 20}),
    ),
    "authorizers": (
        {},
        _authorized("users"),
        _authorized("tokens"),
        _authorized("signed", key=False, throttle={"rate": 10, "burst": 20}),
    ),
    "quota": ({}, _api(quota={"limit": 1000, "period": "DAY"})),
    "keys": ({}, _api(keys=["default", "partner"]), _api(keys=["partner"])),
    "api log": ({}, _api(log={"level": "ERROR"}), _api(log={"retention": 7})),
    "domain": ({}, _domain("api"), _domain("www")),
    "waf": ({}, _api(waf={}), _api(waf={"rate": 100, "action": "count"})),
    "email": (
        {},
        {"monitoring": {"email": "ops@example.com"}},
        {"monitoring": {"email": "a@example.com"}},
        {"monitoring": {"topic": "arn:aws:sns:us-east-1:123456789012:on-call"}},
    ),
    "alarms": ({}, _alarms(function_errors=5), _alarms(dead_letters=None), _alarms(period=300)),
    "function alarms": (
        {},
        _item(alarms={"duration_p95_ms": 5000}),
        _item(alarms={"errors": None, "dead_letters": 9}),
    ),
    "code": ({}, {}, {}),
    "layer code": ({}, {}, {}),
}
"""Setting → its possible values, the shipped one first.

Those of `code` and `layer code` are other sources and no settings.
"""


def merged(choices: Mapping[str, int]) -> Settings:
    """Return all chosen values as one set of changes to the shipped file."""
    result: Settings = {}
    for option, choice in choices.items():
        _merge(result, OPTIONS[option][choice])
    return result


def _merge(into: Settings, more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], value)
        else:
            into[key] = deepcopy(value)
