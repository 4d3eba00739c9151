"""The web ACL of AWS WAF, which refuses requests before they reach the API."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Computed, Fixed, Tagged
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import from_tag_list, tag_changes, tag_list
from provision.steps.wafv2.rules import (
    Action,
    hidden_headers,
    hiding,
    read_rules,
    shields,
    visibility,
    written_rules,
)

if TYPE_CHECKING:
    from mypy_boto3_wafv2.type_defs import (
        GetWebACLResponseTypeDef,
        ListWebACLsRequestTypeDef,
        TagInfoForResourceTypeDef,
        UpdateWebACLRequestTypeDef,
        WebACLTypeDef,
    )

SCOPE: Final = "REGIONAL"
EVERY_ACL: Final = iam.arn("wafv2", "regional/webacl/*")
_OURS: Final = iam.arn("wafv2", "regional/webacl/{name}/*")
_GROUPS: Final = iam.arn("wafv2", "regional/managedruleset/*")
_EXTRAS: Final = {
    "AssociationConfig": "limits of inspected bodies",
    "CaptchaConfig": "CAPTCHA settings",
    "ChallengeConfig": "challenge settings",
    "CustomResponseBodies": "response bodies",
    "TokenDomains": "token domains",
}


@dataclass(frozen=True, kw_only=True)
class WebAcl(Tagged):
    """A web ACL that allows each request that no rule refuses.

    `groups` are rule groups managed by AWS, in the order of their evaluation. `rate` is the number
    of requests that one address may make in five minutes, 0 for no limit. `action` is applied to
    requests that these rules match. AWS's samples of requests do not show the headers in `hidden`.
    `strays` describes undeclared settings.

    https://docs.aws.amazon.com/waf/latest/APIReference/API_CreateWebACL.html
    """

    KIND = "wafv2.web_acl"
    IDENTITY = ("name",)
    RISKS = Risks(
        update={
            "groups": (Risk(Impact.DOWNTIME, "requests that a new rule matches are refused"),),
            "action": (Risk(Impact.DOWNTIME, "requests that a rule matches are refused"),),
        },
        downtime="nothing is filtered",
    )
    API_CALLS = iam.ApiCalls(
        read=(
            iam.call("wafv2.ListWebACLs", iam.Permission("wafv2:ListWebACLs")),
            *iam.calls("wafv2", EVERY_ACL, "GetWebACL"),
            *iam.calls("wafv2", _OURS, "ListTagsForResource"),
        ),
        write=(
            iam.call(
                "wafv2.CreateWebACL",
                iam.Permission("wafv2:CreateWebACL", (_OURS,), (iam.TAGS_OWNER,)),
                iam.Permission("wafv2:CreateWebACL", (_GROUPS,)),
                iam.Permission("wafv2:TagResource", (_OURS,), (iam.TAGS_OWNER,)),
            ),
            iam.call(
                "wafv2.UpdateWebACL",
                iam.Permission("wafv2:UpdateWebACL", (_OURS,), (iam.OWNED,)),
                iam.Permission("wafv2:UpdateWebACL", (_GROUPS,)),
            ),
            iam.call(
                "wafv2.TagResource",
                iam.Permission("wafv2:TagResource", (_OURS,), (iam.TAGS_OWNER,)),
            ),
            *iam.calls("wafv2", _OURS, "UntagResource"),
        ),
        delete=iam.calls("wafv2", _OURS, "DeleteWebACL", when=(iam.OWNED,)),
        computed={"arn": _OURS},
    )

    name: Fixed[str]
    groups: tuple[str, ...]
    rate: int
    action: Action
    hidden: tuple[str, ...]
    metrics: bool = True
    samples: bool = True
    strays: tuple[str, ...] = ()
    id: Computed[str] = ""
    arn: Computed[str] = ""

    def observe(self, aws: Aws) -> Self | None:
        found = self._find(aws)
        if found is None:
            return None
        acl = found["WebACL"]
        return self._from_aws(acl, _tags(aws, acl["ARN"]))

    def create(self, aws: Aws) -> Self:
        made = aws.wafv2.create_web_acl(
            Name=self.name,
            Scope=SCOPE,
            DefaultAction={"Allow": {}},
            Rules=written_rules(self.groups, self.rate, self.action),
            VisibilityConfig=visibility(self.name, metrics=self.metrics, samples=self.samples),
            DataProtectionConfig=hiding(self.hidden),
            Tags=tag_list(self.tags),
        )["Summary"]
        aws.new_ids.add(made["Id"])
        return replace(self, id=made["Id"], arn=made["ARN"])

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "tags" in changed:
            gone, new = tag_changes(have.tags, self.tags)
            if gone:
                aws.wafv2.untag_resource(ResourceARN=have.arn, TagKeys=gone)
            if new:  # all tags: the IAM condition tests the owner tag in the request
                aws.wafv2.tag_resource(ResourceARN=have.arn, Tags=tag_list(self.tags))
        if set(changed) - {"tags"}:
            with_latest(aws, have, self._rewrite)
        return replace(self, id=have.id, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            with_latest(aws, self, self._remove)

    def _rewrite(self, aws: Aws, found: GetWebACLResponseTypeDef) -> None:
        """Send all settings in one request, since AWS removes those that it leaves out."""
        rules = written_rules(self.groups, self.rate, self.action)
        request: UpdateWebACLRequestTypeDef = {
            "Name": self.name,
            "Scope": SCOPE,
            "Id": found["WebACL"]["Id"],
            "LockToken": found["LockToken"],
            "DefaultAction": {"Allow": {}},
            "Rules": [*rules, *shields(found["WebACL"].get("Rules", []))],
            "VisibilityConfig": visibility(self.name, metrics=self.metrics, samples=self.samples),
            "DataProtectionConfig": hiding(self.hidden),
        }
        aws.wafv2.update_web_acl(**request)

    def _remove(self, aws: Aws, found: GetWebACLResponseTypeDef) -> None:
        aws.wafv2.delete_web_acl(
            Name=self.name, Scope=SCOPE, Id=found["WebACL"]["Id"], LockToken=found["LockToken"]
        )

    def _find(self, aws: Aws) -> GetWebACLResponseTypeDef | None:
        made = self.id or _id_of(aws, self.name)
        with ignore_not_found():
            if made:
                return aws.wafv2.get_web_acl(Name=self.name, Scope=SCOPE, Id=made)
        return None

    def _from_aws(self, acl: WebACLTypeDef, tags: dict[str, str]) -> Self:
        read = read_rules(acl.get("Rules", []))
        shown = acl["VisibilityConfig"]
        extras = [words for key, words in _EXTRAS.items() if acl.get(key)]
        refusing = [] if "Allow" in acl["DefaultAction"] else ["requests refused by default"]
        return replace(
            self,
            groups=read.groups,
            rate=read.rate,
            action=read.action or self.action,
            hidden=hidden_headers(acl.get("DataProtectionConfig")),
            metrics=shown["CloudWatchMetricsEnabled"],
            samples=shown["SampledRequestsEnabled"],
            strays=tuple(sorted([*read.strays, *extras, *refusing])),
            tags=tags,
            id=acl["Id"],
            arn=acl["ARN"],
        )


def with_latest(
    aws: Aws, acl: WebAcl, change: Callable[[Aws, GetWebACLResponseTypeDef], None]
) -> None:
    """Call `change` with the latest state of the ACL, whose lock token AWS requires.

    Called a second time, with the newer state, if the ACL changed in between: by another party, or
    by a first try whose answer was lost.
    """
    try:
        change(aws, _latest(aws, acl))
    except aws.wafv2.exceptions.WAFOptimisticLockException:
        change(aws, _latest(aws, acl))


def _latest(aws: Aws, acl: WebAcl) -> GetWebACLResponseTypeDef:
    return aws.wafv2.get_web_acl(Name=acl.name, Scope=SCOPE, Id=acl.id)


def _id_of(aws: Aws, name: str) -> str:
    """Return the ACL's id, or "": GetWebACL needs it although names are unique in a region."""
    request: ListWebACLsRequestTypeDef = {"Scope": SCOPE}
    while True:
        page = aws.wafv2.list_web_acls(**request)
        for acl in page.get("WebACLs", []):
            if acl.get("Name") == name:
                return acl.get("Id", "")
        marker = page.get("NextMarker")
        if not (marker and page.get("WebACLs")):  # the last page has a marker too
            return ""
        request = {"Scope": SCOPE, "NextMarker": marker}


def _tags(aws: Aws, acl: str) -> dict[str, str]:
    found: TagInfoForResourceTypeDef = aws.wafv2.list_tags_for_resource(ResourceARN=acl)[
        "TagInfoForResource"
    ]
    return from_tag_list(found.get("TagList", []))
