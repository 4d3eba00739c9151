"""Every key of config.yaml sets its own fields of the steps, and no others.

`ROWS` has a row for each key of the schema: another valid value, and every field of the built stack
that then differs, with the value it then has. A key without a row fails, and so does a field that
differs and is not listed. `OUTSIDE` has the keys that no step has, and the test of each.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from copy import deepcopy
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, Final

import click
import pytest
import yaml

from provision import workspace
from provision.aws.access import Location
from provision.aws.client import Aws
from provision.commands import down as down_command
from provision.commands import up as up_command
from provision.commands.confirmation import Confirmation
from provision.config import Config, load
from provision.config.checks import check_values
from provision.config.schema.json_schema import SchemaNode, config_shape
from provision.errors import WrongAccount
from provision.model.step import FieldRole, Step, fields_with
from provision.packaging.archive import Archive
from provision.packaging.cache import Cache
from provision.plan.options import PlanOptions
from provision.stack import StackInputs, build_stack, packages
from provision.stack.inputs import Package
from provision.stack.packages import PackageBuilder
from provision.workspace import Options, open_workspace

WHERE: Final = Location("123456789012", "us-east-1", "aws", "amazonaws.com")
KEY_ARN: Final = "arn:aws:kms:us-east-1:123456789012:key/1"

BASE: Final[dict[str, Any]] = yaml.safe_load("""
name: tap
environment: dev
region: us-east-1
account: "123456789012"
protect: false
boundary: arn:aws:iam::123456789012:policy/bound
tags: {Team: blue}
network:
  cidr: 10.20.0.0/24
  zones: 2
  endpoints: [s3, sqs]
  flow_logs: {traffic: REJECT, retention: 60}
encryption: {key: create}
tables:
  items:
    key: id
    sort_key: at
    read: {min: 11, max: 101, target: 61}
    write: {min: 12, max: 102, target: 62}
    expire: {attribute: expires_at, days: 31}
    protect: true
  orders:
    key: number
    read: {min: 13, max: 103, target: 63}
    write: {min: 14, max: 104, target: 64}
    protect: false
layers:
  first: {source: layer-one}
  second: {source: layer-two}
functions:
  items:
    source: code-one
    handler: app.handler
    runtime: python3.13
    architecture: arm64
    memory: 513
    timeout: 11
    layers: [first]
    tables: {items: write}
    policy:
      - actions: ["s3:GetObject"]
        resources: ["arn:aws:s3:::docs/*"]
        conditions: {Bool: {"aws:SecureTransport": true}}
        wide: no reason
    environment:
      LEVEL: INFO
      SIGNED_BY: {secret: "ssm:/tap/signed", key: alias/secrets}
    import_check: true
    "on": {nightly: {schedule: "cron(0 3 * * ? *)", timezone: UTC, payload: {job: tidy}}}
    retries: {attempts: 2, max_age: 3601}
    log: {retention: 30}
  worker:
    source: code-two
    handler: app.work
    runtime: python3.12
    architecture: x86_64
    memory: 514
    timeout: 12
    layers: [second]
    tables: {orders: read}
    environment:
      LEVEL: ERROR
      SIGNED_BY: {secret: "ssm:/tap/worker", key: alias/others}
    import_check: true
    retries: {attempts: 1, max_age: 3602}
    log: {retention: 90}
    alarms: {errors: 41, throttles: 42, duration_p95_ms: 43, dead_letters: 44}
api:
  stage: v1
  routes:
    POST /items: {function: items, body: Item, query: [page]}
    GET /work: {function: worker, throttle: {rate: 1002, burst: 2002}, auth: users, scopes: [w/a]}
  authorizers:
    users: {cognito: ["arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a"]}
    visitors: {function: items, header: X-Api-Key, cache: 61}
  models:
    Item: {type: object}
    Other: {type: array}
  binary: [image/png]
  cors:
    origins: ["https://a.example"]
    headers: [X-Api-Key, Authorization]
    expose: [ETag]
    max_age: 601
  throttle: {rate: 1001, burst: 2001}
  quota: {limit: 5001, period: MONTH}
  keys: [default, partner]
  log: {level: INFO, retention: 120}
  domain: {name: api.example.com, zone: example.com, certificate: null}
  tls: TLS_1_2
  waf: {groups: [AWSManagedRulesCommonRuleSet], rate: 2001, action: block}
monitoring:
  email: ops@example.com
  alarms:
    function_errors: 21
    function_throttles: 22
    duration_p95_ms: 23
    api_5xx: 24
    api_latency_p95_ms: 25
    table_throttles: 26
    dead_letters: 27
    period: 120
    evaluation_periods: 5
""")
"""A stack with every option, two of most things that can be several, and no number twice."""

OTHER: Final = "another digest"
"""The value of a field that digests others."""
ABSENT: Final = "absent"
CAPACITY_GRAPHS: Final = (9, 10)
"""The graphs of the capacity of `items`, for reads and writes, among the dashboard's widgets."""
METRIC: Final = ("0", "1", "2", "3", "4.label", "4.stat")


@dataclass(frozen=True)
class Row:
    """Another value at a place of `BASE`, and the fields (`node:field`) that then differ."""

    at: str
    value: Any
    differs: Mapping[str, Any]

    def settings(self) -> dict[str, Any]:
        changed = deepcopy(BASE)
        place = changed
        *way, last = self.at.split(".")
        for key in way:
            place = place[key]
        place[last] = self.value
        return changed


def of(nodes: str, field: str, value: Any) -> dict[str, Any]:
    """Return the same field of several nodes."""
    return {f"{node}:{field}": value for node in nodes.split()}


def released(function: str = "items") -> dict[str, Any]:
    """Return the version's digest, which differs whenever the function's configuration does."""
    return {f"function.{function}.version:configuration": OTHER}


DEPLOYED: Final = {"api.deployment:digest": OTHER}
"""The deployment's digest, which differs whenever the API's content does."""

BOUNDED: Final = """
network.flow_logs.role network.flow_logs.grants function.items.role function.items.grants
function.worker.role function.worker.grants api.account function.items.schedules.role
function.items.schedules.grants
"""
FUNCTION_ALARMS: Final = """
monitoring.alarm.function-items-errors monitoring.alarm.function-items-throttles
monitoring.alarm.function-items-duration monitoring.alarm.function-items-dead-letters
monitoring.alarm.function-worker-errors monitoring.alarm.function-worker-throttles
monitoring.alarm.function-worker-duration monitoring.alarm.function-worker-dead-letters
"""
TABLE_ALARMS: Final = """
monitoring.alarm.table-items-read-throttles monitoring.alarm.table-items-write-throttles
monitoring.alarm.table-orders-read-throttles monitoring.alarm.table-orders-write-throttles
"""
ALARMS: Final = f"""
{FUNCTION_ALARMS} monitoring.alarm.api-5xx monitoring.alarm.api-latency {TABLE_ALARMS}
"""
P95: Final = """
monitoring.alarm.function-items-duration monitoring.alarm.function-worker-duration
monitoring.alarm.api-latency
"""
TAGGED: Final = f"""
encryption.key table.items table.items.read table.items.write table.orders table.orders.read
table.orders.write network.vpc network.subnet.1 network.subnet.2 network.routes network.endpoint
network.group network.secrets.group network.secrets.ssm network.endpoints.group
network.endpoints.s3 network.endpoints.sqs network.flow_logs.logs
network.flow_logs.role network.flow_logs function.items.role function.items.dead_letters
function.items.schedules.role schedules
function.items.logs function.worker.role function.worker.dead_letters function.worker.logs
function.items function.worker api api.logs.access api.logs.execution api.stage api.key.default
api.key.partner api.plan api.waf api.certificate api.domain monitoring.topic
monitoring.dashboard {ALARMS}
"""
ENCRYPTED: Final = """
network.flow_logs.logs function.items.logs function.worker.logs function.items function.worker
api.logs.access api.logs.execution monitoring.topic
"""
NAMED: Final[Mapping[str, str]] = {
    "alias": "encryption.key",
    "description": """
        encryption.key network.flow_logs.role function.items.role function.worker.role
        function.items function.worker api api.key.default api.key.partner
        function.items.schedules.role
    """,
    "policy": """
        encryption.key network.endpoint function.items.dead_letters function.worker.dead_letters
        monitoring.topic
    """,
    "name": f"""
        table.items table.items.read.policy table.items.write.policy table.orders
        table.orders.read.policy table.orders.write.policy network.group network.secrets.group
        network.endpoints.group
        network.flow_logs.logs network.flow_logs.role layer.first layer.second function.items.role
        function.items.dead_letters function.items.logs function.worker.role
        function.worker.dead_letters function.worker.logs function.items function.worker api
        api.logs.access api.key.default api.key.partner api.plan api.waf monitoring.topic
        function.items.schedules.role schedules
        monitoring.dashboard stack {ALARMS}
    """,
    "resource": """
        table.items.read table.items.read.policy table.items.write table.items.write.policy
        table.orders.read table.orders.read.policy table.orders.write table.orders.write.policy
    """,
    "tags": """
        network.vpc network.subnet.1 network.subnet.2 network.routes network.endpoint network.group
        network.secrets.group network.secrets.ssm network.endpoints.group network.endpoints.s3
        network.endpoints.sqs network.flow_logs
    """,
    "functions": "network.subnet.1 network.subnet.2 network.interfaces",
    "role": """
        network.flow_logs.grants function.items.grants function.worker.grants
        function.items.schedules.grants
    """,
    "policies": """
        network.flow_logs.grants function.items.grants function.worker.grants
        function.items.schedules.grants
    """,
    "group": "function.items.on.nightly",
    "target": "function.items.on.nightly",
    "dead_letters": "function.items.on.nightly",
    "log_group": "network.flow_logs function.items function.worker",
    "environment": "function.items function.worker",
    "function": """
        function.items.version function.items.alias function.items.retries
        function.worker.version function.worker.alias function.worker.retries
        function.items.permission function.worker.permission
    """,
    "configuration": "function.items.version function.worker.version",
    "routes": "api",
    "authorizers": "api",
    "digest": "api.deployment",
    "plan": "api.key.default api.key.partner",
    "display": "monitoring.topic",
    "dimensions": ALARMS,
    "body": "monitoring.dashboard",
    "owner_prefix": "stack",
}
"""The fields with the stack's name, and the nodes that have them in this form."""


SSM: Final = "arn:aws:ssm:us-east-1:123456789012:parameter"
LAMBDA: Final = "arn:aws:lambda:us-east-1:123456789012:function"
TABLE: Final = "arn:aws:dynamodb:us-east-1:123456789012:table"
LOGS: Final = "arn:aws:logs:us-east-1:123456789012:log-group"
CERTIFICATE: Final = "arn:aws:acm:us-east-1:123456789012:certificate/1"
GIVEN_TOPIC: Final = "arn:aws:sns:us-east-1:123456789012:on-call"
GIVEN_LAYER: Final = "arn:aws:lambda:us-east-1:017000801446:layer:Shared:7"
TLS_13: Final = "SecurityPolicy_TLS13_1_3_2025_09"
READS: Final = [
    f"dynamodb:{action}" for action in ("BatchGetItem", "DescribeTable", "GetItem", "Query", "Scan")
]
PASSING: Final = (
    "Action",
    "Condition.StringEquals.aws:PrincipalAccount",
    "Effect",
    "Principal.AWS",
    "Resource",
    "Sid",
)
"""The parts of a statement that lets tables pass an endpoint."""
SUBNETS: Final = ("network.subnet.1.id", "network.subnet.2.id", "network.subnet.3.id")
INTERFACES: Final = [
    "arn:aws:ec2:us-east-1:123456789012:network-interface/*",
    "network.group.arn",
    "network.subnet.1.arn",
    "network.subnet.2.arn",
    "network.subnet.3.arn",
]
RULE: Final = ("protocol", "from_port", "to_port", "target")
PARTS: Final = ("Action", "Effect", "Resource")
RIGHTS: Final = "function.worker.grants:policies.network.Statement"
FROM_INSIDE: Final = (
    "function.worker.grants:policies.{}.Statement.{}.Condition.StringEquals.aws:SourceVpc"
)
OWN_CONDITION: Final = "function.items.grants:policies.policy.Statement.0.Condition"
WITH_ITEMS: Final = """
monitoring.alarm.table-items-read-throttles monitoring.alarm.table-items-write-throttles
"""


def thresholds(alarms: str, value: float) -> dict[str, Any]:
    nodes = " ".join(f"monitoring.alarm.{alarm}" for alarm in alarms.split())
    return of(nodes, "threshold", value)


POOL = "arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1"


UNAUTHORIZED: Final = {
    **{
        f"api:authorizers.1.{name}": ABSENT
        for name in ("cache", "credentials", "kind", "name", "pattern", "pools", "source", "target")
    },
    **DEPLOYED,
}
"""The API without its second authorizer: signed requests have none."""


def cors(field: str, value: Any, variable: str, text: str) -> dict[str, Any]:
    """Return the fields that a CORS value sets: the API answers OPTIONS, the functions all else."""
    both = of("function.items function.worker", f"environment.{variable}", text)
    return {f"api:cors.{field}": value, **both, **released(), **released("worker"), **DEPLOYED}


ROWS: Final[Mapping[str, Row]] = {
    "boundary": Row(
        "boundary",
        "arn:aws:iam::123456789012:policy/other",
        of(BOUNDED, "boundary", "arn:aws:iam::123456789012:policy/other"),
    ),
    "tags.<name>": Row("tags.Team", "red", of(TAGGED, "tags.Team", "red")),
    "network.cidr": Row(
        "network.cidr",
        "10.30.0.0/24",
        {
            "network.vpc:cidr": "10.30.0.0/24",
            "network.subnet.1:cidr": "10.30.0.0/27",
            "network.subnet.2:cidr": "10.30.0.32/27",
            "network.group:egress.0.target": "10.30.0.0/27",
            "network.group:egress.1.target": "10.30.0.32/27",
        },
    ),
    "network.zones": Row(
        "network.zones",
        3,
        {
            "network.subnet.3:": "ec2.subnet",
            "network.subnet.3:tags.Team": "blue",
            "network.subnet.3:tags.Name": "tap-dev-private-3",
            "network.subnet.3:vpc_id": "network.vpc.id",
            "network.subnet.3:cidr": "10.20.0.64/27",
            "network.subnet.3:zone": "us-east-1c",
            "network.subnet.3:public": False,
            "network.subnet.3:functions": ("tap-dev-items", "tap-dev-worker"),
            "network.group:egress.2.target": "10.20.0.64/27",
            "network.group:egress.3.target": "com.amazonaws.us-east-1.dynamodb",
            "network.group:egress.4.protocol": "tcp",
            "network.group:egress.4.from_port": 443,
            "network.group:egress.4.to_port": 443,
            "network.group:egress.4.target": "com.amazonaws.us-east-1.s3",
            **of(
                """
                network.routes network.secrets.ssm network.endpoints.sqs function.items
                function.worker
                """,
                "subnet_ids",
                SUBNETS,
            ),
            **of("network.secrets.ssm network.endpoints.sqs", "zones", 3),
            **of(
                "function.items.grants function.worker.grants",
                "policies.network.Statement.2.Resource",
                INTERFACES,
            ),
            **released(),
            **released("worker"),
        },
    ),
    "network.flow_logs.traffic": Row(
        "network.flow_logs.traffic", "ALL", {"network.flow_logs:traffic": "ALL"}
    ),
    "network.flow_logs.retention": Row(
        "network.flow_logs.retention", 180, {"network.flow_logs.logs:retention": 180}
    ),
    "tables.<name>.key": Row("tables.items.key", "pk", {"table.items:key": "pk"}),
    "tables.<name>.key.<name>": Row("tables.items.key", {"id": "N"}, {"table.items:key_type": "N"}),
    "tables.<name>.sort_key": Row(
        "tables.items.sort_key", "since", {"table.items:sort_key": "since"}
    ),
    "tables.<name>.sort_key.<name>": Row(
        "tables.items.sort_key", {"at": "B"}, {"table.items:sort_type": "B"}
    ),
    "tables.<name>.capacity": Row(
        "tables.items.capacity",
        "on-demand",
        {
            "table.items:on_demand": True,
            **{  # the graphs of consumed capacity have no second line
                f"monitoring.dashboard:body.widgets.{graph}.properties.metrics.1.{part}": ABSENT
                for graph in CAPACITY_GRAPHS
                for part in METRIC
            },
            **of("table.items.read table.items.read.policy", "", ABSENT),
            **of("table.items.write table.items.write.policy", "", ABSENT),
        },
    ),
    "tables.<name>.read.min": Row(
        "tables.items.read.min",
        17,
        {"table.items:read_capacity": 17, "table.items.read:minimum": 17},
    ),
    "tables.<name>.read.max": Row(
        "tables.items.read.max",
        117,
        {"table.items:read_most": 117, "table.items.read:maximum": 117},
    ),
    "tables.<name>.read.target": Row(
        "tables.items.read.target", 67, {"table.items.read.policy:target": 67}
    ),
    "tables.<name>.write.min": Row(
        "tables.items.write.min",
        18,
        {"table.items:write_capacity": 18, "table.items.write:minimum": 18},
    ),
    "tables.<name>.write.max": Row(
        "tables.items.write.max",
        118,
        {"table.items:write_most": 118, "table.items.write:maximum": 118},
    ),
    "tables.<name>.write.target": Row(
        "tables.items.write.target", 68, {"table.items.write.policy:target": 68}
    ),
    "tables.<name>.expire.attribute": Row(
        "tables.items.expire.attribute",
        "until",
        {
            "table.items:ttl": "until",
            "function.items:environment.EXPIRE_ATTRIBUTE_ITEMS": "until",
            **released(),
        },
    ),
    "tables.<name>.expire.days": Row(
        "tables.items.expire.days",
        7,
        {"function.items:environment.EXPIRE_DAYS_ITEMS": "7", **released()},
    ),
    "tables.<name>.protect": Row("tables.items.protect", False, {"table.items:protect": False}),
    "layers.<name>.source": Row(
        "layers.first.source",
        "layer-three",
        {"layer.first:sha256": "layer-three-hex", "layer.first:zip": "layer-three.zip"},
    ),
    "layers.<name>.arn": Row(
        "layers.first",
        {"arn": GIVEN_LAYER},
        {"layer.first:": ABSENT, "function.items:layers": (GIVEN_LAYER,), **released()},
    ),
    "functions.<name>.source": Row(
        "functions.items.source",
        "code-three",
        {
            "function.items:code_sha256": "code-three-base64",
            "function.items:zip": "code-three.zip",
            "function.items.version:code_sha256": "code-three-base64",
        },
    ),
    "functions.<name>.handler": Row(
        "functions.items.handler",
        "app.other",
        {"function.items:handler": "app.other", **released()},
    ),
    "functions.<name>.exclude": Row(
        "functions.items.exclude",
        ["/drafts/"],
        {
            "function.items:code_sha256": "code-one without /drafts/-base64",
            "function.items:zip": "code-one without /drafts/.zip",
            "function.items.version:code_sha256": "code-one without /drafts/-base64",
        },
    ),
    "functions.<name>.runtime": Row(
        "functions.items.runtime",
        "python3.14",
        {
            "layer.first:runtimes": ("python3.14",),
            "function.items:runtime": "python3.14",
            **released(),
        },
    ),
    "functions.<name>.architecture": Row(
        "functions.items.architecture",
        "x86_64",
        {
            "layer.first:architectures": ("x86_64",),
            "function.items:architecture": "x86_64",
            **released(),
        },
    ),
    "functions.<name>.memory": Row(
        "functions.items.memory", 1024, {"function.items:memory": 1024, **released()}
    ),
    "functions.<name>.timeout": Row(
        "functions.items.timeout", 20, {"function.items:timeout": 20, **released()}
    ),
    "functions.<name>.on.<name>.schedule": Row(
        "functions.items.on.nightly.schedule",
        "rate(1 hour)",
        {"function.items.on.nightly:expression": "rate(1 hour)"},
    ),
    "functions.<name>.on.<name>.timezone": Row(
        "functions.items.on.nightly.timezone",
        "Europe/Berlin",
        {"function.items.on.nightly:timezone": "Europe/Berlin"},
    ),
    "functions.<name>.on.<name>.payload": Row(
        "functions.items.on.nightly.payload",
        {"job": "count"},
        {"function.items.on.nightly:payload": '{"job": "count"}'},
    ),
    "functions.<name>.concurrency": Row(
        "functions.items.concurrency", 0, {"function.items:concurrency": 0}
    ),
    "functions.<name>.layers": Row(
        "functions.items.layers",
        [],
        {
            "layer.first:runtimes": (),
            "layer.first:architectures": (),
            "function.items:layers": (),
            **released(),
        },
    ),
    "network.endpoints": Row(
        "network.endpoints",
        ["sqs"],
        {
            "network.endpoints.s3:": ABSENT,
            **dict.fromkeys((f"network.group:egress.3.{part}" for part in RULE), ABSENT),
        },
    ),
    "functions.<name>.network": Row(
        "functions.worker.network",
        "open",
        {
            "function.worker:subnet_ids": (),
            "function.worker:group_ids": (),
            **released("worker"),
            f"{RIGHTS}.1.Action": ["ec2:DeleteNetworkInterface", "ec2:UnassignPrivateIpAddresses"],
            f"{RIGHTS}.2.Action": ["ec2:DescribeNetworkInterfaces", "ec2:DescribeSubnets"],
            f"{RIGHTS}.2.Resource": ["*"],
            **dict.fromkeys((f"{RIGHTS}.3.{part}" for part in PARTS), ABSENT),
            FROM_INSIDE.format("secrets", 1): ABSENT,
            FROM_INSIDE.format("tables", 0): ABSENT,
            "network.endpoint:policy.Statement.0.Sid": "OwnTables1",
            **{f"network.endpoint:policy.Statement.1.{part}": ABSENT for part in PASSING},
            "network.secrets.ssm:policy.Statement.0.Resource": [f"{SSM}/tap/signed"],
        },
    ),
    "functions.<name>.policy": Row(
        "functions.items.policy",
        [{"actions": ["s3:PutObject"], "resources": ["arn:aws:s3:::{name}/*"]}],
        {
            "function.items.grants:policies.policy.Statement.0.Action": ["s3:PutObject"],
            "function.items.grants:policies.policy.Statement.0.Resource": ["arn:aws:s3:::tap/*"],
            "network.endpoints.s3:policy.Statement.0.Action": ["s3:PutObject"],
            "network.endpoints.s3:policy.Statement.0.Resource": ["arn:aws:s3:::tap/*"],
            f"{OWN_CONDITION}.Bool.aws:SecureTransport": ABSENT,
            "function.items.grants:wide": (),
        },
    ),
    "functions.<name>.tables.<name>": Row(
        "functions.items.tables.items",
        "read",
        {
            "network.endpoint:policy.Statement.0.Action": READS,
            "network.endpoint:policy.Statement.0.Resource": [
                f"{TABLE}/tap-dev-items",
                f"{TABLE}/tap-dev-items/index/*",
                f"{TABLE}/tap-dev-orders",
            ],
            "network.endpoint:policy.Statement.0.Sid": "OwnTables1",
            **{f"network.endpoint:policy.Statement.1.{part}": ABSENT for part in PASSING},
            "function.items.grants:policies.tables.Statement.0.Action": READS,
            "function.items.grants:policies.encryption.Statement.0.Action": [
                "kms:Decrypt",
                "kms:DescribeKey",
            ],
        },
    ),
    "functions.<name>.environment.<name>": Row(
        "functions.items.environment.LEVEL",
        "DEBUG",
        {"function.items:environment.LEVEL": "DEBUG", **released()},
    ),
    "functions.<name>.environment.<name>.secret": Row(
        "functions.items.environment.SIGNED_BY.secret",
        "ssm:/tap/new",
        {
            "network.secrets.ssm:policy.Statement.0.Resource": [
                f"{SSM}/tap/new",
                f"{SSM}/tap/worker",
            ],
            "function.items.grants:policies.secrets.Statement.0.Condition.StringLike"
            ".kms:EncryptionContext:PARAMETER_ARN": [f"{SSM}/tap/new"],
            "function.items.grants:policies.secrets.Statement.1.Resource": [f"{SSM}/tap/new"],
            "function.items:environment.SIGNED_BY": "ssm:/tap/new",
            **released(),
        },
    ),
    "functions.<name>.environment.<name>.key": Row(
        "functions.items.environment.SIGNED_BY.key",
        "alias/new",
        {
            "function.items.grants:policies.secrets.Statement.0.Condition"
            ".ForAnyValue:StringEquals.kms:ResourceAliases": ["alias/new"]
        },
    ),
    "functions.<name>.import_check": Row(
        "functions.items.import_check", False, {"function.items.alias:import_check": False}
    ),
    "functions.<name>.retries.attempts": Row(
        "functions.items.retries.attempts", 0, {"function.items.retries:retries": 0}
    ),
    "functions.<name>.retries.max_age": Row(
        "functions.items.retries.max_age",
        60,
        of("function.items.retries function.items.on.nightly", "max_age", 60),
    ),
    "functions.<name>.log.retention": Row(
        "functions.items.log.retention", 7, {"function.items.logs:retention": 7}
    ),
    **{
        f"functions.<name>.alarms.{key}": Row(
            f"functions.worker.alarms.{key}", 51, thresholds(f"function-worker-{alarm}", 51.0)
        )
        for key, alarm in {
            "errors": "errors",
            "throttles": "throttles",
            "duration_p95_ms": "duration",
            "dead_letters": "dead-letters",
        }.items()
    },
    "api.stage": Row(
        "api.stage",
        "v2",
        {
            "encryption.key:policy.Statement.1.Condition.ArnLike"
            ".kms:EncryptionContext:aws:logs:arn": [
                f"{LOGS}:/aws/apigateway/tap-dev",
                f"{LOGS}:/aws/lambda/tap-dev-*",
                f"{LOGS}:/aws/vpc/tap-dev",
                f"{LOGS}:API-Gateway-Execution-Logs_*/v2",
            ],
            "api.logs.execution:name": "API-Gateway-Execution-Logs_api.id/v2",
            "api.stage:name": "v2",
            "api.plan:stages": ("api.id:v2",),
            "api.waf.stage:stage": "arn:aws:apigateway:us-east-1::/restapis/api.id/stages/v2",
            "api.domain.mapping:stage": "v2",
            "monitoring.alarm.api-5xx:dimensions.Stage": "v2",
            "monitoring.alarm.api-latency:dimensions.Stage": "v2",
            "monitoring.dashboard:body.widgets.0.properties.metrics.0.5": "v2",
            "monitoring.dashboard:body.widgets.1.properties.metrics.0.5": "v2",
            "monitoring.dashboard:body.widgets.1.properties.metrics.1.5": "v2",
            "monitoring.dashboard:body.widgets.2.properties.metrics.0.5": "v2",
            "monitoring.dashboard:body.widgets.2.properties.metrics.1.5": "v2",
        },
    ),
    "api.routes.<name>": Row(
        "api.routes.GET /work",
        {
            "function": "items",
            "throttle": {"rate": 1002, "burst": 2002},
            "auth": "users",
            "scopes": ["w/a"],
        },
        {"api:routes.1.target": f"{LAMBDA}:tap-dev-items:live", **DEPLOYED},
    ),
    "api.routes.<name>.function": Row(
        "api.routes.POST /items.function",
        "worker",
        {
            "api:routes.0.target": f"{LAMBDA}:tap-dev-worker:live",
            # The function of an authorizer that no route calls any more.
            "function.items.permission:source": (
                "arn:aws:execute-api:us-east-1:123456789012:api.id/authorizers/*"
            ),
            **DEPLOYED,
        },
    ),
    "api.routes.<name>.body": Row(
        "api.routes.POST /items.body", "Other", {"api:routes.0.body": "Other", **DEPLOYED}
    ),
    "api.routes.<name>.query": Row(
        "api.routes.POST /items.query",
        ["size", "at"],
        {"api:routes.0.query": ("at", "size"), **DEPLOYED},
    ),
    "api.routes.<name>.throttle.rate": Row(
        "api.routes.GET /work.throttle.rate", 5, {"api.stage:methods.0.rate": 5.0}
    ),
    "api.routes.<name>.throttle.burst": Row(
        "api.routes.GET /work.throttle.burst", 6, {"api.stage:methods.0.burst": 6}
    ),
    "api.routes.<name>.auth": Row(
        "api.routes.POST /items.auth",
        "visitors",
        {
            "api:routes.0.auth": "visitors-function",
            "api.deployment:served": (
                "GET /work: COGNITO_USER_POOLS, key",
                "OPTIONS /items: NONE",
                "OPTIONS /work: NONE",
                "POST /items: CUSTOM, key",
            ),
            **DEPLOYED,
        },
    ),
    "api.routes.<name>.scopes": Row(
        "api.routes.GET /work.scopes",
        ["w/b", "w/a"],
        {"api:routes.1.scopes": ("w/a", "w/b"), **DEPLOYED},
    ),
    "api.authorizers.<name>.cognito": Row(
        "api.authorizers.users.cognito",
        [f"{POOL}_c", f"{POOL}_b"],
        {"api:authorizers.0.pools": (f"{POOL}_b", f"{POOL}_c"), **DEPLOYED},
    ),
    "api.authorizers.<name>.function": Row(
        "api.authorizers.visitors.function",
        "worker",
        {"api:authorizers.1.target": f"{LAMBDA}:tap-dev-worker:live", **DEPLOYED},
    ),
    "api.authorizers.<name>.iam": Row("api.authorizers.visitors", {"iam": True}, UNAUTHORIZED),
    "api.authorizers.<name>": Row("api.authorizers.visitors", "iam", UNAUTHORIZED),
    "api.authorizers.<name>.header": Row(
        "api.authorizers.visitors.header",
        "Authorization",
        {"api:authorizers.1.source": "method.request.header.Authorization", **DEPLOYED},
    ),
    "api.authorizers.<name>.cache": Row(
        "api.authorizers.visitors.cache", 0, {"api:authorizers.1.cache": 0, **DEPLOYED}
    ),
    "api.routes.<name>.key": Row(
        "api.routes.GET /work.key",
        False,
        {
            "api:routes.1.api_key": False,
            "api.deployment:served": (
                "GET /work: COGNITO_USER_POOLS",
                "OPTIONS /items: NONE",
                "OPTIONS /work: NONE",
                "POST /items: NONE, key",
            ),
            **DEPLOYED,
        },
    ),
    "api.models.<name>": Row(
        "api.models.Item",
        {"type": "object", "required": ["name"]},
        {"api:models.Item.required": ["name"], **DEPLOYED},
    ),
    "api.cors.origins": Row(
        "api.cors.origins",
        ["https://b.example", "https://c.example"],
        cors("origin", "https://b.example", "CORS_ORIGIN", "https://b.example,https://c.example")
        | {"api:cors.others": ("https://c.example",)},
    ),
    "api.cors.credentials": Row(
        "api.cors.credentials", True, cors("credentials", True, "CORS_COOKIES", "true")
    ),
    "api.cors.headers": Row(
        "api.cors.headers",
        ["X-Api-Key", "Authorization", "ETag"],
        cors(
            "headers",
            ("X-Api-Key", "Authorization", "ETag"),
            "CORS_HEADERS",
            "X-Api-Key,Authorization,ETag",
        ),
    ),
    "api.cors.expose": Row(
        "api.cors.expose", ["Location"], cors("expose", ("Location",), "CORS_EXPOSE", "Location")
    ),
    "api.cors.max_age": Row("api.cors.max_age", 60, cors("max_age", 60, "CORS_MAX_AGE", "60")),
    "api.throttle.rate": Row("api.throttle.rate", 7, {"api.stage:rate": 7.0, "api.plan:rate": 7.0}),
    "api.throttle.burst": Row("api.throttle.burst", 8, {"api.stage:burst": 8, "api.plan:burst": 8}),
    "api.quota.limit": Row("api.quota.limit", 9, {"api.plan:quota.limit": 9}),
    "api.quota.period": Row("api.quota.period", "DAY", {"api.plan:quota.period": "DAY"}),
    "api.keys": Row(
        "api.keys",
        ["default", "partner", "third"],
        {
            "api.key.third:": "apigateway.key",
            "api.key.third:tags.Team": "blue",
            "api.key.third:name": "tap-dev-third",
            "api.key.third:enabled": True,
            "api.key.third:description": "third key of tap-dev",
            "api.key.third:due": False,
            "api.key.third:plan": "tap-dev",
            "api.plan:keys": ("api.key.default.id", "api.key.partner.id", "api.key.third.id"),
        },
    ),
    "api.log.level": Row(
        "api.log.level",
        "ERROR",
        {"api.stage:log_level": "ERROR", "api.stage:methods.0.log_level": "ERROR"},
    ),
    "api.log.retention": Row(
        "api.log.retention", 14, of("api.logs.access api.logs.execution", "retention", 14)
    ),
    "api.domain.name": Row(
        "api.domain.name",
        "www.example.com",
        {
            "api.certificate:domain": "www.example.com",
            "api.domain:name": "www.example.com",
            "api.domain.mapping:domain": "www.example.com",
            "api.domain.record:name": "www.example.com",
        },
    ),
    "api.domain.zone": Row(
        "api.domain.zone", "Z0123", of("api.certificate.proof api.domain.record", "zone", "Z0123")
    ),
    "api.domain.certificate": Row(
        "api.domain.certificate",
        CERTIFICATE,
        {
            **of("api.certificate api.certificate.proof", "", ABSENT),
            "api.domain:certificate": CERTIFICATE,
        },
    ),
    "api.binary": Row(
        "api.binary",
        ["image/png", "font/woff2"],
        {"api:binary": ("font/woff2", "image/png"), **DEPLOYED},
    ),
    "api.tls": Row(
        "api.tls",
        TLS_13,
        {
            **of("api api.domain", "security_policy", TLS_13),
            **of("api api.domain", "access_mode", "STRICT"),
            **DEPLOYED,
        },
    ),
    "api.waf.groups": Row(
        "api.waf.groups",
        ["AWSManagedRulesLinuxRuleSet"],
        {"api.waf:groups": ("AWSManagedRulesLinuxRuleSet",)},
    ),
    "api.waf.rate": Row("api.waf.rate", 10, {"api.waf:rate": 10}),
    "api.waf.action": Row("api.waf.action", "count", {"api.waf:action": "count"}),
    "monitoring.email": Row(
        "monitoring.email", "b@example.com", {"monitoring.email:endpoint": "b@example.com"}
    ),
    "monitoring.topic": Row(
        "monitoring",
        {"topic": GIVEN_TOPIC, "alarms": BASE["monitoring"]["alarms"]},
        {
            **of("monitoring.topic monitoring.email", "", ABSENT),
            **of(ALARMS, "actions", (GIVEN_TOPIC,)),
        },
    ),
    "monitoring.alarms.function_errors": Row(
        "monitoring.alarms.function_errors",
        31,
        thresholds("function-items-errors", 31.0),
    ),
    "monitoring.alarms.function_throttles": Row(
        "monitoring.alarms.function_throttles",
        32,
        thresholds("function-items-throttles", 32.0),
    ),
    "monitoring.alarms.duration_p95_ms": Row(
        "monitoring.alarms.duration_p95_ms",
        33,
        thresholds("function-items-duration", 33.0),
    ),
    "monitoring.alarms.api_5xx": Row("monitoring.alarms.api_5xx", 34, thresholds("api-5xx", 34.0)),
    "monitoring.alarms.api_latency_p95_ms": Row(
        "monitoring.alarms.api_latency_p95_ms", 35, thresholds("api-latency", 35.0)
    ),
    "monitoring.alarms.table_throttles": Row(
        "monitoring.alarms.table_throttles", 36, of(TABLE_ALARMS, "threshold", 36.0)
    ),
    "monitoring.alarms.dead_letters": Row(
        "monitoring.alarms.dead_letters",
        37,
        thresholds("function-items-dead-letters", 37.0),
    ),
    "monitoring.alarms.period": Row("monitoring.alarms.period", 300, of(ALARMS, "period", 300)),
    "monitoring.alarms.evaluation_periods": Row(
        "monitoring.alarms.evaluation_periods",
        3,
        of(ALARMS, "evaluation_periods", 3) | of(P95, "datapoints", 3),
    ),
    "encryption.key": Row(
        "encryption.key",
        "alias/ours",
        {
            "encryption.key:": ABSENT,
            **of(ENCRYPTED, "key", KEY_ARN),
            **of("table.items table.orders", "encryption", KEY_ARN),
            **of("function.items.dead_letters function.worker.dead_letters", "encryption", KEY_ARN),
            **of(
                "function.items.grants function.worker.grants",
                "policies.encryption.Statement.0.Resource",
                [KEY_ARN],
            ),
            "function.items.schedules.grants:policies.encryption.Statement.0.Resource": [KEY_ARN],
            **of(
                "function.items.grants function.worker.grants",
                "policies.encryption.Statement.1.Resource",
                [KEY_ARN],
            ),
            **of(
                "function.items.grants function.worker.grants",
                "policies.encryption.Statement.2.Resource",
                [KEY_ARN],
            ),
            **released(),
            **released("worker"),
        },
    ),
    "moved.<name>": Row(
        "moved",
        {"table.old": "table.items"},
        {
            "table.items:name": "tap-dev-old",
            "table.items.read.policy:name": "tap-dev-old-read",
            "table.items.write.policy:name": "tap-dev-old-write",
            **of("table.items.read table.items.read.policy", "resource", "table/tap-dev-old"),
            **of("table.items.write table.items.write.policy", "resource", "table/tap-dev-old"),
            **of(
                "network.endpoint",
                "policy.Statement.0.Resource",
                [f"{TABLE}/tap-dev-old", f"{TABLE}/tap-dev-old/index/*"],
            ),
            "function.items.grants:policies.tables.Statement.0.Resource": [
                f"{TABLE}/tap-dev-old",
                f"{TABLE}/tap-dev-old/index/*",
            ],
            "function.items:environment.TABLE_ITEMS": "tap-dev-old",
            **released(),
            "monitoring.alarm.table-items-read-throttles:name": "tap-dev-table-old-read-throttles",
            "monitoring.alarm.table-items-write-throttles:name": (
                "tap-dev-table-old-write-throttles"
            ),
            **of(WITH_ITEMS, "dimensions.TableName", "tap-dev-old"),
            **{
                f"monitoring.dashboard:body.widgets.{widget}.properties.metrics.{metric}.3": (
                    "tap-dev-old"
                )
                for widget in (9, 10, 11)
                for metric in (0, 1)
            },
            "stack:moved.table.old": "table.items",
            "stack:moved.table.old.read": "table.items.read",
            "stack:moved.table.old.read.policy": "table.items.read.policy",
            "stack:moved.table.old.write": "table.items.write",
            "stack:moved.table.old.write.policy": "table.items.write.policy",
            "stack:moved.monitoring.alarm.table-old-read-throttles": (
                "monitoring.alarm.table-items-read-throttles"
            ),
            "stack:moved.monitoring.alarm.table-old-write-throttles": (
                "monitoring.alarm.table-items-write-throttles"
            ),
        },
    ),
}
"""The row of each key.

`stack` means the stack itself; `node:` without a field means the node's kind, which is `ABSENT` if
there is no such node.
"""

RENAMING: Final[Mapping[str, tuple[str, str, str]]] = {
    "name": ("tea", "tea-dev", "tea/dev"),
    "environment": ("test", "tap-test", "tap/test"),
}
"""The keys that are part of every name: another value, with the stack's name and owner tag.

Of all fields, only those of `NAMED` then differ.
"""

OUTSIDE: Final[Mapping[str, str]] = {
    "region": "test_the_region_and_the_account_lead_to_aws",
    "account": "test_the_region_and_the_account_lead_to_aws",
    "protect": "test_what_is_protected_wants_its_name",
}
"""The keys that no step has, each with the test of its effect."""

SWITCHED_OFF: Final[Mapping[str, str]] = {
    "network.flow_logs": """
        network.flow_logs network.flow_logs.logs network.flow_logs.role network.flow_logs.grants
    """,
    "api.domain": """
        api.certificate api.certificate.proof api.domain api.domain.mapping api.domain.record
    """,
    "api.waf": "api.waf api.waf.stage",
    "api.cors": "",
    "api.quota": "",
    "monitoring.email": "monitoring.email",
    "functions.worker.alarms.errors": "monitoring.alarm.function-worker-errors",
    "functions.worker.alarms.throttles": "monitoring.alarm.function-worker-throttles",
    "functions.worker.alarms.duration_p95_ms": "monitoring.alarm.function-worker-duration",
    "functions.worker.alarms.dead_letters": "monitoring.alarm.function-worker-dead-letters",
    "monitoring.alarms.function_errors": "monitoring.alarm.function-items-errors",
    "monitoring.alarms.function_throttles": "monitoring.alarm.function-items-throttles",
    "monitoring.alarms.duration_p95_ms": "monitoring.alarm.function-items-duration",
    "monitoring.alarms.api_5xx": "monitoring.alarm.api-5xx",
    "monitoring.alarms.api_latency_p95_ms": "monitoring.alarm.api-latency",
    "monitoring.alarms.table_throttles": TABLE_ALARMS,
    "monitoring.alarms.dead_letters": "monitoring.alarm.function-items-dead-letters",
}
"""The nodes that are absent if a key is null."""


def leaves(shape: SchemaNode, way: str = "") -> set[str]:
    """Return the path of every key with its own value; `<name>` means a name free to choose."""
    found: set[str] = set()
    for each in shape.alternatives:
        if each.fields:
            for key, child in each.fields.items():
                found |= leaves(child, f"{way}.{key}" if way else key)
        elif each.named and way != "api.models.<name>":  # a model is the user's own JSON Schema
            found |= leaves(each.named, f"{way}.<name>")
        else:
            found.add(way)
    return found


class FolderNames:
    """Packages that show the name of the folder they are built from."""

    def __init__(self, config: Config) -> None:
        self._config = config

    def function(self, name: str) -> Package:
        function = self._config.functions[name]
        left = "".join(f" without {pattern}" for pattern in function.exclude)
        return self._of(f"{function.source.name}{left}")

    def layer(self, name: str) -> Package:
        return self._of(self._config.built_layers[name].name)

    def _of(self, name: str) -> Package:
        return Package(f"{name}.zip", f"{name}-hex", f"{name}-base64")


def configured(directory: Path, settings: Mapping[str, Any]) -> Config:
    file = directory / "config.yaml"
    file.write_text(json.dumps(settings), "utf-8")  # JSON is YAML, and quicker written
    return load(file, environment=None, check=check_values)


def shown(config: Config) -> dict[str, Any]:
    """Return every field of the stack that AWS does not choose, as `node:field.inner` → value."""
    zones = ("us-east-1a", "us-east-1b", "us-east-1c")[: config.network.zones]
    key = KEY_ARN if config.encryption.key == "alias/ours" else ""
    sources = FolderNames(config)
    stack = build_stack(
        StackInputs(config, WHERE, zones, sources, lambda api, stage: f"https://{api}/{stage}", key)
    )
    steps: dict[str, Step] = {}
    found: dict[str, Any] = {}
    for name, node in stack.nodes.items():
        want = node.build(steps)
        computed = fields_with(type(want), FieldRole.COMPUTED)
        chosen = {
            field: f"{name}.{field}"
            for field in computed
            if not isinstance(vars(want)[field], tuple)
        }
        steps[name] = replace(want, **chosen)
        found[f"{name}:"] = want.KIND
        for field in fields(want):
            if field.name not in computed:
                found |= flat(f"{name}:{field.name}", vars(want)[field.name])
    found |= flat("stack:name", stack.name) | flat("stack:owner_prefix", stack.owner_prefix)
    return found | flat("stack:moved", stack.moved)


def flat(way: str, value: Any) -> dict[str, Any]:
    return dict(_flat(way, value))


def _flat(way: str, value: Any) -> Iterator[tuple[str, Any]]:
    inner: Iterator[tuple[Any, Any]]
    if is_dataclass(value):
        inner = ((each.name, getattr(value, each.name)) for each in fields(value))
    elif isinstance(value, Mapping):
        inner = iter(value.items())
    elif isinstance(value, (list, tuple)) and not all(isinstance(each, str) for each in value):
        inner = iter(enumerate(value))
    else:
        yield way, value
        return
    for key, child in inner:
        yield from _flat(f"{way}.{key}", child)


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Any]:
    return shown(configured(tmp_path_factory.mktemp("base"), BASE))


def differences(base: Mapping[str, Any], now: Mapping[str, Any]) -> dict[str, Any]:
    """Return the fields that differ and their new values; of a deleted node only its absence."""
    gone = {way for way in base if way.endswith(":") and way not in now}
    return {
        way: now.get(way, ABSENT)
        for way in (*base, *(way for way in now if way not in base))
        if base.get(way, ABSENT) != now.get(way, ABSENT)
        and (way in gone or f"{way.partition(':')[0]}:" not in gone)
    }


def test_every_key_of_the_schema_has_one_row() -> None:
    assert not ROWS.keys() & RENAMING.keys() | (ROWS.keys() | RENAMING.keys()) & OUTSIDE.keys()
    assert ROWS.keys() | RENAMING.keys() | OUTSIDE.keys() == leaves(config_shape())
    assert all(callable(globals().get(test)) for test in OUTSIDE.values())


@pytest.mark.parametrize("key", ROWS)
def test_a_key_changes_its_own_fields_and_no_others(
    tmp_path: Path, base: Mapping[str, Any], key: str
) -> None:
    row = ROWS[key]
    found = differences(base, shown(configured(tmp_path, row.settings())))
    wanted = {
        way: found.get(way) if value == OTHER else value for way, value in row.differs.items()
    }
    assert found == wanted
    assert found


@pytest.mark.parametrize("key", RENAMING)
def test_a_name_is_in_every_field_that_has_names(
    tmp_path: Path, base: Mapping[str, Any], key: str
) -> None:
    value, prefix, owner_prefix = RENAMING[key]
    found = differences(base, shown(configured(tmp_path, Row(key, value, {}).settings())))
    named = {f"{node}:{field}" for field, nodes in NAMED.items() for node in nodes.split()}
    assert {_field(way) for way in found} == named
    for way, now in found.items():
        if _field(way).endswith((":digest", ":configuration")):
            continue
        renamed = repr(base[way]).replace("tap-dev", prefix).replace("tap/dev", owner_prefix)
        assert repr(now) == renamed, way


def _field(way: str) -> str:
    """Return the whole field of a path into it."""
    node, _, inner = way.partition(":")
    return f"{node}:{inner.partition('.')[0]}"


@pytest.mark.parametrize("place", SWITCHED_OFF)
def test_null_takes_its_nodes_away_and_no_others(
    tmp_path: Path, base: Mapping[str, Any], place: str
) -> None:
    now = shown(configured(tmp_path, Row(place, None, {}).settings()))
    kinds = {way for way in base if way.endswith(":")} ^ {way for way in now if way.endswith(":")}
    assert kinds == {f"{node}:" for node in SWITCHED_OFF[place].split()}
    assert differences(base, now)


class _LookedAtError(Exception):
    """Ends the command when the test has seen enough."""


def test_the_region_and_the_account_lead_to_aws(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No step has them: the region decides where calls are sent, and the account is checked."""
    told: list[Any] = []

    def where(aws: Aws) -> Location:
        told.append(aws.access.region)
        return WHERE

    def key(_aws: Aws, name: str, *_: Any) -> str:
        told.append(name)
        return ""

    def zones(_aws: Aws, count: int, *_: Any) -> tuple[str, ...]:
        told.append(count)
        raise _LookedAtError

    monkeypatch.setattr(Aws, "sign_in", lambda _: None)
    monkeypatch.setattr(Aws, "fetch_location", where)
    monkeypatch.setattr(workspace, "zones_of", zones)
    file = tmp_path / "config.yaml"

    def opened(**changes: Any) -> None:
        file.write_text(json.dumps({**BASE, **changes}), "utf-8")
        open_workspace(Options(file), say=told.append, build_sources=False, key=key)

    with pytest.raises(_LookedAtError):
        opened(
            region="eu-west-1",
            encryption={"key": "alias/ours"},
            network={"zones": 4, "endpoints": ["s3"]},
        )
    assert told == ["eu-west-1", "alias/ours", 4]
    with pytest.raises(WrongAccount, match=r"config\.yaml requires account 210987654321; these"):
        opened(account="210987654321")
    with pytest.raises(_LookedAtError):
        opened(account=None)


@pytest.mark.parametrize(
    ("environment", "protect", "protected"),
    [
        ("dev", None, False),
        ("dev", True, True),
        ("dev", False, False),
        ("prod", None, True),
        ("prod", True, True),
        ("prod", False, False),
    ],
)
def test_what_is_protected_wants_its_name(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    environment: str,
    protect: bool | None,
    protected: bool,
) -> None:
    """`down --yes` is not enough, and an `up` that destroys data asks for the stack's name."""
    config = configured(tmp_path, {**BASE, "environment": environment, "protect": protect})
    name = f"tap-{environment}"

    def write_state(_: object) -> Any:
        raise _LookedAtError

    opened = SimpleNamespace(
        inputs=SimpleNamespace(config=config),
        stack=SimpleNamespace(name=name, nodes={}),
        remembered=frozenset(),
        write_state=write_state,
    )
    session: Any = SimpleNamespace(
        open=lambda **_: opened,
        call=SimpleNamespace(rerun_command="", as_json=False),
    )
    monkeypatch.setattr(down_command, "_open", lambda _: opened)
    refusal = click.UsageError if protected else _LookedAtError
    with pytest.raises(refusal):
        down_command.down(session, Confirmation(yes=True, confirm=None), PlanOptions(), workers=1)
    with pytest.raises(_LookedAtError):
        down_command.down(session, Confirmation(yes=False, confirm=name), PlanOptions(), workers=1)

    asked: list[bool] = []

    def confirm(*_: Any, protected: bool) -> bool:
        asked.append(protected)
        return False

    opened.write_state = nullcontext
    monkeypatch.setattr(
        up_command, "plan_and_show", lambda *_: SimpleNamespace(doable=True, all={})
    )
    monkeypatch.setattr(up_command, "confirm", confirm)
    for destroys in (True, False):
        monkeypatch.setattr(up_command, "destroys_data", lambda _, here=destroys: here)
        agreement = Confirmation(yes=True, confirm=None)
        code = up_command.up(session, agreement, adopt=(), destroy=(), backup=True, workers=1)
        assert code == 1
    assert asked == [protected, False]


def test_a_package_is_built_from_its_own_folder_for_its_own_functions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The builder of packages receives `source`, `runtime` and `architecture` of each function."""
    for folder, text in (("code-one", "a = 1\n"), ("code-two", "b = 22\n")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "app.py").write_text(text, "utf-8")
    told: list[tuple[str, str, str]] = []

    def build_layer(source: Path, *, runtime: str, architecture: str, **_: Any) -> Archive:
        told.append((source.name, runtime, architecture))
        return Archive.of(source.name.encode())

    monkeypatch.setattr(packages, "build_layer", build_layer)
    config = configured(tmp_path, BASE)
    builder = PackageBuilder(config, Cache(tmp_path / "cache"), for_this_machine=False)
    first, second = (Path(builder.function(name).zip).read_bytes() for name in ("items", "worker"))
    assert (b"a = 1" in first, b"b = 22" in first) == (True, False)
    assert (b"a = 1" in second, b"b = 22" in second) == (False, True)
    builder.layer("first")
    builder.layer("second")
    assert told == [("layer-one", "python3.13", "arm64"), ("layer-two", "python3.12", "x86_64")]
