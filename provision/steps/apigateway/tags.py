"""What API Gateway's steps share: tags, set by ARN and not by patch (A18), absent where there are
none (A34), and the words of its permissions: IAM knows its calls by HTTP method and path only.
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
    """The tags in an answer; lists and some creates leave them out."""
    tags = answer.get("tags") or {}
    assert isinstance(tags, Mapping)
    return without_system({str(key): str(value) for key, value in tags.items()})


def has_owner_tag(answer: Mapping[str, object], owner: str) -> bool:
    return tags_of(answer).get(OWNER) == owner


def with_owner_tag(answers: Iterable[A | None], owner: str) -> list[A]:
    """Those of the answers that are there and the owner's."""
    return [answer for answer in answers if answer is not None and has_owner_tag(answer, owner)]


def change_gateway_tags(aws: Aws, path: str, have: Tags, want: Tags) -> None:
    """`path` is the resource's place, such as `/apikeys/abc`. Its ARN has no account (A18)."""
    arn = aws.location.arn("apigateway", path, account=False)
    gone, new = tag_changes(have, want)
    if gone:
        aws.apigateway.untag_resource(resourceArn=arn, tagKeys=gone)
    if new:
        aws.apigateway.tag_resource(resourceArn=arn, tags=new)


def tag_on_create(path: str) -> iam.Permission:
    """Tags in a create call are judged as if they were put afterwards."""
    return iam.Permission("apigateway:PUT", (_tags_arn(path),), (iam.KEEPS_OWNER,))


def tag_update_calls(path: str) -> tuple[iam.ApiCall, ...]:
    """Judged by the tags' own address, which takes no condition on what carries them, and as a
    patch of the resource itself."""
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
    """The ARN stands in the path, with its colons and slashes encoded."""
    return iam.gateway_arn("/tags/") + iam.gateway_arn(path).replace(":", "%3A").replace("/", "%2F")
