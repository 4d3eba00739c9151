"""Functions outside the private network: what they lose, and what the others keep."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from provision.model.step import Step
from provision.steps.lambda_.function import Function
from tests.support.sample_stack import ROOT
from tests.unit.stack.test_stack import built, statements

KEPT: Final = {"environment": {"TOKEN": {"secret": "ssm:/tap/token"}}}
WORKER: Final[Mapping[str, Any]] = {
    "source": str(ROOT / "function"),
    "handler": "app.handler",
    "tables": {"items": "read"},
    **KEPT,
}
OPEN: Final = {"network": "open"}
TABLE: Final = "arn:aws:dynamodb:us-east-1:123456789012:table/tap-dev-items"


def policies_of(steps: Mapping[str, Step], function: str) -> dict[str, list[dict[str, Any]]]:
    found = vars(steps[f"function.{function}.grants"])["policies"]
    return {name: statements(document) for name, document in found.items()}


def test_an_open_function_is_in_no_network_and_its_role_may_be_used_from_anywhere(
    tmp_path: Path,
) -> None:
    stack, steps = built(tmp_path, {"functions": {"worker": {**WORKER, **OPEN}, "items": KEPT}})
    worker, items = steps["function.worker"], steps["function.items"]
    assert isinstance(worker, Function)
    assert isinstance(items, Function)
    assert (worker.subnet_ids, worker.group_ids) == ((), ())
    assert items.subnet_ids
    theirs, ours = policies_of(steps, "worker"), policies_of(steps, "items")
    for name in ("tables", "secrets"):
        assert "Condition" not in theirs[name][0]
        assert "aws:SourceVpc" in ours[name][0]["Condition"]["StringEquals"]
    assert theirs["tables"][0]["Resource"] == [TABLE]
    assert not {"network.endpoint", "network.secrets.ssm"} & {
        need
        for node in ("function.worker", "function.worker.version")
        for need in stack.nodes[node].needs
    }


def test_lambda_may_still_release_the_interfaces_of_a_function_that_left(tmp_path: Path) -> None:
    """It does so with the function's role, up to 45 minutes later (I12, E1)."""
    stack, steps = built(tmp_path, {"functions": {"items": OPEN}})
    found = policies_of(steps, "items")["network"]
    (denied,) = (one for one in found if one["Effect"] == "Deny")
    allowed = [one for one in found if one is not denied]
    actions = {action for one in allowed for action in one["Action"]}
    assert "ec2:DeleteNetworkInterface" in actions
    assert "ec2:CreateNetworkInterface" not in actions
    assert "ec2:DeleteNetworkInterface" in denied["Action"]
    assert "network.interfaces" in stack.nodes["function.items"].needs, "deleted after it"
    for node in ("network.interfaces", "network.subnet.1"):
        assert vars(steps[node])["functions"] == ("tap-dev-items",), "old versions are inside"


def test_endpoints_are_for_functions_of_the_network(tmp_path: Path) -> None:
    _, steps = built(tmp_path, {"functions": {"items": OPEN | KEPT}})
    assert not [node for node in steps if node.startswith("network.secrets")]
    (statement,) = statements(vars(steps["network.endpoint"])["policy"])
    assert statement["Effect"] == "Deny"
    assert [rule.target for rule in vars(steps["network.group"])["egress"]] == [
        "com.amazonaws.us-east-1.dynamodb"
    ]
    _, steps = built(tmp_path, {"functions": {"items": OPEN, "worker": WORKER}})
    (statement,) = statements(vars(steps["network.endpoint"])["policy"])
    assert "dynamodb:GetItem" in statement["Action"]
    assert "dynamodb:PutItem" not in statement["Action"], "which only the open one may do"
    assert "network.secrets.ssm" in steps
