"""Resources without an owner tag, known by their content or recreated without tags.

An equal state that claims them changes nothing of a foreign one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import boto3
import pytest

from provision.errors import NotOwned
from provision.model.capabilities import HasParent, MayReappear
from provision.model.step import Management, OwnerMark, Step, Tagged
from provision.plan.change import Action
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.steps.apigateway.base_path_mapping import BasePathMapping
from provision.steps.logs import log_group
from provision.steps.logs.log_group import LogGroup
from provision.steps.route53.record import RecordSet
from provision.steps.wafv2.association import WebAclAssociation
from provision.unknown import UNKNOWN
from tests.support.harness import HOLDER, Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_base_path_mapping import make_mapping
from tests.unit.steps.apigateway.test_domain_name import make_domain
from tests.unit.steps.route53.test_record import ALIAS, PROOF, make_zone

DOING = ("", "create", "update", "delete")
TOLD_BY_CONTENT = {RecordSet, BasePathMapping, WebAclAssociation}
ELSEWHERE = replace(
    ALIAS, alias_target="d111111abcdef8.cloudfront.net", alias_zone="Z2FDTNDATAQYW2"
)
ANOTHER_REGION = replace(ALIAS, alias_target="d-9.execute-api.eu-west-1.amazonaws.com")
ANOTHER_PROOF = replace(PROOF, values=("_theirs.acm-validations.aws.",))
PLAIN = replace(PROOF, values=("theirs.example.net.",))


def claim(workshop: Workshop, step: Step, doing: str) -> None:
    """Write a record, as if a run of this stack had written it."""
    journal = Journal(workshop.directory, "tap-dev", KINDS).open(HOLDER)
    if doing:
        journal.begin("it", doing, step, ())
    else:
        journal.done("it", step)
    journal.close()


def test_every_kind_that_is_told_by_what_it_says_is_asked_for(account: None) -> None:
    kinds = KINDS.values()
    told = {k for k in kinds if not k.OWNER_MARK.names_owner and "is_owned_by" in vars(k)}
    by_content = {kind for kind in kinds if kind.OWNER_MARK is OwnerMark.BY_CONTENT}
    assert told == by_content == TOLD_BY_CONTENT
    assert {kind for kind in kinds if issubclass(kind, MayReappear)} == {LogGroup}


def test_every_kind_without_a_mark_says_of_what_it_is_part(account: None) -> None:
    """A kind with an owner tag, or of the whole account, is not part of another."""
    for kind in KINDS.values():
        for_all = kind.MANAGEMENT is Management.NEVER_DELETED
        is_part = not (kind.OWNER_MARK.names_owner or for_all)
        assert issubclass(kind, HasParent) is is_part, kind.KIND


def with_domain(want: RecordSet) -> None:
    """Create the domain name, owned by this stack."""
    made = make_domain().with_owner("tap-dev/api.domain")
    assert isinstance(made, Tagged)
    replace(made, name=want.name).create(new_aws())


def nothing_more(_: RecordSet) -> None:
    """Create nothing, as before the first `up`."""


@pytest.mark.parametrize("before", [with_domain, nothing_more])
@pytest.mark.parametrize("doing", DOING)
@pytest.mark.parametrize(
    ("want", "theirs"),
    [(ALIAS, ELSEWHERE), (ALIAS, ANOTHER_REGION), (PROOF, PLAIN), (PROOF, ANOTHER_PROOF)],
)
def test_a_record_that_a_state_says_we_wrote(
    workshop: Workshop,
    want: RecordSet,
    theirs: RecordSet,
    doing: str,
    before: Callable[[RecordSet], None],
) -> None:
    make_zone()
    made = theirs.create(new_aws())
    if want.type == "A":
        before(want)
    unknown = replace(want, alias_target=UNKNOWN) if want.type == "A" else want
    for wanted in (want, unknown):
        claim(workshop, made, doing)
        assert workshop.run(one_node(wanted), "plan").changes["it"].action is Action.FOREIGN
    for verb in ("up", "down"):
        claim(workshop, made, doing)
        if verb == "up":
            with pytest.raises(NotOwned, match="does not belong to this stack") as refused:
                workshop.run(one_node(want), verb)
            assert "--adopt it" in refused.value.hint
        else:
            workshop.run(one_node(want), verb)
        assert workshop.last.writes == []
        assert theirs.observe(new_aws()) == made


def test_a_record_of_a_node_that_config_has_not(workshop: Workshop) -> None:
    make_zone()
    with_domain(ALIAS)
    made = ELSEWHERE.create(new_aws())
    claim(workshop, made, "")
    workshop.run(one_node(replace(ALIAS, name="www.example.com"), name="zz"), "up")
    assert ELSEWHERE.observe(new_aws()) == made


def test_what_led_to_a_domain_of_ours_follows_it(workshop: Workshop) -> None:
    """A domain name that was deleted by hand and created again has another target name."""
    make_zone()
    workshop.run(one_node(ALIAS), "up")
    coming = replace(ALIAS, alias_target=UNKNOWN)
    assert workshop.run(one_node(coming), "plan").changes["it"].action is Action.UPDATE
    with_domain(ALIAS)
    new = replace(ALIAS, alias_target="d-2.execute-api.us-east-1.amazonaws.com")
    assert workshop.run(one_node(new), "up").changes["it"].action is Action.UPDATE
    assert workshop.last.writes == ["ChangeResourceRecordSets"]
    workshop.run(one_node(new), "down")
    assert ALIAS.observe(new_aws()) is None


def test_down_leaves_what_leads_to_a_domain_that_is_nobodys_here(workshop: Workshop) -> None:
    """The domain may be another account's, and only the zone be ours."""
    make_zone()
    made = ALIAS.create(new_aws())
    claim(workshop, made, "")
    gone = one_node(replace(ALIAS, alias_target=UNKNOWN))
    finding = workshop.run(gone, "down").changes["it"]
    assert finding.action is Action.FOREIGN
    assert ALIAS.observe(new_aws()) == made


@pytest.mark.parametrize("doing", DOING)
def test_a_mapping_in_a_domain_of_somebody_else(workshop: Workshop, doing: str) -> None:
    mapping, other_id = make_mapping()
    theirs = replace(mapping, api_id=other_id).create(new_aws())
    claim(workshop, theirs, doing)
    with pytest.raises(NotOwned):
        workshop.run(one_node(mapping), "up")
    claim(workshop, theirs, doing)
    workshop.run(one_node(mapping), "down")
    assert theirs.observe(new_aws()) == theirs


# -- log groups ------------------------------------------------------------------------------

NAMES = (
    "/aws/lambda/tap-dev-items",
    "/aws/vpc/tap-dev",
    "API-Gateway-Execution-Logs_abcd1234/v1",
)


def old(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the group be older than an hour."""
    monkeypatch.setattr(log_group, "NEW", timedelta(seconds=-60))


def kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set a retention, as another user would."""
    for name in NAMES:
        boto3.client("logs").put_retention_policy(logGroupName=name, retentionInDays=400)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("why", [old, kept])
def test_an_unmarked_log_group_that_a_state_says_is_being_deleted(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, name: str, why: Any
) -> None:
    for each in NAMES:
        new_aws().logs.create_log_group(logGroupName=each)
    why(monkeypatch)
    want = LogGroup(name=name, retention=30, tags={})
    before = want.observe(new_aws())
    claim(workshop, want.with_owner("tap-dev/it"), "delete")
    with pytest.raises(NotOwned) as refused:
        workshop.run(one_node(want), "up")
    assert "--adopt it" in refused.value.hint
    claim(workshop, want.with_owner("tap-dev/it"), "delete")
    workshop.run(one_node(want), "down")
    assert want.observe(new_aws()) == before


@pytest.mark.parametrize("name", NAMES)
def test_one_that_came_back_a_moment_ago_is_ours(workshop: Workshop, name: str) -> None:
    """Its writer no longer exists (A35, G4)."""
    want = LogGroup(name=name, retention=30, tags={})
    new_aws().logs.create_log_group(logGroupName=name)
    claim(workshop, want.with_owner("tap-dev/it"), "delete")
    workshop.run(one_node(want), "down")
    assert want.observe(new_aws()) is None
