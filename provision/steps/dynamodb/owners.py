"""The tables that carry an owner tag, asked of AWS's index of tags: a name need not be known."""

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
    """The names of all but one. The index may still have what is gone, so what is there is listed:
    to look at a table by its name takes a right to that name, which the printed policies have only
    of the stack's own."""
    listed = sorted({*_indexed(aws, owners)} - {than})
    there = set(_names(aws)) if listed else set()
    return tuple(name for name in listed if name in there)


def _indexed(aws: Aws, owners: Collection[str]) -> Iterator[str]:
    """A page may be empty and another follow: only the token says which is the last.

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
