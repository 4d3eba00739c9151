"""The web ACL: the contract, foreign rules, AWS's lock token, and the stage it protects."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from provision.errors import NotOwned
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.wafv2.association import WebAclAssociation
from provision.steps.wafv2.rules import visibility
from provision.steps.wafv2.web_acl import SCOPE, WebAcl, with_latest
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.apigateway.test_usage_plan import make_stages
from tests.unit.steps.contract import StepContract

ACL = WebAcl(
    name="tap-dev",
    groups=("AWSManagedRulesCommonRuleSet", "AWSManagedRulesKnownBadInputsRuleSet"),
    rate=2000,
    action="block",
    hidden=("authorization", "x-api-key"),
    tags={"team": "a"},
)


class TestWebAcl(StepContract):
    edits: ClassVar = {
        "groups": ("AWSManagedRulesSQLiRuleSet",),
        "rate": 0,
        "action": "count",
        "hidden": ("x-api-key",),
        "metrics": False,
        "samples": False,
        "tags": {"team": "b", "more": "c"},
    }
    fixed_edits: ClassVar = {"name": "tap-dev-other"}
    drift_only: ClassVar = frozenset({"strays"})

    def given(self, aws: Any) -> Step:
        return ACL


class TestWebAclAssociation(StepContract):
    def given(self, aws: Any) -> Step:
        first, second = stages(aws)
        type(self).edits = {"acl": replace(ACL, name="tap-dev-other").create(aws).arn}
        type(self).fixed_edits = {"stage": second}
        return WebAclAssociation(stage=first, acl=ACL.create(aws).arn)


def stages(aws: Any) -> tuple[str, str]:
    """Return the ARNs of two stages of a new API."""
    first, second = (name.split(":") for name in make_stages(aws.apigateway))
    place = "arn:aws:apigateway:us-east-1::/restapis/{}/stages/{}"
    return place.format(*first), place.format(*second)


@pytest.fixture
def made(workshop: Workshop) -> WebAcl:
    found = workshop.run(one_node(ACL), "up").resources["it"]
    assert isinstance(found, WebAcl)
    return found


def rewrite(acl: WebAcl, **changes: Any) -> None:
    """Change the web ACL as a manual edit would."""
    aws = new_aws()
    found = aws.wafv2.get_web_acl(Name=acl.name, Scope=SCOPE, Id=acl.id)
    shown: dict[str, Any] = dict(found["WebACL"])
    kept = ("Name", "Id", "DefaultAction", "Rules", "VisibilityConfig", "DataProtectionConfig")
    request = {**{key: shown[key] for key in kept}, **changes}
    aws.wafv2.update_web_acl(Scope=SCOPE, LockToken=found["LockToken"], **request)


def rules_of(acl: WebAcl) -> list[Any]:
    found = new_aws().wafv2.get_web_acl(Name=acl.name, Scope=SCOPE, Id=acl.id)
    return list(found["WebACL"]["Rules"])


def test_requests_are_let_through_unless_a_rule_refuses(made: WebAcl) -> None:
    acl = new_aws().wafv2.get_web_acl(Name=made.name, Scope=SCOPE, Id=made.id)["WebACL"]
    assert acl["DefaultAction"] == {"Allow": {}}
    rules = {rule["Priority"]: rule["Name"] for rule in acl["Rules"]}
    assert rules == {0: "rate", **dict(enumerate(ACL.groups, 1))}
    assert acl["Rules"][0]["Action"] == {"Block": {}}
    assert acl["Rules"][1]["OverrideAction"] == {"None": {}}
    assert acl["Rules"][1]["VisibilityConfig"]["CloudWatchMetricsEnabled"] is True


def test_what_somebody_added_is_seen_and_taken_away(made: WebAcl, workshop: Workshop) -> None:
    theirs = {
        "Name": "let me in",
        "Priority": 9,
        "Statement": {"GeoMatchStatement": {"CountryCodes": ["DE"]}},
        "Action": {"Allow": {}},
        "VisibilityConfig": visibility("mine", metrics=True, samples=True),
    }
    rewrite(made, Rules=[*rules_of(made), theirs], TokenDomains=["example.com"])
    found = workshop.run(one_node(ACL), "plan").changes["it"].have
    assert isinstance(found, WebAcl)
    assert found.strays == ("rule let me in", "token domains")
    workshop.run(one_node(ACL), "up")
    assert workshop.run(one_node(ACL), "plan").changes["it"].action is Action.KEEP
    assert len(rules_of(made)) == 3


def test_a_group_of_which_a_rule_was_switched_off_is_not_the_group(
    made: WebAcl, workshop: Workshop
) -> None:
    rate, common, bad = rules_of(made)
    statement = common["Statement"]["ManagedRuleGroupStatement"]
    statement["RuleActionOverrides"] = [
        {"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}}
    ]
    rewrite(made, Rules=[rate, common, bad])
    found = made.observe(new_aws())
    assert found is not None
    assert found.strays == (f"rule {ACL.groups[0]}",)
    workshop.run(one_node(ACL), "up")
    assert made.observe(new_aws()) == made


def test_one_rule_that_only_counts_is_seen(made: WebAcl) -> None:
    rate, common, bad = rules_of(made)
    rewrite(made, Rules=[rate, {**common, "OverrideAction": {"Count": {}}}, bad])
    found = made.observe(new_aws())
    assert found is not None
    assert found.action == "mixed"


def test_an_acl_that_refuses_by_default_is_seen(made: WebAcl) -> None:
    rewrite(made, DefaultAction={"Block": {}})
    found = made.observe(new_aws())
    assert found is not None
    assert found.strays == ("requests refused by default",)


def test_the_rule_of_shield_is_no_drift_and_stays(made: WebAcl, workshop: Workshop) -> None:
    """Shield Advanced's automatic mitigation adds it, and only AWS removes it."""
    group = "arn:aws:wafv2:us-east-1:153427709519:regional/rulegroup/ShieldMitigation/abc"
    shield = {
        "Name": "ShieldMitigationRuleGroup_123456789012_aaaa",
        "Priority": 10000000,
        "Statement": {"RuleGroupReferenceStatement": {"ARN": group}},
        "OverrideAction": {"None": {}},
        "VisibilityConfig": visibility("shield", metrics=True, samples=True),
    }
    rewrite(made, Rules=[*rules_of(made), shield])
    assert workshop.run(one_node(ACL), "plan").changes["it"].action is Action.KEEP
    workshop.run(one_node(replace(ACL, rate=0)), "up")
    assert [rule["Name"] for rule in rules_of(made)] == [*ACL.groups, shield["Name"]]


def test_a_change_in_between_is_read_and_ours_made_after_it(made: WebAcl) -> None:
    """AWS WAF's lock token refuses a change that was made from an older state."""
    tokens = []

    def change(aws: Any, found: Any) -> None:
        tokens.append(found["LockToken"])
        if len(tokens) == 1:
            rewrite(made)
        replace(made, rate=0)._rewrite(aws, found)

    with_latest(new_aws(), made, change)
    assert len(set(tokens)) == 2
    seen = made.observe(new_aws())
    assert seen is not None
    assert seen.rate == 0


def test_somebody_who_never_stops_changing_it_is_an_error(made: WebAcl) -> None:
    aws = new_aws()

    def change(aws: Any, found: Any) -> None:
        rewrite(made)
        made._rewrite(aws, found)

    with pytest.raises(aws.wafv2.exceptions.WAFOptimisticLockException):
        with_latest(aws, made, change)


def test_it_is_found_behind_a_hundred_others(account: None) -> None:
    aws = new_aws()
    for number in range(101):
        replace(ACL, name=f"other-{number}").create(aws)
    made = ACL.create(aws)
    assert replace(made, id="", arn="").observe(aws) == made


def test_another_acl_before_the_stage_is_somebody_elses(workshop: Workshop) -> None:
    aws = new_aws()
    stage, _ = stages(aws)
    theirs = replace(ACL, name="theirs").create(aws)
    aws.wafv2.associate_web_acl(WebACLArn=theirs.arn, ResourceArn=stage)
    ours = WebAclAssociation(stage=stage, acl=ACL.create(aws).arn)
    assert workshop.run(one_node(ours), "plan").changes["it"].action is Action.FOREIGN
    with pytest.raises(NotOwned):
        workshop.run(one_node(ours), "up")
    workshop.run(one_node(ours), "down")
    assert ours.observe(aws) == replace(ours, acl=theirs.arn)


def test_nothing_stands_before_a_stage_that_is_gone(workshop: Workshop) -> None:
    aws = new_aws()
    stage, _ = stages(aws)
    ours = WebAclAssociation(stage=stage, acl=ACL.create(aws).arn)
    workshop.run(one_node(ours), "up")
    api, name = stage.split("/")[2], stage.split("/")[4]
    aws.apigateway.delete_stage(restApiId=api, stageName=name)
    assert ours.observe(new_aws()) is None
    ours.delete(new_aws())


def test_an_acl_goes_after_what_it_stands_before(account: None) -> None:
    aws = new_aws()
    stage, _ = stages(aws)
    acl = ACL.create(aws)
    ours = WebAclAssociation(stage=stage, acl=acl.arn)
    ours.create(aws)
    with pytest.raises(aws.wafv2.exceptions.WAFAssociatedItemException):
        acl.delete(aws)
    ours.delete(aws)
    acl.delete(aws)
    assert acl.observe(aws) is None
