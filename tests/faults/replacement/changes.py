"""Changes of config.yaml that no resource can follow in place, with their consequences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from provision.plan.change import Action

ZONE: Final = "example.com"

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Change:
    """config.yaml before and after a change.

    `actions` are those of the named nodes; others may have any. `order` are writes in this order.
    """

    name: str
    before: Settings
    after: Settings
    actions: Mapping[str, Action]
    order: tuple[str, ...] = ()
    gone: tuple[tuple[str, str], ...] = ()
    """Kind and name of deleted resources, as `account_inventory` names them."""
    zones: tuple[tuple[str, ...], tuple[str, ...]] = (
        ("us-east-1a", "us-east-1b"),
        ("us-east-1a", "us-east-1b"),
    )


def _domain(name: str) -> Settings:
    return {"api": {"domain": {"name": name, "zone": ZONE}}}


REPLACE, UPDATE, CREATE, DELETE = Action.REPLACE, Action.UPDATE, Action.CREATE, Action.DELETE
TWO, THREE = ("us-east-1a", "us-east-1b"), ("us-east-1a", "us-east-1b", "us-east-1c")
_NETWORK = (
    *("vpc", "subnet.1", "subnet.2", "routes", "endpoint", "group", "interfaces"),
    *("secrets.group", "secrets.ssm"),
)
_SECRET: Settings = {"functions": {"items": {"environment": {"KEY": {"secret": "ssm:/tap/key"}}}}}

CHANGES: Final = (
    Change(
        "range of the network",
        _SECRET,
        {**_SECRET, "network": {"cidr": "10.30.0.0/24"}},
        {
            **{f"network.{part}": REPLACE for part in _NETWORK},
            "function.items.grants": UPDATE,
            "function.items": UPDATE,
            "function.items.version": REPLACE,
            "function.items.alias": UPDATE,
        },
        ("CreateVpc", "CreateVpcEndpoint", "UpdateAlias", "DeleteVpcEndpoints", "DeleteVpc"),
    ),
    Change(
        "a third zone",
        _SECRET,
        {**_SECRET, "network": {"zones": 3}},
        {
            "network.subnet.3": CREATE,
            "network.secrets.ssm": UPDATE,
            "network.routes": UPDATE,
            "function.items": UPDATE,
        },
        ("CreateSubnet", "AssociateRouteTable", "UpdateFunctionConfiguration", "UpdateAlias"),
        zones=(TWO, THREE),
    ),
    Change(
        "one zone less",
        {"network": {"zones": 3}},
        {},
        {"network.subnet.3": DELETE, "network.routes": UPDATE, "function.items": UPDATE},
        ("UpdateFunctionConfiguration", "UpdateAlias", "DeleteSubnet"),
        zones=(THREE, TWO),
    ),
    Change(
        "key of a table",
        {},
        {"tables": {"items": {"key": "pk", "sort_key": "sk"}}},
        {"table.items": REPLACE},
        ("DeleteTable", "CreateTable"),
    ),
    Change(
        "name of the domain",
        _domain("api.example.com"),
        _domain("www.example.com"),
        {
            "api.certificate": REPLACE,
            "api.certificate.proof": REPLACE,
            "api.domain": REPLACE,
            "api.domain.mapping": REPLACE,
            "api.domain.record": REPLACE,
        },
        (
            "CreateDomainName",
            "CreateBasePathMapping",
            "DeleteBasePathMapping",
            "DeleteDomainName",
            "DeleteCertificate",
        ),
        (("domain", "api.example.com"), ("record", "api.example.com. A")),
    ),
    Change(
        "no domain any more",
        _domain("api.example.com"),
        {},
        {"api.domain": DELETE, "api.certificate": DELETE, "api.domain.mapping": DELETE},
        ("DeleteBasePathMapping", "DeleteDomainName", "DeleteCertificate"),
        (("domain", "api.example.com"), ("record", "api.example.com. A")),
    ),
    Change(
        "name of the stage",
        _domain("api.example.com"),
        {"api": {**_domain("api.example.com")["api"], "stage": "v2"}},
        {
            "api.stage": REPLACE,
            "api.logs.execution": REPLACE,
            "api.plan": UPDATE,
            "api.domain.mapping": UPDATE,
        },
        ("CreateStage", "UpdateUsagePlan", "DeleteStage", "DeleteLogGroup"),
    ),
    Change(
        "name of a key",
        {},
        {"api": {"keys": ["partner"]}},
        {"api.key.default": DELETE, "api.key.partner": CREATE, "api.plan": UPDATE},
        ("CreateApiKey", "DeleteUsagePlanKey", "DeleteApiKey"),
    ),
    Change(
        "runtime and architecture of a function",
        {},
        {"functions": {"items": {"runtime": "python3.12", "architecture": "x86_64"}}},
        {"layer.dependencies": REPLACE, "function.items": UPDATE, "function.items.alias": UPDATE},
        ("PublishLayerVersion", "UpdateFunctionCode", "PublishVersion", "UpdateAlias"),
    ),
    Change(
        "address for alarms",
        {"monitoring": {"email": "old@example.com"}},
        {"monitoring": {"email": "new@example.com"}},
        {},
        ("Unsubscribe", "Subscribe"),
    ),
)
