"""IAM's laws: a naive client fails under each, ours does not."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from provision.model.step import Document
from provision.steps.iam.role import Role
from provision.steps.iam.role_policies import RolePolicies
from provision.steps.iam_policy import as_text, canonical, trust
from tests.faults.aws_behaviours.conftest import Session, naive, ours
from tests.faults.aws_behaviours.harness import under
from tests.faults.aws_behaviours.rules import iam as laws
from tests.support.harness import empty

ROLE = Role(name="tap-dev-items", service="lambda.amazonaws.com", tags={"team": "a"})
TRUST = as_text(trust("lambda.amazonaws.com"))
STATEMENT: Document = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "*"}
POLICY: Document = {"Version": "2012-10-17", "Statement": [STATEMENT]}
NAIVE: dict[str, Any] = {"RoleName": "naive"}


def test_i1_a_role_just_made_may_not_be_found(court: Session, tmp_path: Path) -> None:
    held = court(laws.RoleAppearsLate())
    client = naive(held, "iam")
    client.create_role(**NAIVE, AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError, match="NoSuchEntity"):
        client.get_role(**NAIVE)
    under(held, tmp_path).up(ROLE)


def test_i2_an_id_stands_where_the_arn_belongs(court: Session, tmp_path: Path) -> None:
    held = court(laws.ArnIsAnId())
    client = naive(held, "iam")
    client.create_role(**NAIVE, AssumeRolePolicyDocument=TRUST)
    assert client.get_role(**NAIVE)["Role"]["Arn"].startswith("AROA")
    shop = under(held, tmp_path)
    made = shop.up(ROLE)
    assert isinstance(made, Role)
    assert made.arn == "arn:aws:iam::123456789012:role/tap-dev-items"
    shop.stays(ROLE)


def test_i3_a_fresh_principal_is_taken_for_malformed(court: Session) -> None:
    held = court(laws.PrincipalIsUnknown())
    aws = ours(held)
    arn = naive(held, "iam").create_role(**NAIVE, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    principal = {"Effect": "Allow", "Principal": {"AWS": arn}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [principal]})
    with pytest.raises(ClientError, match="Invalid principal in policy"):
        naive(held, "iam").create_role(RoleName="n", AssumeRolePolicyDocument=document)
    aws.iam.create_role(RoleName="o", AssumeRolePolicyDocument=document)
    assert aws.calls.retried > 1


def test_i5_a_fresh_role_takes_no_policy_yet(court: Session, tmp_path: Path) -> None:
    held = court(laws.RoleTakesPoliciesLate())
    client = naive(held, "iam")
    client.create_role(**NAIVE, AssumeRolePolicyDocument=TRUST)
    with pytest.raises(ClientError, match="The role with name naive cannot be found"):
        client.put_role_policy(**NAIVE, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    shop = under(held, tmp_path)
    stack = empty()
    role = stack.add("role", lambda _: ROLE)
    stack.add(
        "policies",
        lambda _: RolePolicies(role=ROLE.name, policies={"p": canonical(POLICY)}),
        after=[role],
    )
    shop.run(stack, "up")
    assert shop.last.writes[0] == "CreateRole"
    assert held.refused("I5")[-1].call.params["RoleName"] == ROLE.name
    shop.run(stack, "up")
    assert shop.last.writes == []


def test_i8_a_role_goes_after_its_policies(court: Session, tmp_path: Path) -> None:
    held = court(laws.RoleGoesLast())
    client = naive(held, "iam")
    client.create_role(**NAIVE, AssumeRolePolicyDocument=TRUST)
    client.put_role_policy(**NAIVE, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    with pytest.raises(ClientError, match="DeleteConflict"):
        client.delete_role(**NAIVE)
    client.delete_role_policy(**NAIVE, PolicyName="p")
    with pytest.raises(ClientError, match="must remove referenced objects first"):
        client.delete_role(**NAIVE)
    shop = under(held, tmp_path)
    shop.up(ROLE)
    client.put_role_policy(RoleName=ROLE.name, PolicyName="p", PolicyDocument=json.dumps(POLICY))
    shop.down(ROLE)
    assert shop.last.writes == ["DeleteRolePolicy", "DeleteRole"]
    assert [role["RoleName"] for role in client.list_roles()["Roles"]] == ["naive"]
