"""The TLS policy of the API and its domain: sent, compared, changed together, not weakened."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any, get_args

import pytest
from botocore.loaders import create_loader

from provision.config.schema.api import TlsPolicy
from provision.plan.change import Action
from provision.steps.apigateway.rest_api.api import RestApi
from provision.steps.apigateway.tls import TLS_RISKS, access_mode, tls_patches
from tests.support.harness import Workshop, one_node
from tests.unit.steps.apigateway.test_domain_name import NAME, make_domain
from tests.unit.steps.apigateway.test_rest_api import API, gateway, made

POLICIES = get_args(TlsPolicy)
NEWEST = "SecurityPolicy_TLS13_1_3_2025_09"
ENHANCED: dict[str, Any] = {"security_policy": NEWEST, "access_mode": "STRICT"}
WEAKER, STRONGER, _ = TLS_RISKS["security_policy"]


def shown(api: RestApi) -> tuple[str, str]:
    found = gateway().get_rest_api(restApiId=api.id)
    return found["securityPolicy"], found.get("endpointAccessMode", "")


def test_config_takes_every_policy_of_regional_endpoints_but_the_oldest() -> None:
    model = create_loader().load_service_model("apigateway", "service-2")
    known = model["shapes"]["SecurityPolicy"]["enum"]
    assert set(POLICIES) == {p for p in known if not p.endswith("_EDGE")} - {"TLS_1_0"}


def test_without_a_word_an_api_takes_tls_1_2_at_least(workshop: Workshop) -> None:
    assert shown(made(workshop)) == ("TLS_1_2", "")


def test_an_older_stack_s_api_is_brought_up_to_it_and_deployed_anew(workshop: Workshop) -> None:
    api = made(workshop)
    patch = [{"op": "replace", "path": "/securityPolicy", "value": "TLS_1_0"}]
    gateway().update_rest_api(restApiId=api.id, patchOperations=patch)
    again = made(workshop)
    assert shown(again) == ("TLS_1_2", "")
    assert again.release() != api.release(), "it takes effect with a deployment (A37)"


def test_a_stronger_one_set_by_hand_is_drift_that_a_plan_calls_weaker_to_undo(
    workshop: Workshop,
) -> None:
    api = made(workshop)
    patches: Any = tls_patches(NEWEST, "STRICT", "")
    gateway().update_rest_api(restApiId=api.id, patchOperations=patches)
    finding = workshop.run(one_node(API), "plan").changes["it"]
    assert finding.action is Action.UPDATE
    assert {diff.field for diff in finding.diffs} == {"security_policy", "access_mode"}
    assert WEAKER.when(NEWEST, "TLS_1_2")


@pytest.mark.parametrize("there", [{}, ENHANCED], ids=["to it", "back"])
def test_policy_and_access_mode_go_in_one_request(
    workshop: Workshop, there: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """AWS refuses one without the other (A38)."""
    wanted = ENHANCED if not there else {"security_policy": "TLS_1_2", "access_mode": ""}
    made(workshop, replace(API, **there))
    api = made(workshop, replace(API, **wanted))
    assert shown(api) == tuple(wanted.values())
    assert workshop.last.writes == ["TagResource", "UpdateRestApi"]
    domain = make_domain()
    workshop.forget()
    workshop.run(one_node(replace(domain, **there)), "up")
    workshop.run(one_node(replace(domain, **wanted)), "up")
    assert workshop.last.writes == ["UpdateDomainName"]
    found = gateway().get_domain_name(domainName=NAME)
    assert (found["securityPolicy"], found.get("endpointAccessMode", "")) == tuple(wanted.values())


@pytest.mark.parametrize("policy", POLICIES)
def test_only_policies_that_know_it_come_with_an_access_mode(policy: str) -> None:
    assert access_mode(policy) == ("STRICT" if policy.startswith("SecurityPolicy_") else "")
    assert WEAKER.when(policy, "TLS_1_0")
    assert STRONGER.when("TLS_1_0", policy)
    assert not WEAKER.when(policy, policy)


@pytest.mark.parametrize(
    ("have", "want", "less"),
    [
        ("TLS_1_2", "TLS_1_0", True),
        ("SecurityPolicy_TLS13_1_2_2021_06", "TLS_1_2", True),
        (NEWEST, "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", True),
        ("SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", "SecurityPolicy_TLS13_1_2_PQ_2025_09", True),
        ("SecurityPolicy_TLS13_1_2_PQ_2025_09", "SecurityPolicy_TLS13_1_2_Ext2_PQ_2025_09", True),
        ("SecurityPolicy_TLS13_1_2_PQ_2025_09", "SecurityPolicy_TLS13_1_2_PFS_PQ_2025_09", False),
        ("SecurityPolicy_TLS14_2030", NEWEST, True),
        ("TLS_1_0", "TLS_1_2", False),
    ],
)
def test_what_lets_more_in_is_weaker(have: str, want: str, *, less: bool) -> None:
    assert WEAKER.when(have, want) is less
    assert STRONGER.when(want, have) is less


def test_of_two_policies_one_is_weaker_or_neither_is_told_as_stronger_alone() -> None:
    for have, want in itertools.permutations(POLICIES, 2):
        assert WEAKER.when(have, want) or STRONGER.when(have, want), f"{have} to {want} is silent"
