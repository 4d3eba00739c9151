"""`provision push` as a user types it."""

from __future__ import annotations

import json
from pathlib import Path

import boto3
import pytest

from tests.integration.test_cli import Provision, home, provision

__all__ = ["home", "provision"]  # fixtures


def test_a_push_on_the_screen_and_as_a_document(
    account: None, provision: Provision, home: Path
) -> None:
    early = provision("push")
    assert early.code == 1
    assert "is not recorded as created" in early.err
    assert "`provision up` creates it" in early.err
    assert provision("up", "--yes").code == 0
    code = home / "code" / "app.py"
    code.write_text("def handler(event, context):\n    return {'new': True}\n")

    unknown = provision("push", "orders")
    assert unknown.code == 2
    assert "config.yaml has no function orders; it has items" in unknown.err

    pushed = provision("push", "items")
    assert pushed.code == 0
    assert pushed.out == "function.items: version 2 is live\n"
    assert "✓ updated function.items.alias" in pushed.err
    again = provision("push")
    assert again.out == "function.items: version 2 is live, as before\n"

    code.write_text("def handler(event, context):\n    return {'newer': True}\n")
    told = provision("push", "--json")
    assert told.code == 0
    assert [(r["node"], r["action"]) for r in told.json["resources"]] == [
        ("function.items", "update"),
        ("function.items.version", "replace"),
        ("function.items.alias", "update"),
    ]
    assert told.json["calls"]["write"] == 4
    assert told.json["error"] is None
    assert provision("plan", "--check").code == 0

    boto3.client("lambda").update_function_configuration(
        FunctionName="tap-dev-items", MemorySize=3000
    )
    refused = provision("push", "--json")
    assert refused.code == 1
    assert "drifted in memory" in refused.json["error"]["message"]
    assert "`provision up` corrects it" in refused.json["error"]["hint"]


@pytest.mark.parametrize("gone", [False, True], ids=["there", "gone"])
def test_a_push_into_another_account_is_refused_before_it_writes(
    account: None, provision: Provision, home: Path, *, gone: bool
) -> None:
    """No call reads the account's id, so the first answers show it: names may exist in both."""
    assert provision("up", "--yes").code == 0
    state = home / ".provision" / "dev" / "state.json"
    recorded = json.loads(state.read_text("utf-8"))
    state.write_text(json.dumps(recorded | {"account": "210987654321"}), "utf-8")
    (home / "code" / "app.py").write_text("def handler(event, context):\n    return {'new': 1}\n")
    client = boto3.client("lambda")
    if gone:
        client.delete_function(FunctionName="tap-dev-items")
    refused = provision("push", "--json")
    assert refused.code == 7
    assert "lives in account 210987654321" in refused.json["error"]["message"]
    assert "belong to 123456789012" in refused.json["error"]["message"]
    if not gone:
        assert len(client.list_versions_by_function(FunctionName="tap-dev-items")["Versions"]) == 2
