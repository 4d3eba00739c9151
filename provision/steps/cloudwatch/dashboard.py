"""The CloudWatch dashboard, which carries its owner in a tag and in a widget of its own."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Self

from provision.aws.client import Aws
from provision.model import iam
from provision.model.risks import NO_IMPACT
from provision.model.step import OWNER, Computed, Document, Fixed, OwnerMark, Step, Tags
from provision.steps.cloudwatch.tags import change_cloudwatch_tags
from provision.steps.not_found import ignore_not_found
from provision.steps.tagging import from_tag_list, tag_list
from provision.unknown import Unknown

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch.type_defs import PutDashboardInputTypeDef

_MARK: Final = f"{OWNER} = "
_DASHBOARD: Final = iam.arn("cloudwatch", "dashboard/{name}", region=False)


@dataclass(frozen=True, kw_only=True)
class Dashboard(Step):
    """A dashboard; all regions share one set of names, so `name` should contain the region (W4).

    The owner is a tag. AWS has tags for dashboards only since 2026 and emulators have none, so the
    body names the owner too, in a text widget below the others. It counts if there is no owner tag.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html
    """

    KIND = "cloudwatch.dashboard"
    IDENTITY = ("name",)
    OWNER_MARK = OwnerMark.CHANGEABLE
    RISKS = NO_IMPACT
    API_CALLS = iam.ApiCalls(
        read=iam.calls("cloudwatch", _DASHBOARD, "GetDashboard", "ListTagsForResource"),
        write=(
            iam.call(
                "cloudwatch.PutDashboard",
                iam.Permission("cloudwatch:PutDashboard", (_DASHBOARD,)),
                iam.Permission("cloudwatch:TagResource", (_DASHBOARD,)),
            ),
            *iam.calls("cloudwatch", _DASHBOARD, "TagResource", "UntagResource"),
        ),
        delete=iam.calls("cloudwatch", _DASHBOARD, "DeleteDashboards"),
        computed={"arn": _DASHBOARD},
    )

    name: Fixed[str]
    body: Document
    tags: Tags = field(default_factory=dict)
    arn: Computed[str] = ""

    def is_owned_by(self, have: Self, owner: str) -> bool:
        if OWNER in have.tags:
            return have.tags[OWNER] == owner
        return any(_is_mark(widget, owner) for widget in have.body.get("widgets", []))

    def with_owner(self, owner: str) -> Self:
        tagged = replace(self, tags={**self.tags, OWNER: owner})
        if isinstance(self.body, Unknown):
            return tagged
        others = [widget for widget in self.body.get("widgets", []) if not _is_mark(widget)]
        marked = [*others, _mark(owner, below=others)]
        return replace(tagged, body={**self.body, "widgets": marked})

    def observe(self, aws: Aws) -> Self | None:
        arn = self._arn(aws)
        with ignore_not_found():
            found = aws.cloudwatch.get_dashboard(DashboardName=self.name)
            body = json.loads(found["DashboardBody"])
            return replace(self, body=body, tags=_tags(aws, arn), arn=arn)
        return None

    def create(self, aws: Aws) -> Self:
        self._put(aws, {**self._request(), "Tags": tag_list(self.tags)})
        return replace(self, arn=self._arn(aws))

    def update(self, aws: Aws, have: Self, changed: Collection[str]) -> Self:
        if "body" in changed:
            self._put(aws, self._request())
        if "tags" in changed:
            change_cloudwatch_tags(aws, have.arn, have.tags, self.tags)
        return replace(self, arn=have.arn)

    def delete(self, aws: Aws) -> None:
        with ignore_not_found():  # ResourceNotFound if there is nothing to delete (W3)
            aws.cloudwatch.delete_dashboards(DashboardNames=[self.name])

    def _arn(self, aws: Aws) -> str:
        # Without a region: all regions of an account share the names of dashboards (W4).
        return aws.location.arn("cloudwatch", f"dashboard/{self.name}", region=False)

    def _request(self) -> PutDashboardInputTypeDef:
        return {
            "DashboardName": self.name,
            "DashboardBody": json.dumps(self.body, separators=(",", ":")),
        }

    def _put(self, aws: Aws, request: PutDashboardInputTypeDef) -> None:
        answer = aws.cloudwatch.put_dashboard(**request)
        for remark in answer.get("DashboardValidationMessages", []):  # written in spite of it (W4)
            aws.report_wait(f"AWS remarks on dashboard {self.name}: {remark.get('Message', '')}")


def _tags(aws: Aws, arn: str) -> Tags:
    """Return the tags; empty if dashboards cannot have tags: AWS then does not find the ARN."""
    with ignore_not_found():
        return from_tag_list(aws.cloudwatch.list_tags_for_resource(ResourceARN=arn).get("Tags", []))
    return {}


def _mark(owner: str, *, below: list[Document]) -> Document:
    return {
        "type": "text",
        "x": 0,
        "y": max((widget.get("y", 0) + widget.get("height", 6) for widget in below), default=0),
        "width": 24,
        "height": 1,
        "properties": {"markdown": f"{_MARK}{owner}"},
    }


def _is_mark(widget: Document, owner: str = "") -> bool:
    """Return whether the widget names `owner`, or any owner if none is given."""
    text = widget.get("properties", {}).get("markdown")
    return isinstance(text, str) and (text == _MARK + owner if owner else text.startswith(_MARK))
