"""The risks of each action, as the kinds declare them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import pytest

from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Step, fields_with
from provision.plan.change import Action, Cause, FieldDiff, ResourceChange
from provision.plan.risks import risks_of
from provision.steps import KINDS
from provision.steps.acm.certificate import Certificate
from provision.steps.acm.reading import ISSUED_BUDGET
from provision.steps.apigateway.api_key import ApiKey
from provision.steps.apigateway.domain_name import DomainName
from provision.steps.apigateway.rest_api.api import RestApi, Route
from provision.steps.apigateway.rest_api.contents import Authorizer, Cors
from provision.steps.apigateway.rest_api.public import (
    auth_risks,
    authorized_routes,
    key_risks,
    public_routes,
)
from provision.steps.apigateway.rest_api.risks import removal_risks
from provision.steps.apigateway.stage import Stage
from provision.steps.dynamodb.table import Table
from provision.steps.ec2.network_interfaces import NetworkInterfaces
from provision.steps.ec2.vpc import Vpc
from provision.steps.lambda_.function import Function
from provision.steps.lambda_.states import SETTLE_BUDGET
from provision.steps.logs.log_group import LogGroup
from provision.steps.sqs.queue import Queue
from provision.unknown import UNKNOWN
from tests.unit.plan.kinds import Vault

TABLE = Table(name="t", key="id", tags={})
KEY = ApiKey(name="k", tags={})
API = RestApi(name="a", routes=(), models={}, tags={})
ASKS = Authorizer(name="users-cognito", kind="COGNITO_USER_POOLS", pools=("a",))
ASKING = replace(API, authorizers=(ASKS,))
KEYED = Route("GET", "/items", "arn:f")
PUBLIC = Route("GET", "/health", "arn:f", api_key=False)
TYPED = replace(KEYED, query=("q",))
CORS = Cors("https://a.example", ("X-Api-Key",), 600)
FURTHER_CORS = replace(CORS, origin="https://b.example", others=(CORS.origin,), credentials=True)
OTHER_CORS = replace(CORS, origin="https://b.example")
WRITING = Route("POST", "/hook", "arn:f", api_key=False)
TLS_13 = "SecurityPolicy_TLS13_1_3_2025_09"
STAGE = Stage(
    api_id="a",
    name="v1",
    deployment_id="d",
    tracing=True,
    access_log="",
    access_format="",
    log_level="OFF",
    rate=1.0,
    burst=1,
    tags={},
)
FUNCTION = Function(
    name="f", runtime="r", handler="h", role="a", code_sha256="c", zip="z", log_group="l", tags={}
)
LOGS = LogGroup(name="l", retention=30, tags={})
QUEUE = Queue(name="q", tags={})
VPC = Vpc(cidr="10.0.0.0/24", tags={})
INTERFACES = NetworkInterfaces(group_id="sg-1")
DOMAIN = DomainName(name="d", certificate="c", tags={})
CERTIFICATE = Certificate(domain="d", tags={})


def harms(step: Step, action: Action, cause: Cause | None = None, **want: Any) -> set[Impact]:
    changes = tuple(
        FieldDiff(name, value, vars(step)[name], fixed=False, cause=Cause.CONFIG)
        for name, value in want.items()
    )
    made = None if action is Action.DELETE else replace(step, **want)
    have = None if action is Action.CREATE else step
    finding = ResourceChange("n", (), step.KIND, made, have, changes, action, cause=cause)
    return {risk.impact for risk in risks_of(finding)}


CASES = [
    (TABLE, Action.CREATE, None, {}, set()),
    (TABLE, Action.CREATE, Cause.DRIFT, {}, {Impact.DATA_LOSS}),
    (TABLE, Action.REPLACE, None, {"key": "pk"}, {Impact.DATA_LOSS, Impact.DOWNTIME}),
    (TABLE, Action.DELETE, None, {}, {Impact.DATA_LOSS}),
    (TABLE, Action.KEEP, None, {}, set()),
    (TABLE, Action.UPDATE, None, {"protect": False}, set()),
    (TABLE, Action.UPDATE, None, {"encryption": "owned"}, {Impact.SLOW}),
    (TABLE, Action.UPDATE, None, {"recovery": False}, {Impact.DATA_LOSS}),
    (KEY, Action.CREATE, Cause.CONFIG, {}, {Impact.SLOW}),
    (KEY, Action.CREATE, Cause.DRIFT, {}, {Impact.SLOW, Impact.KEY_CHANGES}),
    (KEY, Action.DELETE, None, {}, {Impact.KEY_CHANGES}),
    (API, Action.CREATE, Cause.CONFIG, {}, set()),
    (API, Action.CREATE, Cause.DRIFT, {}, {Impact.NEW_URL}),
    (API, Action.UPDATE, None, {"description": "x"}, set()),
    (API, Action.UPDATE, None, {"default_endpoint": False}, {Impact.NEW_URL}),
    (
        replace(API, default_endpoint=False),
        Action.UPDATE,
        None,
        {"default_endpoint": True},
        set(),
    ),
    (API, Action.UPDATE, None, {"security_policy": "TLS_1_0"}, {Impact.WEAKER, Impact.SLOW}),
    (API, Action.UPDATE, None, {"security_policy": TLS_13}, {Impact.DOWNTIME, Impact.SLOW}),
    (
        replace(API, security_policy=TLS_13, access_mode="STRICT"),
        Action.UPDATE,
        None,
        {"security_policy": "TLS_1_2", "access_mode": ""},
        {Impact.WEAKER, Impact.SLOW},
    ),
    (API, Action.UPDATE, None, {"routes": (PUBLIC, KEYED)}, {Impact.WEAKER}),
    (replace(API, routes=(PUBLIC,)), Action.CREATE, None, {}, {Impact.WEAKER}),
    (replace(API, routes=(KEYED,)), Action.CREATE, None, {}, set()),
    (replace(API, routes=(PUBLIC,)), Action.UPDATE, None, {"routes": (PUBLIC, KEYED)}, set()),
    (replace(API, routes=(PUBLIC,)), Action.UPDATE, None, {"routes": ()}, {Impact.DOWNTIME}),
    (replace(API, routes=(KEYED,)), Action.UPDATE, None, {"routes": (TYPED,)}, set()),
    (ASKING, Action.UPDATE, None, {"authorizers": (replace(ASKS, pools=("a", "b")),)}, set()),
    (
        ASKING,
        Action.UPDATE,
        None,
        {"authorizers": (replace(ASKS, pools=("b",)),)},
        {Impact.DOWNTIME},
    ),
    (ASKING, Action.UPDATE, None, {"authorizers": (replace(ASKS, source="x"),)}, {Impact.DOWNTIME}),
    (ASKING, Action.UPDATE, None, {"authorizers": ()}, set()),
    (API, Action.UPDATE, None, {"cors": CORS}, set()),
    (replace(API, cors=CORS), Action.UPDATE, None, {"cors": None}, {Impact.DOWNTIME}),
    (replace(API, cors=CORS), Action.UPDATE, None, {"cors": OTHER_CORS}, {Impact.DOWNTIME}),
    (replace(API, cors=CORS), Action.UPDATE, None, {"cors": replace(CORS, origin="*")}, set()),
    (replace(API, cors=CORS), Action.UPDATE, None, {"cors": FURTHER_CORS}, {Impact.WEAKER}),
    (replace(API, cors=FURTHER_CORS), Action.UPDATE, None, {"cors": CORS}, {Impact.DOWNTIME}),
    (replace(API, routes=(PUBLIC,)), Action.DELETE, None, {}, {Impact.DOWNTIME}),
    (
        replace(API, routes=(PUBLIC, WRITING)),
        Action.UPDATE,
        None,
        {"routes": (replace(PUBLIC, api_key=True), WRITING)},
        {Impact.DOWNTIME},
    ),
    (API, Action.UPDATE, None, {"routes": UNKNOWN}, set()),
    (STAGE, Action.REPLACE, None, {"name": "v2"}, {Impact.NEW_URL}),
    (STAGE, Action.UPDATE, None, {"rate": 2.0}, set()),
    (FUNCTION, Action.UPDATE, None, {"memory": 256}, set()),
    (FUNCTION, Action.UPDATE, None, {"subnet_ids": ("s",)}, {Impact.SLOW}),
    (FUNCTION, Action.UPDATE, None, {"subnet_ids": UNKNOWN}, {Impact.SLOW}),
    (LOGS, Action.UPDATE, None, {"retention": 7}, {Impact.DATA_LOSS}),
    (LOGS, Action.UPDATE, None, {"retention": 90}, set()),
    (LOGS, Action.REPLACE, None, {}, {Impact.DATA_LOSS}),
    (LOGS, Action.CREATE, Cause.DRIFT, {}, set()),
    (LOGS, Action.DELETE, None, {}, {Impact.DATA_LOSS}),
    (QUEUE, Action.REPLACE, None, {}, {Impact.SLOW, Impact.DOWNTIME}),
    (VPC, Action.REPLACE, None, {"cidr": "10.1.0.0/24"}, {Impact.DOWNTIME, Impact.SLOW}),
    (VPC, Action.CREATE, Cause.DRIFT, {}, {Impact.DOWNTIME}),
    (INTERFACES, Action.DELETE, None, {}, {Impact.SLOW}),
    (DOMAIN, Action.REPLACE, None, {"name": "e"}, {Impact.NEW_URL, Impact.SLOW}),
    (DOMAIN, Action.UPDATE, None, {"security_policy": "TLS_1_0"}, {Impact.WEAKER, Impact.SLOW}),
    (DOMAIN, Action.CREATE, None, {}, {Impact.SLOW}),
    (CERTIFICATE, Action.CREATE, None, {}, {Impact.SLOW}),
]


@pytest.mark.parametrize(("step", "action", "cause", "want", "expected"), CASES)
def test_each_action_risks_what_its_kind_says(
    step: Step, action: Action, cause: Cause | None, want: dict[str, Any], expected: set[Impact]
) -> None:
    assert harms(step, action, cause, **want) == expected


def test_public_routes_are_named_and_those_that_write_twice() -> None:
    def words(want: tuple[Route, ...], have: tuple[Route, ...] = ()) -> list[tuple[str, str]]:
        return [(risk.impact.value, risk.why) for risk in key_risks(want, have)]

    assert words((KEYED, PUBLIC, WRITING)) == [
        ("weaker", "anyone can call GET /health and POST /hook without a key: public"),
        ("weaker", "POST /hook writes, and so can anyone"),
    ]
    assert words((KEYED, PUBLIC, WRITING), (KEYED, PUBLIC)) == [
        ("weaker", "anyone can call POST /hook without a key: public"),
        ("weaker", "POST /hook writes, and so can anyone"),
    ]
    assert words((PUBLIC, replace(WRITING, api_key=True)), (PUBLIC, WRITING)) == [
        ("downtime", "callers of POST /hook without a key get 403")
    ]
    assert words((PUBLIC, WRITING), (PUBLIC, WRITING)) == []
    many = tuple(replace(WRITING, path=f"/{n}") for n in range(6))
    assert [why for _, why in words(many)] == [
        "anyone can call POST /0, POST /1, POST /2 and 3 more without a key: public",
        "POST /0, POST /1, POST /2 and 3 more write, and so can anyone",
    ]


def test_routes_that_callers_lose_are_named() -> None:
    (risk,) = removal_risks((replace(KEYED, target=UNKNOWN),), (KEYED, PUBLIC, WRITING))
    assert risk == Risk(Impact.DOWNTIME, "callers of GET /health and POST /hook get 404")
    assert removal_risks((KEYED,), (KEYED,)) == removal_risks(UNKNOWN, (KEYED,)) == ()
    assert removal_risks((KEYED,), ()) == ()


def test_a_risk_of_its_own_hides_no_other_of_its_impact() -> None:
    less = replace(API, routes=(PUBLIC,), security_policy="TLS_1_0")
    diffs = tuple(
        FieldDiff(name, vars(less)[name], vars(API)[name], fixed=False, cause=Cause.CONFIG)
        for name in ("routes", "security_policy")
    )
    change = ResourceChange("n", (), API.KIND, less, API, diffs, Action.UPDATE)
    found = risks_of(change)
    assert [risk.impact for risk in found] == [Impact.WEAKER, Impact.WEAKER, Impact.SLOW]
    assert len({risk.why for risk in found}) == 3


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_a_risk_is_of_a_field_that_can_differ(kind: type[Step]) -> None:
    compared = {*fields_with(kind, None), *(name for name in vars(kind).get("__annotations__", {}))}
    assert set(kind.RISKS.update) <= compared
    every = [*kind.RISKS.create, *kind.RISKS.gone, *kind.RISKS.recreate, *kind.RISKS.delete]
    every += [risk for risks in kind.RISKS.update.values() for risk in risks]
    for risk in every:
        assert risk.why
        assert (risk.impact is Impact.SLOW) <= (risk.seconds > 0), "what is slow says how slow"
        assert not risk.longest or risk.longest > risk.seconds


def test_of_one_harm_the_longest_is_told() -> None:
    changes = tuple(
        FieldDiff(name, UNKNOWN, (), fixed=False, cause=Cause.CONFIG)
        for name in ("subnet_ids", "group_ids")
    )
    finding = ResourceChange("n", (), FUNCTION.KIND, FUNCTION, FUNCTION, changes, Action.UPDATE)
    (risk,) = risks_of(finding)
    assert (risk.seconds, risk.longest) == (60, SETTLE_BUDGET)


def test_what_is_told_of_a_certificate_is_how_long_it_is_waited_for() -> None:
    (risk,) = Certificate.RISKS.create
    assert risk.longest == ISSUED_BUDGET


LONG = Risk(Impact.DOWNTIME, "long", seconds=60, longest=600)
LATER = Risk(Impact.DOWNTIME, "as long, and later", seconds=60, longest=600)
SHORT = Risk(Impact.DOWNTIME, "short", seconds=90, longest=500)
TOLD = Risk(Impact.WEAKER, "it may be weaker", when=lambda have, want: want == "weak")


@dataclass(frozen=True, kw_only=True)
class Risky(Vault):
    RISKS = Risks(create=(SHORT, LONG, LATER, SHORT), update={"expiry": (TOLD,)}, downtime="a gap")


def of(action: Action, *diffs: FieldDiff) -> tuple[Risk, ...]:
    thing = Risky(tags={})
    return risks_of(ResourceChange("it", (), Risky.KIND, thing, thing, diffs, action))


def to(expiry: Any) -> FieldDiff:
    return FieldDiff("expiry", expiry, "", fixed=False, cause=Cause.CONFIG)


def test_of_one_impact_the_longest_is_shown_and_of_equals_the_first() -> None:
    assert of(Action.CREATE) == (LONG,)


def test_a_replacement_says_in_words_what_is_lost_and_what_is_missing() -> None:
    lost = Risk(Impact.DATA_LOSS, "all its data is deleted with it")
    assert of(Action.DELETE) == (lost,)
    assert of(Action.REPLACE) == (lost, LONG)
    brief = risks_of(
        ResourceChange("it", (), Vault.KIND, Vault(tags={}), Vault(tags={}), (), Action.REPLACE)
    )
    assert brief == (lost, Risk(Impact.DOWNTIME, Vault.RISKS.downtime))


def test_a_value_that_is_not_known_yet_may_be_the_risky_one() -> None:
    assert of(Action.UPDATE, to("weak")) == (TOLD,)
    assert of(Action.UPDATE, to(UNKNOWN)) == (TOLD,)
    assert of(Action.UPDATE, to("strong")) == ()


def test_where_everything_happens_at_once_nothing_is_slow() -> None:
    change = ResourceChange("api.key.k", (), KEY.KIND, KEY, None, (), Action.CREATE)
    assert Impact.SLOW in {risk.impact for risk in risks_of(change)}
    assert Impact.SLOW not in {risk.impact for risk in risks_of(replace(change, at_once=True))}


def test_a_route_that_asks_who_calls_is_not_public() -> None:
    asks = Route("GET", "/mine", "arn", api_key=False, auth="users-cognito")
    signed = Route("PUT", "/mine", "arn", auth="AWS_IAM")
    assert public_routes((asks, signed)) == ()
    assert authorized_routes((signed, asks)) == {"AWS_IAM": (signed,), "users-cognito": (asks,)}
    assert public_routes((replace(asks, auth=""),)) != ()


def test_callers_that_must_say_who_they_are_and_those_that_no_longer_need_to() -> None:
    free = Route("GET", "/mine", "arn")
    asks = replace(free, auth="users-cognito")
    narrow = replace(asks, scopes=("a/b",))

    def told(want: Route, have: Route) -> list[tuple[str, str]]:
        return [(risk.impact.value, risk.why) for risk in auth_risks((want,), (have,))]

    refused = ("downtime", "callers of GET /mine whom it refuses get 401")
    assert told(asks, free) == [refused]
    assert told(narrow, asks) == [refused]
    assert told(asks, asks) == []
    signed = replace(free, auth="AWS_IAM")
    assert told(signed, free) == [
        ("downtime", "callers of GET /mine whom it refuses get 401 or 403")
    ]
    assert told(free, asks) == [("weaker", "GET /mine no longer asks who calls: the key is enough")]
    public = replace(free, api_key=False)
    assert told(public, asks) == [], "said as public"
    assert [risk.why for risk in key_risks((public,), (asks,))] == [
        "anyone can call GET /mine without a key: public"
    ]
    assert auth_risks((asks,), ()) == (), "a new route has no callers yet"
