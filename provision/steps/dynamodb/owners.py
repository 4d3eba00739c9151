"""Finds tables by their owner tag in AWS's tag index, without knowing their names."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Final

from provision.aws.client import Aws
from provision.model import iam
from provision.model.step import OWNER

CALLS: Final = (
    iam.call("resourcegroupstaggingapi.GetResources", iam.Permission("tag:GetResources")),
    *iam.calls("dynamodb", iam.ANY_RESOURCE, "ListTables"),
)


def other_tables(aws: Aws, owners: Collection[str], than: str) -> tuple[str, ...]:
    """Return the names of the existing tables with one of these owners, except the table `than`.

    The index may still contain deleted tables, so ListTables is consulted. DescribeTable needs a
    permission on each name, and the printed policies give it only for the stack's own names.
    """
    listed = sorted({*_indexed(aws, owners)} - {than})
    there = set(_names(aws)) if listed else set()
    return tuple(name for name in listed if name in there)


def _indexed(aws: Aws, owners: Collection[str]) -> Iterator[str]:
    """Yield the names of the tables in the index. Only the missing token marks the last page.

    An empty page may be followed by another one.

    https://docs.aws.amazon.com/resourcegroupstagging/latest/APIReference/API_GetResources.html
    """
    token = ""
    while True:
        page = aws.tagging.get_resources(
            TagFilters=[{"Key": OWNER, "Values": sorted(owners)}], PaginationToken=token
        )
        for arn in (one["ResourceARN"] for one in page.get("ResourceTagMappingList", [])):
            if arn.split(":")[2] == "dynamodb":
                yield arn.rpartition("/")[2]
        token = page.get("PaginationToken", "")
        if not token:
            return


def _names(aws: Aws) -> Iterator[str]:
    for page in aws.dynamodb.get_paginator("list_tables").paginate():
        yield from page.get("TableNames", [])
