"""Tags of alarms (W1) and dashboards (W4), changed by ARN."""

from __future__ import annotations

from provision.aws.client import Aws
from provision.model.step import Tags
from provision.steps.tagging import tag_changes, tag_list


def change_cloudwatch_tags(aws: Aws, arn: str, have: Tags, want: Tags) -> None:
    """Change tags by calls of their own: a second put ignores them (W1, W4)."""
    gone, new = tag_changes(have, want)
    if gone:
        aws.cloudwatch.untag_resource(ResourceARN=arn, TagKeys=gone)
    if new:
        aws.cloudwatch.tag_resource(ResourceARN=arn, Tags=tag_list(new))
