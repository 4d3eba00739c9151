"""The key and bodies reach our API alone, even if the custom domain leads to another."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from provision.steps.apigateway.rest_api.api import RestApi
from provision.workflows.checks.catalog import CHECKS
from provision.workflows.checks.deployed import read_deployed
from provision.workflows.checks.http import HttpAnswer
from provision.workflows.checks.refusable import RefusedRequest, Unprovable
from provision.workflows.checks.round import Round, RunMemory
from provision.workflows.checks.target import CheckTarget
from provision.workflows.checks.verdict import CheckStatus
from provision.workflows.checks.way import find_way
from tests.support.harness import new_aws
from tests.support.sample_stack import reference_site, reference_stack

DOMAIN = "api.example.com"
REGIONAL = "d-1.execute-api.us-east-1.amazonaws.com"
CHANGES: Mapping[str, Any] = {"api": {"domain": {"name": DOMAIN, "zone": "example.com"}}}
OURS, THEIRS = ("ours", "v1"), ("theirs", "v1")
OFF: Any = {"disableExecuteApiEndpoint": True}


@dataclass
class Keeping:
    """A caller that keeps what it is asked: the method, and whether the key is with it."""

    asked: list[tuple[str, bool]] = field(default_factory=list)

    def get(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        self.asked.append(("GET", "x-api-key" in headers))
        return HttpAnswer(200)

    def options(self, path: str, headers: Mapping[str, str]) -> HttpAnswer:
        self.asked.append(("OPTIONS", "x-api-key" in headers))
        return HttpAnswer(200)

    def send_refused(self, request: RefusedRequest, headers: Mapping[str, str]) -> HttpAnswer:
        self.asked.append((request.method, "x-api-key" in headers))
        return HttpAnswer(400)


class Pages:
    """API Gateway with a domain; AWS shows its mappings on two pages."""

    def __init__(self, mapped: Mapping[str, tuple[str, str]], shown: Mapping[str, Any]) -> None:
        self.mapped, self.shown = mapped, shown

    def get_domain_name(self, domainName: str) -> Mapping[str, Any]:  # noqa: N803  (AWS's word)
        assert domainName == DOMAIN
        return self.shown

    def get_paginator(self, name: str) -> Pages:
        assert name == "get_base_path_mappings"
        return self

    def paginate(self, domainName: str) -> Sequence[Mapping[str, Any]]:  # noqa: N803  (AWS's word)
        assert domainName == DOMAIN
        return [
            {"items": [{"basePath": path, "restApiId": api, "stage": stage}]}
            for path, (api, stage) in self.mapped.items()
        ] + [{}]


class Shown:
    """The clients of AWS, as far as they are asked."""

    def __init__(self, apigateway: Pages) -> None:
        self.apigateway = apigateway


def new_target(folder: Path) -> CheckTarget:
    inputs = reference_site(new_aws(), folder, CHANGES)
    stack = reference_stack(new_aws(), folder, CHANGES)
    api = stack.nodes["api"].build({})
    assert isinstance(api, RestApi)
    return CheckTarget(inputs, stack, api, OURS[0], f"https://{DOMAIN}", "", (), (), "name")


@pytest.mark.parametrize(
    ("mapped", "shown", "why"),
    [
        ({"(none)": OURS}, {}, ""),
        ({"(none)": OURS, "billing": THEIRS}, {}, ""),
        ({"(none)": OURS, "item": THEIRS}, {}, ""),
        ({}, {}, "does not lead to this API"),
        ({"(none)": THEIRS}, {}, "does not lead to this API"),
        ({"(none)": ("ours", "v2")}, {}, "does not lead to this API"),
        ({"billing": OURS}, {}, "does not lead to this API"),
        ({"(none)": OURS, "items": THEIRS}, {}, "leads to another API at /items"),
        ({"(none)": OURS}, {"routingMode": "ROUTING_RULE_THEN_BASE_PATH_MAPPING"}, "by rules"),
        ({"(none)": OURS}, {"regionalDomainName": ""}, "no regional domain"),
    ],
)
def test_the_domain_must_lead_to_our_api(
    account: None,
    tmp_path: Path,
    mapped: Mapping[str, tuple[str, str]],
    shown: Mapping[str, Any],
    why: str,
) -> None:
    aws: Any = Shown(Pages(mapped, {"regionalDomainName": REGIONAL, **shown}))
    found = find_way(aws, new_target(tmp_path), OFF)
    if why:
        assert isinstance(found, Unprovable)
        assert why in found.why
    else:
        assert found == REGIONAL


def test_aws_own_address_is_the_way_while_it_is_on(account: None, tmp_path: Path) -> None:
    nothing: Any = None
    assert find_way(nothing, new_target(tmp_path), {"ResponseMetadata": {}}) == ""  # type: ignore[typeddict-item]


@pytest.mark.parametrize("way", ["", REGIONAL, Unprovable("it leads elsewhere")])
def test_the_domain_s_name_gets_neither_key_nor_body(
    account: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, way: str | Unprovable
) -> None:
    target, aws = new_target(tmp_path), new_aws()
    route = next(route for route in target.routes if route.method == "POST")
    sent = RefusedRequest("POST", route.path, b"[]")
    monkeypatch.setattr(Round, "refused", lambda *_: sent)
    monkeypatch.setattr(Round, "deployed", replace(read_deployed(aws, target), way=way))
    named, own, regional = Keeping(), Keeping(), Keeping()
    at = {REGIONAL: regional}
    this = Round(aws, target, named, own, lambda host: at[host], RunMemory("the-key"))
    verdicts = {
        (check.id, subject): check.ask(this, subject)
        for check in CHECKS
        if check.id in {"key-missing", "key-wrong", "key-right", "cors-answer", "body-refused"}
        or check.id in {"query-refused", "preflight", "trace", "domain"}
        for subject in check.subjects(target)
    }
    assert named.asked, "requests with neither go there"
    assert all(method in {"GET", "OPTIONS"} and not key for method, key in named.asked)
    assert (("POST", True) in own.asked) is (way == "")
    assert (("GET", True) in regional.asked) is (way == REGIONAL)
    right = verdicts["key-right", "GET /items"]
    if isinstance(way, Unprovable):
        assert (right.status, right.reason) == (CheckStatus.FAIL, "it leads elsewhere")
        assert all(not key for _, key in own.asked)
        assert not regional.asked
        assert verdicts["body-refused", route.label].reason == "it leads elsewhere"
    else:
        assert right.status is CheckStatus.PASS
