"""Drift of the web ACL and its association with the stage, by another client's calls to AWS WAF."""

from __future__ import annotations

from typing import Any, Final

from provision.aws.client import Aws
from provision.steps.wafv2.association import WebAclAssociation
from provision.steps.wafv2.rules import RATE
from provision.steps.wafv2.web_acl import SCOPE, WebAcl
from tests.conformance.drift.case import GONE, Case
from tests.conformance.drift.edits import STRAY

_KEPT: Final = ("Name", "Id", "DefaultAction", "Rules", "VisibilityConfig", "DataProtectionConfig")
_SHOWN: Final[Any] = {
    "CloudWatchMetricsEnabled": True,
    "SampledRequestsEnabled": True,
    "MetricName": "theirs",
}
_ADMITTING: Final = {
    "Name": "theirs",
    "Priority": 99,
    "Statement": {"GeoMatchStatement": {"CountryCodes": ["AQ"]}},
    "Action": {"Allow": {}},
    "VisibilityConfig": _SHOWN,
}


def _shown(aws: Aws, acl: WebAcl) -> tuple[dict[str, Any], str]:
    """Return the settings that UpdateWebACL must repeat, and the lock token.

    It removes a setting that is not repeated.
    """
    found = aws.wafv2.get_web_acl(Name=acl.name, Scope=SCOPE, Id=acl.id)
    shown: dict[str, Any] = dict(found["WebACL"])
    return {key: shown[key] for key in _KEPT if key in shown}, found["LockToken"]


def _rewrite(aws: Aws, acl: WebAcl, **changes: Any) -> None:
    shown, token = _shown(aws, acl)
    aws.wafv2.update_web_acl(Scope=SCOPE, LockToken=token, **shown | changes)


def _rules(aws: Aws, acl: WebAcl) -> list[Any]:
    """Return the rules in the order of evaluation; the rate limit is the first of ours."""
    shown, _ = _shown(aws, acl)
    return sorted(shown["Rules"], key=lambda rule: rule["Priority"])


def _visible(aws: Aws, acl: WebAcl, setting: str) -> None:
    shown, _ = _shown(aws, acl)
    _rewrite(aws, acl, VisibilityConfig=shown["VisibilityConfig"] | {setting: False})


def tag(aws: Aws, acl: WebAcl) -> None:
    """TagResource: a tag more"""
    aws.wafv2.tag_resource(ResourceARN=acl.arn, Tags=[{"Key": STRAY, "Value": "theirs"}])


def untag(aws: Aws, acl: WebAcl) -> None:
    """UntagResource: `Environment`"""
    aws.wafv2.untag_resource(ResourceARN=acl.arn, TagKeys=["Environment"])


def drop_a_group(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: without the last rule group"""
    _rewrite(aws, acl, Rules=_rules(aws, acl)[:-1])


def ask_in_another_order(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: the rule groups in another order"""
    rate, *groups = _rules(aws, acl)
    places = enumerate(reversed(groups), start=1)
    _rewrite(aws, acl, Rules=[rate, *({**rule, "Priority": place} for place, rule in places)])


def raise_the_rate(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: a million requests in five minutes"""
    rules = _rules(aws, acl)
    rules[0]["Statement"]["RateBasedStatement"]["Limit"] = 1_000_000
    _rewrite(aws, acl, Rules=rules)


def any_rate(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: without the rule on the rate"""
    _rewrite(aws, acl, Rules=[rule for rule in _rules(aws, acl) if rule["Name"] != RATE])


def only_count(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: the first rule only counts"""
    rate, *groups = _rules(aws, acl)
    _rewrite(aws, acl, Rules=[{**rate, "Action": {"Count": {}}}, *groups])


def refuse_nothing(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: every rule only counts"""
    rate, *groups = _rules(aws, acl)
    counting = [{**rule, "OverrideAction": {"Count": {}}} for rule in groups]
    _rewrite(aws, acl, Rules=[{**rate, "Action": {"Count": {}}}, *counting])


def show_the_keys(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: samples of requests show every header"""
    shown, token = _shown(aws, acl)
    del shown["DataProtectionConfig"]
    aws.wafv2.update_web_acl(Scope=SCOPE, LockToken=token, **shown)


def metrics_off(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: no metrics"""
    _visible(aws, acl, "CloudWatchMetricsEnabled")


def samples_off(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: no samples of requests"""
    _visible(aws, acl, "SampledRequestsEnabled")


def admit(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: a rule more, that lets a country in"""
    _rewrite(aws, acl, Rules=[*_rules(aws, acl), _ADMITTING])


def refuse_by_default(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: what no rule matches is refused"""
    _rewrite(aws, acl, DefaultAction={"Block": {}})


def name_token_domains(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: domains whose tokens it takes"""
    _rewrite(aws, acl, TokenDomains=["example.com"])


def switch_a_rule_off(aws: Aws, acl: WebAcl) -> None:
    """UpdateWebACL: one rule of a group only counts"""
    rules = _rules(aws, acl)
    rules[1]["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] = [
        {"Name": "NoUserAgent_HEADER", "ActionToUse": {"Count": {}}}
    ]
    _rewrite(aws, acl, Rules=rules)


def delete_acl(aws: Aws, link: WebAclAssociation) -> None:
    """DisassociateWebACL of the stage, DeleteWebACL"""
    aws.wafv2.disassociate_web_acl(ResourceArn=link.stage)
    name, number = link.acl.rsplit("/", 2)[1:]
    token = aws.wafv2.get_web_acl(Name=name, Scope=SCOPE, Id=number)["LockToken"]
    aws.wafv2.delete_web_acl(Name=name, Scope=SCOPE, Id=number, LockToken=token)


def stand_before(aws: Aws, link: WebAclAssociation) -> None:
    """CreateWebACL of theirs, AssociateWebACL of it"""
    made = aws.wafv2.create_web_acl(
        Name="theirs", Scope=SCOPE, DefaultAction={"Allow": {}}, VisibilityConfig=_SHOWN
    )["Summary"]["ARN"]
    aws.wafv2.associate_web_acl(WebACLArn=made, ResourceArn=link.stage)


def step_aside(aws: Aws, link: WebAclAssociation) -> None:
    """DisassociateWebACL"""
    aws.wafv2.disassociate_web_acl(ResourceArn=link.stage)


ACL: Final = "api.waf"
LINK: Final = "api.waf.stage"

CASES: Final = (
    Case(ACL, "tags", tag),
    Case(ACL, "tags", untag),
    Case(ACL, "groups", drop_a_group),
    Case(ACL, "groups", ask_in_another_order),
    Case(ACL, "rate", raise_the_rate),
    Case(ACL, "rate", any_rate),
    Case(ACL, "action", only_count),
    Case(ACL, "action", refuse_nothing),
    Case(ACL, "hidden", show_the_keys),
    Case(ACL, "metrics", metrics_off),
    Case(ACL, "samples", samples_off),
    Case(ACL, "strays", admit),
    Case(ACL, "strays", refuse_by_default),
    Case(ACL, "strays", name_token_domains, alone=True),
    Case(ACL, "strays", switch_a_rule_off, (f"{ACL} groups",), alone=True),
    Case(ACL, GONE, delete_acl, (f"{LINK} {GONE}",), alone=True, of=LINK),
    Case(LINK, "acl", stand_before, others=True),
    Case(LINK, GONE, step_aside, alone=True),
)

REASONS: Final = {
    "wafv2.web_acl": {"name": "An ACL cannot be renamed."},
    "wafv2.web_acl_association": {
        "stage": "Of another stage it is another association, and ours is gone.",
    },
}
