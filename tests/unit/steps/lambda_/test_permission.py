"""The permission: the contract, and other statements in the policy of the alias."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any, ClassVar

import pytest

from provision.aws.failed_call import FailedCall
from provision.aws.retry import NEW_RESOURCE, retry_rule_for
from provision.model.step import Step
from provision.plan.change import Action
from provision.steps.lambda_.alias import Alias
from provision.steps.lambda_.permission import Permission
from tests.support.harness import Workshop, new_aws, one_node
from tests.unit.steps.contract import StepContract
from tests.unit.steps.lambda_world import NAME, Refusing, a_function, made, version_of

WANT = Permission(
    function=NAME,
    qualifier="live",
    statement="api",
    principal="apigateway.amazonaws.com",
    source="arn:aws:execute-api:us-east-1:123456789012:abc/*",
)


def an_alias(directory: Path) -> None:
    version_of(made(a_function(new_aws(), directory))).create(new_aws())
    Alias(function=NAME, name="live", version="1").create(new_aws())


class TestPermission(StepContract):
    parents_owner = "tap-dev/function.items"
    drift_only = frozenset({"others"})
    edits: ClassVar[dict[str, Any]] = {
        "principal": "events.amazonaws.com",
        "source": "arn:aws:execute-api:us-east-1:123456789012:def/*",
    }
    fixed_edits: ClassVar[dict[str, Any]] = {"statement": "other"}

    @pytest.fixture(autouse=True)
    def _directory(self, tmp_path: Path) -> None:
        self.directory = tmp_path

    def given(self, aws: Any) -> Step:
        an_alias(self.directory)
        return WANT


@pytest.fixture
def shop(workshop: Workshop, tmp_path: Path) -> Workshop:
    an_alias(tmp_path)
    return workshop


def add(statement: str, **more: Any) -> None:
    new_aws().lambda_.add_permission(
        FunctionName=NAME,
        Qualifier="live",
        StatementId=statement,
        **{"Action": "lambda:InvokeFunction", "Principal": "s3.amazonaws.com", **more},
    )


def policy() -> list[Any]:
    found = new_aws().lambda_.get_policy(FunctionName=NAME, Qualifier="live")
    statements: list[Any] = json.loads(found["Policy"])["Statement"]
    return statements


def test_it_is_on_the_alias_and_only_from_the_source(shop: Workshop) -> None:
    shop.run(one_node(WANT), "up")
    (statement,) = policy()
    assert statement["Resource"] == new_aws().location.arn("lambda", f"function:{NAME}:live")
    assert statement["Principal"] == {"Service": "apigateway.amazonaws.com"}
    assert statement["Condition"] == {"ArnLike": {"AWS:SourceArn": WANT.source}}


def test_undeclared_statements_are_shown_and_removed(shop: Workshop) -> None:
    shop.run(one_node(WANT), "up")
    add("theirs")
    add("also")
    finding = shop.run(one_node(WANT), "plan").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("others", ("also", "theirs"))]
    shop.run(one_node(WANT), "up")
    assert shop.last.writes == ["RemovePermission", "RemovePermission"]
    assert [statement["Sid"] for statement in policy()] == ["api"]


def test_undeclared_statements_of_before_are_removed(shop: Workshop) -> None:
    add("theirs")
    shop.run(one_node(WANT), "up")
    assert [statement["Sid"] for statement in policy()] == ["api"]


def test_declared_others_stay(shop: Workshop) -> None:
    add("ours")
    add("theirs")
    shop.run(one_node(replace(WANT, others=("ours",))), "up")
    assert {statement["Sid"] for statement in policy()} == {"api", "ours"}


@pytest.mark.parametrize(
    "wider",
    [
        {"Principal": "*"},
        {"Action": "lambda:GetFunction"},
        {"SourceAccount": "999999999999"},
    ],
)
def test_a_statement_that_allows_something_else_is_put_right(
    shop: Workshop, wider: dict[str, str]
) -> None:
    fields = {"Principal": WANT.principal, "SourceArn": WANT.source, **wider}
    add("api", **fields)
    assert shop.run(one_node(WANT), "plan").changes["it"].action is Action.UPDATE
    shop.run(one_node(WANT), "up")
    assert shop.run(one_node(WANT), "plan").changes["it"].action is Action.KEEP


def test_without_source_it_would_be_open_to_all_and_is_put_right(shop: Workshop) -> None:
    add("api", Principal=WANT.principal)
    assert shop.run(one_node(WANT), "up").changes["it"].action is Action.UPDATE
    assert policy()[0]["Condition"] == {"ArnLike": {"AWS:SourceArn": WANT.source}}


def test_an_addition_by_others_between_is_not_lost(shop: Workshop) -> None:
    """The write carries the revision of the policy that was read (L15)."""
    add("ours")

    class Racing(Refusing):
        def _refuse(self, **_: Any) -> Any:
            if self.left:
                self.left = 0
                add("later")

    others = ("later", "ours")
    want = replace(WANT, others=others)
    shop.run(one_node(want), "up", recorder=Racing("AddPermission", ""))
    assert shop.last.writes == ["AddPermission", "AddPermission"]
    assert {statement["Sid"] for statement in policy()} == {"api", *others}


def test_one_added_meanwhile_is_put_right(shop: Workshop) -> None:
    class Racing(Refusing):
        def _refuse(self, **_: Any) -> Any:
            if self.left:
                self.left = 0
                add("api")

    shop.run(one_node(WANT), "up", recorder=Racing("AddPermission", ""))
    assert WANT.observe(new_aws()) == WANT


def test_an_alias_just_made_may_be_denied_for_a_while() -> None:
    """AddPermission does not see it yet (L16); GetPolicy fails alike if there is no policy."""
    text = "Cannot find alias arn"
    denied = FailedCall("AddPermission", "ResourceNotFoundException", text, 404, "")
    assert retry_rule_for(denied) is NEW_RESOURCE
    assert retry_rule_for(replace(denied, operation="GetPolicy")) is None


def test_it_waits_until_the_old_one_is_no_longer_shown(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Otherwise adding it again would fail because it exists (L16)."""
    shop.run(one_node(WANT), "up")
    old, looks = policy(), 2

    class Stale(Refusing):
        def _refuse(self, **_: Any) -> Any:
            if "RemovePermission" in self.writes and self.left > 9 - looks:
                self.left -= 1
                document = {"Statement": old}
                return answered({"Policy": json.dumps(document), "RevisionId": "r"})
            return None

    aws = new_aws(Stale("GetPolicy", ""))
    WANT.delete(aws)
    assert len(aws.clock.slept) == looks  # type: ignore[attr-defined]  # the tests' clock


def answered(parsed: dict[str, Any]) -> Any:
    class Answer:
        status_code = 200

    return Answer(), {**parsed, "ResponseMetadata": {"HTTPStatusCode": 200}}


def test_without_the_function_it_is_gone(account: None) -> None:
    assert WANT.observe(new_aws()) is None
    WANT.delete(new_aws())


def test_a_statement_past_the_alias_is_shown_and_removed(shop: Workshop) -> None:
    shop.run(one_node(WANT), "up")
    new_aws().lambda_.add_permission(
        FunctionName=NAME, StatementId="open", Action="lambda:InvokeFunction", Principal="*"
    )
    finding = shop.run(one_node(WANT), "plan").changes["it"]
    assert [(diff.field, diff.have) for diff in finding.diffs] == [("others", ("$LATEST/open",))]
    shop.run(one_node(WANT), "up")
    assert shop.last.writes == ["RemovePermission"]
    assert shop.run(one_node(WANT), "plan").changes["it"].action is Action.KEEP
