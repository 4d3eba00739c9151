"""The association of a web ACL with a stage of a REST API."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.capabilities import HasParent
from provision.model.risks import Impact, Risk, Risks
from provision.model.step import Fixed, OwnerMark, Replacement
from provision.steps.apigateway.owners import owner_of_stage
from provision.steps.not_found import ignore_not_found
from provision.steps.wafv2.web_acl import EVERY_ACL

_SET: Final = iam.Permission("apigateway:SetWebACL", ("{stage}",), (iam.OWNED,))


@dataclass(frozen=True, kw_only=True)
class WebAclAssociation(HasParent):
    """The association of a stage with a web ACL; `stage` and `acl` are ARNs.

    A stage has at most one ACL. An association with another ACL than ours is foreign.

    https://docs.aws.amazon.com/waf/latest/APIReference/API_AssociateWebACL.html
    """

    KIND = "wafv2.web_acl_association"
    IDENTITY = ("stage",)
    OWNER_MARK = OwnerMark.BY_CONTENT
    REPLACEMENT = Replacement.CREATE_FIRST
    RISKS = Risks(update={"acl": (Risk(Impact.DOWNTIME, "another ACL's rules refuse requests"),)})
    API_CALLS = iam.ApiCalls(
        # On any ACL: a foreign one must be observed, not be reported as a missing permission.
        read=(
            iam.call(
                "wafv2.GetWebACLForResource",
                iam.Permission("wafv2:GetWebACLForResource", (EVERY_ACL, "{stage}")),
                iam.Permission("wafv2:GetWebACL", (EVERY_ACL,)),
            ),
        ),
        write=(
            iam.call(
                "wafv2.AssociateWebACL",
                iam.Permission("wafv2:AssociateWebACL", ("{acl}", "{stage}")),
                _SET,
            ),
        ),
        delete=(
            iam.call(
                "wafv2.DisassociateWebACL",
                iam.Permission("wafv2:DisassociateWebACL", ("{stage}",)),
                _SET,
            ),
        ),
    )

    stage: Fixed[str]
    acl: str

    def is_owned_by(self, have: Self, owner: str) -> bool:  # noqa: ARG002  (it carries no mark)
        return have.acl == self.acl

    def parent_owner(self, aws: Aws) -> str | None:
        return owner_of_stage(aws, self.stage)

    def observe(self, aws: Aws) -> Self | None:
        """Return the stage's association; AWS answers without an ACL if it has none."""
        with ignore_not_found():
            found = aws.wafv2.get_web_acl_for_resource(ResourceArn=self.stage).get("WebACL")
            return replace(self, acl=found["ARN"]) if found else None
        return None

    def create(self, aws: Aws) -> Self:
        aws.wafv2.associate_web_acl(WebACLArn=self.acl, ResourceArn=self.stage)
        return self

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:  # noqa: ARG002
        """Replace the ACL in one call: the stage is never without one."""
        return self.create(aws)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():
            aws.wafv2.disassociate_web_acl(ResourceArn=self.stage)
