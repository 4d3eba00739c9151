"""The law of pages: a client that reads only the first finds nothing; every command finds all."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from botocore import xform_name

from provision.aws.client import Aws
from provision.steps.ec2.vpc import Vpc
from provision.workflows.arn_kinds import look_up
from provision.workflows.leftovers import LISTINGS
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.harness import LosesOnce, under
from tests.faults.aws_behaviours.request_parser import service_model
from tests.faults.aws_behaviours.rules import pages as laws
from tests.faults.aws_behaviours.test_dynamodb import TABLE
from tests.integration.test_cli import CONFIG, Provision, home, provision
from tests.support.sample_stack import ROOT, reference_stack
from tests.unit.steps.kms.test_key import KEY
from tests.unit.steps.wafv2.test_web_acl import ACL

__all__ = ["home", "provision"]

# No flow logs: moto keeps the tags of those that are deleted.
FULL: dict[str, Any] = {
    "encryption": {"key": "create"},
    "monitoring": {"email": "someone@example.com"},
}
SERVICES = {
    name: client._service.partition("/")[0]
    for name, client in vars(Aws).items()
    if type(client).__name__ == "_Client"
}
DIRECT = {
    "cloudwatch.get_metric_data": laws.WHOLE["cloudwatch", "GetMetricData"],
    "route53.list_resource_record_sets": laws.WHOLE["route53", "ListResourceRecordSets"],
    "logs.filter_log_events": "a loop to the end of the tokens, at four calls a second",
    "tagging.get_resources": "two loops, each to the end of the tokens",
    "wafv2.list_web_acls": "a loop: botocore has no paginator",
}
"""Calls of paged operations without a paginator, and why each sees all."""


def test_x12_the_first_page_is_empty_and_a_token_leads_on(court: Session) -> None:
    law = laws.OneItemAPage()
    client = naive(court(law), "iam")
    trust = '{"Version": "2012-10-17", "Statement": []}'
    for name in ("one", "other"):
        client.create_role(RoleName=name, AssumeRolePolicyDocument=trust)
    first = client.list_roles()
    assert (first["Roles"], first["IsTruncated"]) == ([], True)
    pages = list(client.get_paginator("list_roles").paginate())
    assert [len(page["Roles"]) for page in pages] == [0, 1, 1]
    assert {role["RoleName"] for page in pages for role in page["Roles"]} == {"one", "other"}
    assert law.continued == {("iam", "ListRoles")}


@pytest.mark.parametrize(
    ("service", "listing", "key", "made"),
    [
        ("ec2", "describe_subnets", "Subnets", 6),
        ("kms", "list_keys", "Keys", 3),
        ("dynamodb", "list_tables", "TableNames", 3),
        ("apigateway", "get_rest_apis", "items", 3),
        ("sns", "list_topics", "Topics", 3),
        ("logs", "describe_log_groups", "logGroups", 3),
        ("resourcegroupstaggingapi", "get_resources", "ResourceTagMappingList", 3),
    ],
)
def test_x12_pages_survive_every_protocol(
    court: Session, service: str, listing: str, key: str, made: int
) -> None:
    for number in range(3):
        naive(court(), "kms").create_key(Description=str(number))
        naive(court(), "sns").create_topic(Name=f"t{number}", Tags=[{"Key": "a", "Value": "b"}])
        naive(court(), "logs").create_log_group(logGroupName=f"g{number}")
        naive(court(), "apigateway").create_rest_api(name=f"a{number}")
        naive(court(), "dynamodb").create_table(
            TableName=f"table{number}",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    client = naive(court(laws.OneItemAPage()), service)
    pages = list(client.get_paginator(listing).paginate())
    assert [len(page[key]) for page in pages] == [0] + [1] * made
    whole = naive(court(), service).get_paginator(listing).paginate().build_full_result()[key]
    assert [item for page in pages for item in page[key]] == whole


def test_x12_a_backup_whose_answer_was_lost_is_found(court: Session, tmp_path: Path) -> None:
    held = court(laws.OneItemAPage(), LosesOnce("CreateBackup"))
    shop = under(held, tmp_path)
    shop.up(TABLE)
    shop.down(TABLE)
    assert len(naive(court(), "dynamodb").list_backups()["BackupSummaries"]) == 1


def test_x12_a_web_acl_is_found_behind_others(court: Session) -> None:
    aws = ours(court(laws.OneItemAPage()))
    for name in ("others-1", "others-2"):
        replace(ACL, name=name).with_owner("other-dev/it").create(aws)
    made = ACL.with_owner("tap-dev/it").create(aws)
    found = ACL.observe(aws)
    assert found
    assert found.arn == made.arn


def test_x12_the_network_of_a_stack_is_listed_whole(court: Session, tmp_path: Path) -> None:
    aws = ours(court(laws.OneItemAPage()))
    stack = reference_stack(aws, tmp_path)
    made = Vpc(cidr="10.20.0.0/24", tags={}).with_owner(f"{stack.owner_prefix}/network").create(aws)
    listed = dict(LISTINGS["the network"](aws, stack))
    assert [arn.rpartition("/")[2] for arn in listed] == [made.id]


def test_x12_a_log_group_is_looked_up_behind_an_empty_page(court: Session) -> None:
    aws = ours(court(laws.OneItemAPage()))
    aws.logs.create_log_group(logGroupName="/aws/lambda/tap-dev-items")
    arn = aws.location.arn("logs", "log-group:/aws/lambda/tap-dev-items")
    assert look_up(aws, arn, backups=True).there is True
    assert look_up(aws, f"{arn}-other", backups=True).there is False


def test_x12_tags_of_keys_of_aws_are_not_read(court: Session) -> None:
    held = court(laws.OneItemAPage())
    aws = ours(held)
    theirs = aws.kms.describe_key(KeyId="alias/aws/lambda")["KeyMetadata"]["KeyId"]
    aliases = aws.kms.get_paginator("list_aliases").paginate().build_full_result()["Aliases"]
    assert theirs in {alias.get("TargetKeyId") for alias in aliases}
    KEY.with_owner("tap-dev/it").find_candidates(aws)
    asked = [sent.call.params for sent in held.sent if sent.call.operation == "ListResourceTags"]
    assert [params for params in asked if params["KeyId"] == theirs] == []


# -- every command ---------------------------------------------------------------------------


@pytest.mark.usefixtures("one_item_a_page")
def test_every_command_lives_with_one_item_a_page(
    account: None, home: Path, provision: Provision
) -> None:
    (home / "config.yaml").write_text(yaml.safe_dump(CONFIG | FULL, sort_keys=False))
    assert provision("up", "--yes").code == 0
    for _ in range(2):
        again = provision("up", "--yes", "--json")
        assert (again.code, again.json["calls"]["write"]) == (0, 0)
        assert provision("plan", "--check").code == 0
        assert provision("refresh", "--json").code == 0
        (home / ".provision" / "dev" / "state.json").unlink()
    assert provision("refresh", "--json").code == 0
    status = provision("status", "--json").json
    assert status["resources"]
    assert provision("keys", "list").code == 0
    down = provision("down", "--yes", "--destroy-data", "--json")
    assert (down.code, down.json["removal"]["leftovers"]) == (0, [])
    assert (
        boto3.client("ec2").describe_security_groups(
            Filters=[{"Name": "group-name", "Values": ["tap-dev-*"]}]
        )["SecurityGroups"]
        == []
    )


# -- who asks --------------------------------------------------------------------------------


def calls() -> Iterator[tuple[str, str]]:
    """Yield client and operation of every call in provision/ that does not name its resources."""
    for path in (ROOT / "provision").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            match node:
                case ast.Call(
                    func=ast.Attribute(
                        value=ast.Attribute(attr=receiver) | ast.Name(id=receiver), attr=operation
                    ),
                    keywords=given,
                ) if not any((each.arg or "").endswith(laws.BY_NAME) for each in given):
                    for client in SERVICES:
                        if receiver in {client, "client"}:
                            yield client, operation


@cache
def operations(service: str) -> dict[str, str]:
    return {xform_name(name): name for name in service_model(service).operation_names}


def test_x12_what_comes_in_pages_is_asked_for_by_a_paginator() -> None:
    """That holds for operations that botocore pages, and for those without a paginator."""
    paged = set()
    for client, operation in calls():
        service = SERVICES[client]
        name = operations(service).get(operation, "")
        if (service, name) in laws.WHOLE or laws.paging(service, name):
            paged.add(f"{client}.{operation}")
    assert paged == set(DIRECT)
