"""Answers that are not from AWS are never read as answers: each protocol, each call of a run."""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from typing import Any

import botocore.session
import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError
from moto.core.botocore_stubber import MockRawResponse

from provision.aws.access import Access
from provision.aws.answer_format import StrangeAnswer, demand_form
from provision.aws.client import Aws
from provision.engine.errors import translate_error
from provision.errors import Unreachable
from provision.stack.lookups import account_alias, key_as_recorded
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.account_inventory import inventory
from tests.support.harness import new_aws
from tests.support.virtual_clock import VirtualClock

SWEEP = "PAGES_SWEEP" in os.environ
"""With it, a web page replaces every operation's answer; without, those chosen by a seed."""
SEED = random.Random(3)
SAMPLED = {"plan": 3, "up": 1, "down": 1}
"""How many operations of each command the suite takes: `up` and `down` cost whole stacks."""
FIRST = "before-send.sts.GetCallerIdentity"
XHTML = b'<?xml version="1.0"?>\n<html><head><title>Hotel &amp; Spa</title></head><body/></html>'
HTML = b"<!DOCTYPE html>\n<!-- x --><HTML><head><title>\n Sign in </title><p>secret of theirs<br>"
OPERATIONS = {
    "query": ("iam", "GetRole"),
    "query, nothing to read": ("iam", "DeleteRole"),
    "query, an empty result": ("sns", "TagResource"),
    "ec2": ("ec2", "DescribeVpcs"),
    "json": ("dynamodb", "DescribeTable"),
    "json, nothing to read": ("kms", "DeleteAlias"),
    "rest-json": ("apigateway", "GetRestApi"),
    "rest-json, nothing to read": ("apigateway", "DeleteRestApi"),
    "rest-json, a stream": ("lambda", "Invoke"),
    "rest-xml": ("route53", "ListHostedZonesByName"),
    "rest-xml, a change": ("route53", "ChangeResourceRecordSets"),
}
AWS_ANSWERS: list[tuple[str, int, bytes]] = [
    ("query", 200, b"<GetRoleResponse xmlns='x'><GetRoleResult/></GetRoleResponse>"),
    ("query", 404, b"<ErrorResponse><Error><Code>NoSuchEntity</Code></Error></ErrorResponse>"),
    ("query, nothing to read", 200, b"<DeleteRoleResponse></DeleteRoleResponse>"),
    ("query, an empty result", 200, b"<TagResourceResponse><X/></TagResourceResponse>"),
    ("query, an empty result", 200, b"<TagResourceResponse/>"),
    ("ec2", 200, b"<DescribeVpcsResponse><vpcSet/></DescribeVpcsResponse>"),
    ("ec2", 400, b"<Response><Errors><Error><Code>X</Code></Error></Errors></Response>"),
    ("json", 200, b'{"Table": {}}'),
    ("json", 400, b'{"__type": "ResourceNotFoundException"}'),
    ("json", 400, b""),
    ("json", 404, b"<UnknownOperationException/>"),
    ("json", 403, b"<AccessDeniedException><Message>x</Message></AccessDeniedException>"),
    ("json, nothing to read", 200, b""),
    ("json, nothing to read", 200, b"{}"),
    ("rest-json", 200, b'{"id": "a"}'),
    ("rest-json, nothing to read", 202, b""),
    ("rest-json, nothing to read", 204, b""),
    ("rest-xml", 200, b"<ListHostedZonesByNameResponse/>"),
    ("rest-xml, a change", 400, b"<InvalidChangeBatch><Messages/></InvalidChangeBatch>"),
    ("rest-xml", 400, b"<ErrorResponse/>"),
]  # fmt: skip
STRANGE: list[tuple[int, bytes]] = [
    (200, XHTML),
    (200, HTML),
    (200, b"<wisp/>"),
    (200, b"<Other><GetRoleResult/></Other>"),
    (200, b"Welcome"),
    (200, b"[]"),
    (200, b'{"Table": '),
    (302, b""),
    (403, HTML),
    (404, XHTML),
    (404, b"not here"),
    (407, HTML),
    (511, HTML),
    (511, b""),
]


@dataclass
class Stream:
    """A streaming body, as the SDK passes it on unread."""


def judged(service: str, operation: str, status: int, body: object, kind: str = "") -> str:
    """Return the body that `demand_form` leaves; it raises the error that is to be reported."""
    model = botocore.session.Session().get_service_model(service).operation_model(operation)
    answer = {"status_code": status, "body": body, "headers": {"content-type": kind}}
    demand_form("https://sts.amazonaws.com", model, answer)
    return str(answer["body"])


@pytest.mark.parametrize(("protocol", "status", "body"), AWS_ANSWERS)
def test_what_aws_answers_is_read(protocol: str, status: int, body: bytes) -> None:
    assert judged(*OPERATIONS[protocol], status, body, "text/html") == str(body)


@pytest.mark.parametrize("protocol", OPERATIONS)
@pytest.mark.parametrize(("status", "body"), STRANGE)
def test_what_is_not_aws_is_told(protocol: str, status: int, body: bytes) -> None:
    stream = protocol.endswith("a stream") and status == 200
    with pytest.raises(StrangeAnswer) as raised:
        judged(*OPERATIONS[protocol], status, Stream() if stream else body, "text/html; x=y")
    told = translate_error(raised.value)
    assert isinstance(told, Unreachable)
    assert "not by sts.amazonaws.com but by something in between" in told.message
    assert OPERATIONS[protocol][1] in told.message
    assert "secret of theirs" not in told.message
    assert "`curl -sv -o /dev/null https://sts.amazonaws.com/`" in told.hint
    if not stream and body == XHTML:
        assert f'a web page "Hotel & Spa" (HTTP {status})' in told.message


@pytest.mark.parametrize("protocol", ["query", "ec2", "json", "rest-json", "rest-xml"])
def test_nothing_where_something_is_to_be_read(protocol: str) -> None:
    with pytest.raises(StrangeAnswer, match="200, empty"):
        judged(*OPERATIONS[protocol], 200, b"")
    assert judged(*OPERATIONS[protocol], 503, HTML) == "b''", "a balancer's own failure passes"


def test_a_redirection_says_where_it_leads() -> None:
    model = botocore.session.Session().get_service_model("sts").operation_model("GetCallerIdentity")
    headers = {"location": "https://login.hotel.example/x?secret=1"}
    with pytest.raises(StrangeAnswer, match=r"to login\.hotel\.example \(HTTP 302\)"):
        demand_form("https://x", model, {"status_code": 302, "body": b"", "headers": headers})


@dataclass
class InBetween:
    """A network device that answers one call of a run in AWS's place."""

    operation: str
    """The event whose first call is answered, such as `before-send.dynamodb.DescribeTable`."""
    status: int = 200
    body: bytes = XHTML
    calls: list[str] = field(default_factory=list)

    def watch(self, client: Any) -> None:
        client.meta.events.register_first("before-send.*.*", self._answer)

    def _answer(self, event_name: str, request: Any, **_: Any) -> AWSResponse | None:
        self.calls.append(event_name)
        if event_name != self.operation or self.calls.count(event_name) > 1:
            return None
        headers: Any = {"content-type": "text/html"}
        return AWSResponse(request.url, self.status, headers, MockRawResponse(self.body))


@pytest.mark.parametrize(("status", "body"), [(511, HTML), (403, HTML), (302, b""), (200, HTML)])
def test_no_page_is_waited_for(account: None, status: int, body: bytes) -> None:
    clock, between = VirtualClock(), InBetween(FIRST, status, body)
    access = Access("us-east-1", credentials=("test", "test"), on_client_created=between.watch)
    with pytest.raises(StrangeAnswer):
        Aws(access, clock=clock).fetch_location()
    assert len(between.calls) == 1


def test_a_balancer_that_fails_is_asked_again(account: None) -> None:
    between = InBetween("before-send.dynamodb.ListTables", 503, HTML)
    access = Access("us-east-1", credentials=("test", "test"), on_client_created=between.watch)
    assert Aws(access, clock=VirtualClock()).dynamodb.list_tables()["TableNames"] == []
    assert len(between.calls) == 2
    between = InBetween("before-send.iam.ListRoles", 502, b"upstream connect error")
    access = Access("us-east-1", credentials=("test", "test"), on_client_created=between.watch)
    aws = Aws(access, clock=VirtualClock())
    assert aws.iam.list_roles()["Roles"] == []
    InBetween("before-send.ec2.CreateVpc", 502, HTML).watch(aws.ec2)
    with pytest.raises(ClientError) as raised:  # never sent twice; the resource is searched for
        aws.ec2.create_vpc(CidrBlock="10.0.0.0/16")
    assert translate_error(raised.value).message == "CreateVpc: HTTP 502 Bad Gateway"


class Way:
    """Connects every client of a command to an `InBetween`."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.between = InBetween("")
        watch = Aws._register_hooks

        def watched(aws: Aws, client: Any) -> None:
            watch(aws, client)
            self.between.watch(client)

        monkeypatch.setattr(Aws, "_register_hooks", watched)

    def run(self, provision: Provision, operation: str, *words: str) -> tuple[int, str]:  # noqa: F811
        self.between = InBetween(operation)
        told = provision(*words)
        return told.code, told.err


def state() -> dict[str, int]:
    """Return the state with ids replaced, because they differ from run to run."""
    return {kind: len(names) for kind, names in inventory(new_aws()).items()}


@pytest.mark.parametrize("verb", ["plan", "up", "down"])
def test_a_page_in_the_place_of_any_answer(
    account: None,
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
) -> None:
    """A web page in the place of any operation's answer is handled.

    It is reported, or the run searches for the resource whose answer was lost. No run succeeds that
    should not, and no error is unexpected.
    """
    words = {
        "plan": ("plan",),
        "up": ("up", "--yes"),
        "down": ("down", "--yes", "--destroy-data", "--no-backup"),
    }[verb]
    way = Way(monkeypatch)
    back = ("up", "--yes") if verb == "down" else ("down", "--yes", "--destroy-data", "--no-backup")
    if verb == "up":
        provision("up", "--yes")  # the first creates resources that stay in an account
    if verb != "plan":
        provision(*back)
    way.run(provision, "", *words)
    operations = sorted(set(way.between.calls))
    whole = state()
    for name in operations if SWEEP else SEED.sample(operations, SAMPLED[verb]):
        if verb != "plan":
            assert provision(*back).code == 0
        code, told = way.run(provision, name, *words)
        assert name in way.between.calls
        assert "unexpected" not in told, (name, told)
        if code:
            assert "something in between" in told, (name, told)
            assert provision(*words).code == 0, name
        assert state() == whole, (name, told)


CUT = b"<ListAccountAliasesResponse><ListAccountAliasesResult><AccountAliases>"


@pytest.mark.parametrize("body", [XHTML, CUT])
def test_what_nothing_depends_on_is_done_without(account: None, body: bytes) -> None:
    """The account's name is only for people, and commands that only read use the recorded key."""
    between = InBetween("before-send.iam.ListAccountAliases", 200, body)
    access = Access("us-east-1", credentials=("test", "test"), on_client_created=between.watch)
    assert account_alias(Aws(access)) == ""
    between = InBetween("before-send.kms.DescribeKey")
    access = Access("us-east-1", credentials=("test", "test"), on_client_created=between.watch)
    told: list[Exception] = []
    arn = key_as_recorded(Aws(access), "alias/our", [], told.append)
    assert (arn, len(told)) == ("arn:aws:kms:us-east-1:123456789012:alias/our", 1)
