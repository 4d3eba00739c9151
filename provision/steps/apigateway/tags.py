"""Tags of API Gateway's resources, and the IAM permissions to change them.

Tags are set by ARN, not by patch (A18), and an answer may lack them if there are none (A34). IAM
knows API Gateway's calls by HTTP method and path only.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from provision.aws.client import Aws
from provision.model import iam
from provision.model.step import OWNER, Tags
from provision.steps.tagging import tag_changes, without_system

A = TypeVar("A", bound=Mapping[str, object])


def tags_of(answer: Mapping[str, object]) -> dict[str, str]:
    """Return the tags in an answer, without AWS's own; lists and some creates leave tags out."""
    tags = answer.get("tags") or {}
    assert isinstance(tags, Mapping)
    return without_system({str(key): str(value) for key, value in tags.items()})


def has_owner_tag(answer: Mapping[str, object], owner: str) -> bool:
    return tags_of(answer).get(OWNER) == owner


def with_owner_tag(answers: Iterable[A | None], owner: str) -> list[A]:
    """Return the answers that carry this owner tag, without None (a resource that is missing)."""
    return [answer for answer in answers if answer is not None and has_owner_tag(answer, owner)]


def change_gateway_tags(aws: Aws, path: str, have: Tags, want: Tags) -> None:
    """Change the tags of the resource at `path`, such as `/apikeys/abc`.

    Its ARN has no account (A18).
    """
    arn = aws.location.arn("apigateway", path, account=False)
    gone, new = tag_changes(have, want)
    if gone:
        aws.apigateway.untag_resource(resourceArn=arn, tagKeys=gone)
    if new:
        aws.apigateway.tag_resource(resourceArn=arn, tags=new)


def tag_on_create(path: str) -> iam.Permission:
    """Return the permission for tags in a create call: IAM checks them like a later TagResource."""
    return iam.Permission("apigateway:PUT", (_tags_arn(path),), (iam.KEEPS_OWNER,))


def tag_update_calls(path: str) -> tuple[iam.ApiCall, ...]:
    """Return the calls that change the tags of the resource at `path`.

    IAM checks them twice: on the path of the tags, where conditions on the tagged resource do not
    work, and as a patch of the resource itself.
    """
    patch = iam.gateway_permission("PATCH", path, iam.OWNED)
    return (
        iam.call("apigateway.TagResource", tag_on_create(path), patch),
        iam.call(
            "apigateway.UntagResource",
            iam.Permission("apigateway:DELETE", (_tags_arn(path),)),
            patch,
        ),
    )


def _tags_arn(path: str) -> str:
    """Return the ARN of the tags; it ends in the resource's ARN, with `:` and `/` encoded."""
    return iam.gateway_arn("/tags/") + iam.gateway_arn(path).replace(":", "%3A").replace("/", "%2F")
