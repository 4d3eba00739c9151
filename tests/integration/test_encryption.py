"""One key for all stored data: its users, its policy, and the choice of its alias."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provision.config import ConfigInvalid, reference
from provision.errors import ApiError, PrerequisiteMissing
from provision.model.step import Step, with_computed
from provision.stack import build_stack
from provision.stack.lookups import given_key, key_as_recorded
from provision.steps.logs.log_group import LogGroup
from tests.support.harness import new_aws
from tests.support.sample_stack import configured, reference_site

GIVEN = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
KEPT = {
    "api.logs.access": "key",
    "api.logs.execution": "key",
    "function.items": "key",
    "function.items.dead_letters": "encryption",
    "function.items.logs": "key",
    "monitoring.topic": "key",
    "network.flow_logs.logs": "key",
    "table.items": "encryption",
}
"""Node → the field with its encryption."""


def built(directory: Path, key: str, given: str = "", **changes: Any) -> dict[str, Step]:
    settings = {"encryption": {"key": key}, "network": {"flow_logs": {"traffic": "ALL"}}}
    inputs = reference_site(new_aws(), directory, {**settings, **changes})
    stack = build_stack(type(inputs)(**{**vars(inputs), "key": given}))
    steps: dict[str, Step] = {}
    for name, node in stack.nodes.items():
        want = node.build(steps)
        steps[name] = with_computed(want, want)
        if name == "encryption.key":
            steps[name] = type(want)(**{**vars(want), "id": "made", "arn": "arn:made"})
    return steps


@pytest.mark.parametrize(
    ("key", "given", "arn"), [("create", "", "arn:made"), ("alias/our", GIVEN, GIVEN)]
)
def test_everything_kept_has_the_key(
    account: None, tmp_path: Path, key: str, given: str, arn: str
) -> None:
    steps = built(tmp_path, key, given)
    assert {node: vars(steps[node])[field] for node, field in KEPT.items()} == dict.fromkeys(
        KEPT, arn
    )
    assert ("encryption.key" in steps) is (key == "create")


def test_without_one_all_is_as_it_was(account: None, tmp_path: Path) -> None:
    steps = built(tmp_path, "managed")
    assert {vars(steps[node])[field] for node, field in KEPT.items()} == {"", "managed", "sqs"}
    assert vars(steps["monitoring.topic"])["key"] == ""  # as docs/config.md says
    assert "`managed`: AWS's own keys, and none for the topic;" in reference()
    assert "encryption" not in vars(steps["function.items.grants"])["policies"]
    assert "encryption.key" not in steps


@pytest.mark.parametrize(
    ("grant", "through_dynamodb"),
    [
        ("read", {"kms:Decrypt", "kms:DescribeKey"}),
        (
            "write",
            {
                "kms:Decrypt",
                "kms:DescribeKey",
                "kms:Encrypt",
                "kms:GenerateDataKey",
                "kms:GenerateDataKeyWithoutPlaintext",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            },
        ),
    ],
)
def test_a_role_uses_the_key_only_through_what_it_works_with(
    account: None, tmp_path: Path, grant: str, through_dynamodb: set[str]
) -> None:
    tables = {"functions": {"items": {"tables": {"items": grant}}}}
    policies = vars(built(tmp_path, "alias/our", GIVEN, **tables)["function.items.grants"])
    found = {
        statement["Condition"]["StringEquals"]["kms:ViaService"][0]: set(statement["Action"])
        for statement in policies["policies"]["encryption"]["Statement"]
    }
    assert found == {
        "lambda.us-east-1.amazonaws.com": {"kms:Decrypt"},
        "sqs.us-east-1.amazonaws.com": {"kms:Decrypt", "kms:GenerateDataKey"},
        "dynamodb.us-east-1.amazonaws.com": through_dynamodb,
    }


def test_the_key_lets_in_our_logs_and_alarms_only(account: None, tmp_path: Path) -> None:
    steps = built(tmp_path, "create")
    statements = vars(steps["encryption.key"])["policy"]["Statement"]
    by_sid = {statement["Sid"]: statement for statement in statements}
    assert by_sid["OurLogGroups"]["Principal"] == {"Service": ["logs.us-east-1.amazonaws.com"]}
    patterns = by_sid["OurLogGroups"]["Condition"]["ArnLike"]["kms:EncryptionContext:aws:logs:arn"]
    assert all("tap-dev" in pattern or "API-Gateway-Execution" in pattern for pattern in patterns)
    names = [vars(step)["name"] for step in steps.values() if step.KIND == "logs.group"]
    prefix = "arn:aws:logs:us-east-1:123456789012:log-group:"
    for name in names:
        fits = [p for p in patterns if Path(prefix + name).match(p) or prefix + name == p]
        assert fits or "API-Gateway-Execution" in name, name
    assert by_sid["OurAlarms"]["Condition"]["StringEquals"] == {
        "aws:SourceAccount": ["123456789012"]
    }


def test_the_alias_leads_to_the_key(account: None) -> None:
    kms = new_aws().kms
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/our", TargetKeyId=made["KeyId"])
    assert given_key(new_aws(), "alias/our") == made["Arn"]
    assert given_key(new_aws(), "managed") == ""
    with pytest.raises(PrerequisiteMissing, match="no key alias/other in us-east-1"):
        given_key(new_aws(), "alias/other")
    kms.disable_key(KeyId=made["KeyId"])
    with pytest.raises(ApiError, match="Disabled"):
        given_key(new_aws(), "alias/our")


def test_what_only_reads_or_removes_goes_on_without_the_key(account: None) -> None:
    kms, said = new_aws().kms, list[Exception]()
    made = kms.create_key()["KeyMetadata"]
    kms.create_alias(AliasName="alias/our", TargetKeyId=made["KeyId"])
    kms.disable_key(KeyId=made["KeyId"])
    logs = LogGroup(name="x", retention=1, key=made["Arn"], tags={})
    assert key_as_recorded(new_aws(), "alias/our", [logs], said.append) == made["Arn"]
    kms.delete_alias(AliasName="alias/our")
    assert key_as_recorded(new_aws(), "alias/our", [logs], said.append) == made["Arn"]
    lost = key_as_recorded(new_aws(), "alias/our", [], said.append)
    assert lost == "arn:aws:kms:us-east-1:123456789012:alias/our"
    assert [str(error).partition(":")[0] for error in said] == [
        "the key alias/our cannot encrypt",
        "there is no key alias/our in us-east-1",
        "there is no key alias/our in us-east-1",
    ]


def test_a_key_of_awss_own_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        configured(tmp_path, {"encryption": {"key": "alias/aws/sns"}})
    assert "AWS's own key" in str(vars(refused.value))
