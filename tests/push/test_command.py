"""`provision push` as a user types it."""

from __future__ import annotations

from pathlib import Path

import boto3

from tests.test_cli import Provision, home, provision

__all__ = ["home", "provision"]  # fixtures


def test_a_push_on_the_screen_and_as_a_document(
    account: None, provision: Provision, home: Path
) -> None:
    early = provision("push")
    assert early.code == 1
    assert "is not recorded as made" in early.err
    assert "`provision up` makes it" in early.err
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
    assert told.json["calls"]["write"] == 3
    assert told.json["error"] is None
    assert provision("plan", "--check").code == 0

    boto3.client("lambda").update_function_configuration(
        FunctionName="tap-dev-items", MemorySize=3000
    )
    refused = provision("push", "--json")
    assert refused.code == 1
    assert "drifted in memory" in refused.json["error"]["message"]
    assert "`provision up` puts it right" in refused.json["error"]["hint"]
