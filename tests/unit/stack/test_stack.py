"""The stack as built from config.yaml: grants, names, partitions, order; no AWS needed."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from provision.aws.access import Location
from provision.local import as_reached
from provision.model.stack import Stack, reversed_graph
from provision.model.step import FieldRole, Step, fields_with, with_computed
from provision.stack import AREAS, StackInputs, build_stack
from provision.stack.outputs import each_once, output_names, outputs
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.cloudwatch.alarm import Alarm
from provision.steps.cloudwatch.dashboard import Dashboard
from provision.steps.ec2.flow_log import FlowLog
from provision.steps.ec2.gateway_endpoint import GatewayEndpoint
from provision.steps.ec2.interface_endpoint import InterfaceEndpoint
from provision.steps.ec2.security_group import Rule, SecurityGroup
from provision.steps.ec2.subnet import Subnet
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.lambda_.function import Function
from provision.steps.logs.log_group import LogGroup
from provision.steps.sqs.queue import Queue
from provision.steps.wafv2.association import WebAclAssociation
from provision.steps.wafv2.web_acl import WebAcl
from provision.unknown import Unknown
from tests.support.harness import new_aws
from tests.support.sample_stack import ROOT, TinySources, configured, reference_site, renaming

DOMAIN = {"api": {"domain": {"name": "api.example.com", "zone": "example.com"}}}


def built(
    tmp_path: Path, changes: Mapping[str, Any] | None = None, *, partition: str = "aws"
) -> tuple[Stack, dict[str, Step]]:
    where = Location("123456789012", "us-east-1", partition, "amazonaws.com")
    inputs = StackInputs(
        configured(tmp_path, changes),
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(tmp_path / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    stack = build_stack(inputs)
    steps: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        want = node.build(steps)
        computed = fields_with(type(want), FieldRole.COMPUTED)
        chosen = {
            field: f"{name}.{field}"
            for field in computed
            if not isinstance(vars(want)[field], tuple)
        }
        steps[name] = replace(want, **chosen)
    return stack, steps


def test_public_routes_are_an_output(account: None, tmp_path: Path) -> None:
    public = {"function": "items", "key": False, "throttle": {"rate": 5, "burst": 9}}
    routes = {"GET /health": public, "POST /hook": public}
    for changes, told in (({}, None), ({"api": {"routes": routes}}, "GET /health, POST /hook")):
        inputs = reference_site(new_aws(), tmp_path, changes)
        _, steps = built(tmp_path, changes)
        assert outputs(inputs, {"api": steps["api"]}).get("public_routes") == told


def test_addresses_are_told_as_they_are_reached_now(tmp_path: Path) -> None:
    """The recorded address has the port that the emulator had when the queue was created."""
    where = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
    inputs = StackInputs(
        configured(tmp_path),
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(tmp_path / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
        as_reached=partial(as_reached, "http://127.0.0.1:4590"),
    )
    _, steps = built(tmp_path)
    for told, now in (
        ("http://127.0.0.1:4566/000000000000/q", "http://127.0.0.1:4590/000000000000/q"),
        ("https://sqs.us-east-1.amazonaws.com/1/q", "https://sqs.us-east-1.amazonaws.com/1/q"),
    ):
        queue = steps["function.items.dead_letters"]
        assert isinstance(queue, Queue)
        known = outputs(inputs, {**steps, "function.items.dead_letters": replace(queue, url=told)})
        assert known["dead_letter_queue_url"] == now


SEVERAL: dict[str, Any] = {
    "tables": {"orders": {"key": "id"}},
    "api": {"keys": ["default", "partner"]},
    "functions": {"worker": {"source": str(ROOT / "function"), "handler": "app.handler"}},
}


def outputs_of(directory: Path, changes: Mapping[str, Any], *, turned: bool = False) -> Any:
    """Return the outputs of a stack that exists, optionally with its sections in reverse order."""
    config = configured(directory, changes)
    if turned:
        sections = {
            "tables": dict(reversed(config.tables.items())),
            "functions": dict(reversed(config.functions.items())),
            "api": config.api.model_copy(update={"keys": tuple(reversed(config.api.keys))}),
        }
        config = config.model_copy(update=sections)
    where = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
    inputs = StackInputs(
        config,
        where,
        ("us-east-1a", "us-east-1b"),
        TinySources(directory / "zips"),
        lambda api, stage: f"https://{api}/{stage}",
    )
    return outputs(inputs, built(directory, changes)[1])


def test_outputs_have_the_keys_and_short_names_only_where_there_is_one(tmp_path: Path) -> None:
    one, several = outputs_of(tmp_path / "one", {}), outputs_of(tmp_path / "two", SEVERAL)
    for short in (
        *("api_key_id", "table_name", "function_name"),
        *("function_alias_arn", "dead_letter_queue_url"),
    ):
        key, other = {"api_key_id": ("default", "partner"), "table_name": ("items", "orders")}.get(
            short, ("items", "worker")
        )
        assert one[short] == one[f"{short}s.{key}"]
        assert short not in several
        assert several[f"{short}s.{key}"] != several[f"{short}s.{other}"]
    assert set(each_once(one)) == {name for name in one if "." not in name}
    assert each_once(several) == several


def test_outputs_do_not_depend_on_the_order_in_config_yaml(tmp_path: Path) -> None:
    turned = outputs_of(tmp_path / "turned", SEVERAL, turned=True)
    assert outputs_of(tmp_path / "as-is", SEVERAL) == turned


def test_a_short_name_is_not_given_because_others_do_not_exist_yet(tmp_path: Path) -> None:
    assert output_names("table_name", "items", ("items", "orders")) == ("table_names.items",)


def policies(steps: Mapping[str, Step], function: str = "items") -> dict[str, Any]:
    grants = steps[f"function.{function}.grants"]
    assert isinstance(grants, RolePolicies)
    return grants.policies


def statements(policy: Mapping[str, Any]) -> list[Any]:
    listed = policy["Statement"]
    return listed if isinstance(listed, list) else [listed]


def test_one_policy_a_concern_and_a_star_only_where_aws_has_nothing_narrower(
    tmp_path: Path,
) -> None:
    found = policies(built(tmp_path)[1])
    assert set(found) == {"tables", "logs", "tracing", "dead-letters", "network"}
    wide = {
        action
        for policy in found.values()
        for statement in statements(policy)
        if "*" in statement["Resource"] and statement["Effect"] == "Allow"
        for action in statement["Action"]
    }
    assert wide == {
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
        "ec2:DescribeNetworkInterfaces",
        "ec2:DescribeSubnets",
    }
    every = [a for p in found.values() for s in statements(p) for a in s["Action"]]
    assert not any("*" in action for action in every)
    assert "logs:CreateLogGroup" not in every


def test_a_web_acl_stands_before_the_stage_only_when_asked_for(tmp_path: Path) -> None:
    assert not {"api.waf", "api.waf.stage"} & set(built(tmp_path / "shipped")[1])
    stack, steps = built(tmp_path, {"api": {"waf": {"rate": 100, "action": "count"}}})
    acl, association = steps["api.waf"], steps["api.waf.stage"]
    assert isinstance(acl, WebAcl)
    assert isinstance(association, WebAclAssociation)
    assert (acl.name, acl.rate, acl.action) == ("tap-dev", 100, "count")
    assert acl.groups == ("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet")
    assert acl.hidden == ("authorization", "x-api-key")
    assert stack.graph["api.waf.stage"] == ("api.stage", "api.waf")  # the first decides its owner


def test_the_flow_log_writes_to_its_own_group_only(tmp_path: Path) -> None:
    _, steps = built(tmp_path, {"network": {"flow_logs": {"traffic": "REJECT", "retention": 90}}})
    logs, flow_log = steps["network.flow_logs.logs"], steps["network.flow_logs"]
    assert isinstance(logs, LogGroup)
    assert isinstance(flow_log, FlowLog)
    assert (flow_log.traffic, logs.retention, flow_log.log_group) == ("REJECT", 90, logs.name)
    granted = steps["network.flow_logs.grants"]
    assert isinstance(granted, RolePolicies)
    (policy,) = granted.policies.values()
    writing = [each for each in statements(policy) if "logs:PutLogEvents" in each["Action"]]
    assert [each["Resource"] for each in writing] == [
        ["arn:aws:logs:us-east-1:123456789012:log-group:/aws/vpc/tap-dev:*"]
    ]
    assert "logs:CreateLogGroup" not in str(policy)  # so that it is not recreated after `down`


def test_the_endpoint_lets_through_what_the_roles_allow_and_nothing_else(tmp_path: Path) -> None:
    """For each table, the endpoint allows what at least one of the functions may do."""
    shipped = {"source": str(ROOT / "function"), "handler": "app.handler"}
    changes = {
        "tables": {"orders": {"key": "id", "sort_key": "at"}, "unused": {"key": "id"}},
        "functions": {
            "items": {"tables": {"items": "read", "orders": "read"}},
            "more": {**shipped, "tables": {"orders": "write"}},
        },
    }
    _, steps = built(tmp_path, changes)
    roles = [policies(steps, function)["tables"] for function in ("items", "more")]
    passing = allowed_on([vars(steps["network.endpoint"])["policy"]])
    assert passing == allowed_on(roles)
    names = {resource.rpartition("table/")[2] for _, resource in passing}
    assert names == {"tap-dev-items", "tap-dev-orders", "tap-dev-orders/index/*"}


def test_where_no_function_has_a_table_nothing_passes_the_endpoint(tmp_path: Path) -> None:
    _, steps = built(tmp_path, {"functions": {"items": {"tables": None}}})
    (statement,) = statements(vars(steps["network.endpoint"])["policy"])
    assert (statement["Effect"], statement["Action"]) == ("Deny", ["*"])


def allowed_on(documents: Sequence[Mapping[str, Any]]) -> set[tuple[str, str]]:
    return {
        (action, resource)
        for document in documents
        for statement in statements(document)
        for action in statement["Action"]
        for resource in statement["Resource"]
    }


def test_the_table_is_reached_only_from_our_network(tmp_path: Path) -> None:
    _, steps = built(tmp_path)
    (statement,) = statements(policies(steps)["tables"])
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/tap-dev-items"
    assert statement["Resource"] == [table]
    assert statement["Condition"] == {"StringEquals": {"aws:SourceVpc": ["network.vpc.id"]}}
    endpoint = steps["network.endpoint"]
    assert isinstance(endpoint, GatewayEndpoint)
    (passing,) = statements(endpoint.policy)
    assert (passing["Resource"], passing["Action"]) == ([table], statement["Action"])
    assert passing["Condition"] == {"StringEquals": {"aws:PrincipalAccount": ["123456789012"]}}
    group = steps["network.group"]
    assert isinstance(group, SecurityGroup)
    assert group.ingress == ()
    assert [rule.target for rule in group.egress] == ["com.amazonaws.us-east-1.dynamodb"]


def test_behind_a_domain_there_is_no_other_door(tmp_path: Path) -> None:
    for changes, open_as_well in (({}, True), (DOMAIN, False)):
        api = built(tmp_path, changes)[1]["api"]
        assert isinstance(api, RestApi)
        assert api.default_endpoint is open_as_well


@pytest.mark.parametrize(
    ("tls", "expected"),
    [
        (None, ("TLS_1_2", "")),
        ("SecurityPolicy_TLS13_1_3_2025_09", ("SecurityPolicy_TLS13_1_3_2025_09", "STRICT")),
    ],
)
def test_the_api_and_its_domain_take_the_same_tls(
    tmp_path: Path, tls: str | None, expected: tuple[str, str]
) -> None:
    """The policy of the domain alone proves nothing about the API (A37)."""
    changes = {"api": DOMAIN["api"] | ({"tls": tls} if tls else {})}
    steps = built(tmp_path, changes)[1]
    for node in (vars(steps["api"]), vars(steps["api.domain"])):
        assert (node["security_policy"], node["access_mode"]) == expected


def test_reading_is_less_than_writing(tmp_path: Path) -> None:
    reading = {"functions": {"items": {"tables": {"items": "read"}}}}
    (statement,) = statements(policies(built(tmp_path, reading)[1])["tables"])
    assert statement["Action"] == [
        f"dynamodb:{action}"
        for action in ("BatchGetItem", "DescribeTable", "GetItem", "Query", "Scan")
    ]


def test_indexes_of_what_is_sorted_may_be_read(tmp_path: Path) -> None:
    reading = {
        "tables": {"items": {"sort_key": "at"}},
        "functions": {"items": {"tables": {"items": "read"}}},
    }
    (statement,) = statements(policies(built(tmp_path, reading)[1])["tables"])
    table = "arn:aws:dynamodb:us-east-1:123456789012:table/tap-dev-items"
    assert statement["Resource"] == [table, f"{table}/index/*"]


def test_the_function_is_told_what_it_needs(tmp_path: Path) -> None:
    function = built(tmp_path)[1]["function.items"]
    assert isinstance(function, Function)
    assert function.environment["TABLE_ITEMS"] == "tap-dev-items"
    assert function.environment["EXPIRE_ATTRIBUTE_ITEMS"] == "expires_at"
    assert function.environment["EXPIRE_DAYS_ITEMS"] == "30"
    assert function.environment["LOG_LEVEL"] == "INFO"
    assert function.tracing == "Active"
    assert len(function.subnet_ids) == 2


SECRETS: dict[str, Any] = {
    "functions": {
        "items": {
            "environment": {
                "STRIPE_KEY": {"secret": "ssm:/tap/stripe"},
                "PASSWORD": {"secret": "secretsmanager:tap/db", "key": "alias/ours"},
            }
        }
    }
}


def test_a_function_is_told_where_its_secrets_are_kept(tmp_path: Path) -> None:
    function = built(tmp_path, SECRETS)[1]["function.items"]
    assert isinstance(function, Function)
    assert function.environment["STRIPE_KEY"] == "ssm:/tap/stripe"
    assert function.environment["PASSWORD"] == "secretsmanager:tap/db"


def test_only_secrets_open_a_way_to_those_who_keep_them(tmp_path: Path) -> None:
    one = {"functions": {"items": {"environment": {"X1": {"secret": "ssm:x"}}}}}
    for changes, keepers in (({}, set()), (one, {"ssm"}), (SECRETS, {"ssm", "secretsmanager"})):
        stack, steps = built(tmp_path, changes)
        ways = {n for n, s in steps.items() if isinstance(s, InterfaceEndpoint)}
        assert ways == {f"network.secrets.{keeper}" for keeper in keepers}
        assert ("secrets" in policies(steps)) is bool(keepers)
        assert ("network.secrets.group" in stack.nodes) is bool(keepers)


def test_the_way_to_secrets_is_the_functions_alone(tmp_path: Path) -> None:
    _, steps = built(tmp_path, SECRETS)
    door, functions = steps["network.secrets.group"], steps["network.group"]
    assert isinstance(door, SecurityGroup)
    assert isinstance(functions, SecurityGroup)
    assert door.ingress == (Rule("tcp", 443, 443, "network.group.id"),)
    assert door.egress == ()
    subnets = [step.cidr for step in steps.values() if isinstance(step, Subnet)]
    out = {rule.target for rule in functions.egress}
    assert out == {"com.amazonaws.us-east-1.dynamodb", *subnets}
    endpoint = steps["network.secrets.ssm"]
    assert isinstance(endpoint, InterfaceEndpoint)
    assert endpoint.group_ids == ("network.secrets.group.id",)
    assert len(endpoint.subnet_ids) == 2
    assert endpoint.names
    assert statements(endpoint.policy)[0]["Resource"] == [
        "arn:aws:ssm:us-east-1:123456789012:parameter/tap/stripe"
    ]
    for keeper in ("ssm", "secretsmanager"):
        for passing in statements(vars(steps[f"network.secrets.{keeper}"])["policy"]):
            assert passing["Condition"] == {
                "StringEquals": {"aws:PrincipalAccount": ["123456789012"]}
            }


def test_nothing_goes_live_before_it_can_fetch_its_secrets(tmp_path: Path) -> None:
    stack, _ = built(tmp_path, SECRETS)
    needs = set(stack.nodes["function.items.version"].needs)
    assert {"network.secrets.ssm", "network.secrets.secretsmanager"} <= needs


@pytest.mark.parametrize("partition", ["aws-cn", "aws-us-gov"])
def test_no_partition_is_written_out(tmp_path: Path, partition: str) -> None:
    _, steps = built(tmp_path, {**DOMAIN, **SECRETS}, partition=partition)
    for node, step in steps.items():
        text = json.dumps(asdict(step), default=repr)
        assert "arn:aws:" not in text, node
        assert f"arn:{partition}:" in text or "arn:" not in text, node


def test_every_node_has_a_heading(tmp_path: Path) -> None:
    stack, _ = built(tmp_path, DOMAIN)
    assert {name.partition(".")[0] for name in stack.nodes} <= set(AREAS)


def test_down_goes_in_the_order_aws_wants(tmp_path: Path) -> None:
    """Each node comes before all on its right, with any others in between."""
    stack, _ = built(tmp_path, {**DOMAIN, **SECRETS})
    before = reversed_graph(stack.graph)

    def goes_before(first: str, then: str) -> bool:
        return first == then or any(goes_before(first, each) for each in before[then])

    for chain in (
        ["api.domain.record", "api.domain", "api.certificate"],
        ["api.domain.mapping", "api.stage", "api.deployment", "api"],
        ["api.plan", "api.stage", "api.logs.execution"],
        ["api.stage", "function.items.alias", "function.items.version", "function.items"],
        ["function.items", "network.interfaces", "network.group", "network.vpc"],
        ["network.interfaces", "network.subnet.1", "network.vpc"],
        ["network.interfaces", "function.items.grants", "function.items.role"],
        ["function.items", "function.items.logs"],
        ["function.items", "function.items.dead_letters"],
        ["function.items", "layer.dependencies"],
        ["network.endpoint", "network.routes", "network.subnet.1"],
        ["function.items.version", "network.secrets.ssm", "network.secrets.group"],
        ["network.secrets.group", "network.group", "network.vpc"],
        ["network.secrets.ssm", "network.subnet.1"],
        ["table.items.read.policy", "table.items.read", "table.items"],
    ):
        for first, then in pairwise(chain):
            assert goes_before(first, then), f"{first} before {then}"


def test_traffic_moves_only_to_what_is_ready(tmp_path: Path) -> None:
    stack, _ = built(tmp_path)
    assert "function.items.permission" in stack.nodes["api.stage"].needs
    assert "api.account" in stack.nodes["api.stage"].needs


def test_what_no_caller_meets_alarms_nobody(tmp_path: Path) -> None:
    """Alarms and graphs are of the alias, because a version is invoked before it is live."""
    _, steps = built(tmp_path)
    alarms = [s for s in steps.values() if isinstance(s, Alarm) and s.namespace == "AWS/Lambda"]
    live = {"FunctionName": "tap-dev-items", "Resource": "tap-dev-items:live"}
    assert [alarm.dimensions for alarm in alarms] == [live] * 3
    dashboard = steps["monitoring.dashboard"]
    assert isinstance(dashboard, Dashboard)
    drawn = [m for w in dashboard.body["widgets"] for m in w["properties"].get("metrics", ())]
    of_lambda = [m[2:6] for m in drawn if m[0] == "AWS/Lambda"]
    assert of_lambda == [[part for pair in live.items() for part in pair]] * 5


def test_every_node_of_a_renamed_key_has_a_former_name(tmp_path: Path) -> None:
    """The stack before the rename has the same nodes in the same order, under their old names."""
    before, _ = built(tmp_path / "before")
    now, _ = built(tmp_path / "now", renaming())
    pairs = zip(before.nodes, now.nodes, strict=True)
    assert now.moved == {old: new for old, new in pairs if old != new}
    assert before.moved == {}


def test_a_key_may_be_the_word_of_its_section_or_the_beginning_of_another(tmp_path: Path) -> None:
    tables = {"table": {"key": "id"}, "table-read": {"key": "id"}}
    renamed = {"table.items-old": "table.table", "table.table-old": "table.table-read"}
    stack, _ = built(tmp_path, {"tables": tables, "moved": renamed})
    assert stack.moved == {
        "table.items-old": "table.table",
        "table.items-old.read": "table.table.read",
        "table.items-old.read.policy": "table.table.read.policy",
        "table.items-old.write": "table.table.write",
        "table.items-old.write.policy": "table.table.write.policy",
        "table.table-old": "table.table-read",
        "table.table-old.read": "table.table-read.read",
        "table.table-old.read.policy": "table.table-read.read.policy",
        "table.table-old.write": "table.table-read.write",
        "table.table-old.write.policy": "table.table-read.write.policy",
        "monitoring.alarm.table-items-old-read-throttles": (
            "monitoring.alarm.table-table-read-throttles"
        ),
        "monitoring.alarm.table-items-old-write-throttles": (
            "monitoring.alarm.table-table-write-throttles"
        ),
        "monitoring.alarm.table-table-old-read-throttles": (
            "monitoring.alarm.table-table-read-read-throttles"
        ),
        "monitoring.alarm.table-table-old-write-throttles": (
            "monitoring.alarm.table-table-read-write-throttles"
        ),
    }


def test_several_of_everything(tmp_path: Path) -> None:
    more = {
        "tables": {"orders": {"key": "id"}},
        "functions": {
            "orders": {
                "source": str(Path(__file__).resolve().parents[3] / "function"),
                "handler": "app.handler",
                "tables": {"orders": "write"},
            }
        },
        "api": {"routes": {"GET /orders": "orders"}, "keys": ["default", "partner"]},
    }
    stack, steps = built(tmp_path, more)
    assert {"table.orders", "function.orders.grants", "api.key.partner"} <= set(stack.nodes)
    assert "function.orders.grants" in stack.nodes["network.interfaces"].needs
    plan = asdict(steps["api.plan"])
    assert plan["keys"] == ("api.key.default.id", "api.key.partner.id")


def test_a_plan_of_nothing_has_unknowns_and_never_breaks(tmp_path: Path) -> None:
    stack, _ = built(tmp_path, DOMAIN)
    wanted: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        want = node.build(wanted)
        wanted[name] = with_computed(want, None)
    function = wanted["function.items"]
    assert isinstance(function, Function)
    assert isinstance(function.configuration(), Unknown)
    assert function.environment["TABLE_ITEMS"] == "tap-dev-items"
