"""`provision graph` as a user meets it: formats, parts, states, documents, exit codes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.integration.test_cli import CONFIG, Provision, home, provision  # noqa: F401  (fixtures)
from tests.support.sample_stack import ROOT


def states(document: Any) -> dict[str, str | None]:
    return {node["node"]: node["state"] for node in document["nodes"]}


def test_a_graph_of_config_yaml_asks_nobody(
    provision: Provision,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Without the `account` fixture, a call would leave the machine, and the suite forbids it."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "")
    answer = provision("graph", "--json")
    assert answer.code == 0
    assert answer.json["account"] is None
    assert answer.json["calls"] == {"read": 0, "write": 0}
    assert set(states(answer.json).values()) == {None}
    (table,) = [node for node in answer.json["nodes"] if node["node"] == "table.items"]
    assert table == {
        "node": "table.items",
        "kind": "dynamodb.table",
        "area": "DynamoDB",
        "needs": [],
        "state": None,
    }
    assert provision("graph", "--format", "json").json["nodes"] == answer.json["nodes"]


def test_every_node_of_the_plan_is_in_the_graph(account: None, provision: Provision) -> None:  # noqa: F811
    planned = [each["node"] for each in provision("plan", "--json").json["resources"]]
    assert sorted(states(provision("graph", "--json").json)) == sorted(planned)


@pytest.mark.parametrize(
    ("form", "first"), [("mermaid", "flowchart TD"), ("dot", "digraph"), ("svg", "<svg ")]
)
def test_a_format_is_all_that_is_printed(
    provision: Provision,  # noqa: F811
    form: str,
    first: str,
) -> None:
    answer = provision("graph", "--format", form)
    assert (answer.code, answer.err) == (0, "")
    assert answer.out.startswith(first)
    if form == "mermaid":
        assert provision("graph").out == answer.out


def test_a_graph_that_mermaid_refuses_is_said_to_be(provision: Provision, home: Path) -> None:  # noqa: F811
    names = [f"f{number}" for number in range(60)]
    function = CONFIG["functions"]["items"]
    routes = {f"GET /{name}": name for name in names}
    settings = CONFIG | {
        "functions": dict.fromkeys(names, function),
        "api": {"stage": "v1", "routes": routes},
    }
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))
    answer = provision("graph")
    assert answer.code == 0
    assert answer.out.startswith("flowchart TD")
    edges, characters = answer.out.count(" --> "), len(answer.out.rstrip("\n"))
    assert edges > 500
    assert characters > 50_000
    said = f"{edges:,} edges (at most 500) and {characters:,} characters (at most 50,000)"
    assert said in answer.err
    for hint in ("graph --format svg", "`--format dot`", "graph --of NODE"):
        assert hint in answer.err
    for form in ("svg", "dot", "json"):
        assert provision("graph", "--format", form).err == ""
    part = provision("graph", "--of", "table.items")
    assert part.code == 0
    needs = sum(len(node["needs"]) for node in provision("graph", "--json").json["nodes"])
    assert needs > edges  # the document has those too that others imply


def test_live_shows_what_status_shows(account: None, provision: Provision, home: Path) -> None:  # noqa: F811
    before = provision("graph", "--live", "--json").json
    assert states(before)["table.items"] == "missing"
    assert provision("up", "--yes").code == 0
    group = "/aws/lambda/tap-dev-items"
    boto3.client("logs").put_retention_policy(logGroupName=group, retentionInDays=3)
    live = provision("graph", "--live", "--json")
    assert live.code == 0
    assert live.json["account"] == "123456789012"
    assert live.json["calls"]["write"] == 0
    assert live.json["calls"]["read"] > 10
    assert states(live.json)["function.items.logs"] == "drifted"
    assert states(live.json)["api.stage"] == "as wanted"
    assert "≠ items.logs" in provision("graph", "--live", "--format", "svg").out
    config = {**CONFIG, "tables": {}}
    config["functions"] = {"items": {"source": "code", "handler": "app.handler"}}
    (home / "config.yaml").write_text(yaml.safe_dump(config))
    gone = states(provision("graph", "--live", "--json").json)
    assert gone["table.items"] in {"kept", "to be removed"}, "it is still there"
    assert "table.items" not in states(provision("graph", "--json").json)


def test_the_part_of_a_node(provision: Provision) -> None:  # noqa: F811
    part = states(provision("graph", "--of", "function.items.alias", "--json").json)
    assert {"function.items", "function.items.version", "api.stage"} <= set(part)
    assert "monitoring.topic" not in part
    wrong = provision("graph", "--of", "function.itmes.alias")
    assert wrong.code == 2
    assert 'did you mean "function.items.alias"?' in wrong.err


def test_one_form_of_output_at_a_time(provision: Provision) -> None:  # noqa: F811
    wrong = provision("graph", "--json", "--format", "svg")
    assert wrong.code == 2
    assert "choose one" in wrong.err
    assert json.loads(wrong.out)["error"]["exit_code"] == 2


def test_a_wrong_file_is_told_as_everywhere(provision: Provision, home: Path) -> None:  # noqa: F811
    (home / "config.yaml").write_text("name: 7\n")
    assert provision("graph").code == 3


def test_the_picture_of_the_readme_is_that_of_the_shipped_stack(
    provision: Provision,  # noqa: F811
) -> None:
    drawn = provision(
        "--config", str(ROOT / "config.yaml"), "--env", "prod", "graph", "--format", "svg"
    )
    assert drawn.out == (ROOT / "docs" / "pictures" / "stack.svg").read_text("utf-8"), (
        "`provision --env prod graph --format svg > docs/pictures/stack.svg`"
    )
