"""The tables that carry an owner tag, asked of AWS's index of tags: a name need not be known."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from provision.aws import Aws
from provision.step import OWNER


def tables_of(aws: Aws, owners: Collection[str]) -> Iterator[str]:
    """Their names. The index may still have one that is gone: each is looked at."""
    page = aws.tagging.get_resources(
        TagFilters=[{"Key": OWNER, "Values": sorted(owners)}], PaginationToken=""
    )
    arns = [one["ResourceARN"] for one in page["ResourceTagMappingList"]]
    names = [arn.rpartition("/")[2] for arn in arns if arn.split(":")[2] == "dynamodb"]
    for name in sorted(names):
        try:
            aws.dynamodb.describe_table(TableName=name)
        except aws.dynamodb.exceptions.ResourceNotFoundException:
            continue
        yield name
