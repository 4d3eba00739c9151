"""The plan as people read it.

Whole lines without a terminal, causes by file, versions published, renames recognised, and each
refusal once.
"""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from rich.console import Console
from rich.text import Text

from provision.plan.change import Action, Cause, ResourceChange
from provision.plan.renames import likely_renames
from provision.steps.dynamodb.table import Table
from provision.views.plan import print_plan
from provision.workflows.origins import Edited
from tests.conformance.permissions.lifecycle import FULL
from tests.integration.test_cli import CONFIG, Provision, home, provision
from tests.support.harness import Workshop, new_aws
from tests.support.sample_stack import TinySources, merge, reference_stack, renaming

__all__ = ["home", "provision"]  # fixtures

FILES = Edited("wish.yaml", {"function.items": "function/", "layer.dependencies": "layer/"})


def printed(findings: Mapping[str, Any], **window: Any) -> list[str]:
    """Return the plan's lines; `window` is a terminal's size, and without it there is none."""
    shown = io.StringIO()
    console = Console(file=shown, force_terminal=bool(window), no_color=True, **window)
    print_plan(console, "tap-dev: plan", findings, FILES)
    return Text.from_ansi(shown.getvalue()).plain.splitlines()


def reconfigured(home: Path, changes: Mapping[str, Any]) -> None:
    settings = yaml.safe_load(yaml.safe_dump(CONFIG))
    merge(settings, changes)
    (home / "config.yaml").write_text(yaml.safe_dump(settings, sort_keys=False))


def why(answer: Any) -> str:
    """Return the line of a plan that begins with `Why:`."""
    lines: list[str] = answer.out.splitlines()
    return next(line for line in lines if line.startswith("Why:"))


def test_without_a_terminal_no_line_is_wrapped_padded_or_cut(
    account: None, workshop: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    boto3.client("route53").create_hosted_zone(Name="example.com", CallerReference="here")
    workshop.run(reference_stack(new_aws(), tmp_path), "up", workers=8)
    more = {**FULL, "tables": {"items": {"key": "other"}}}
    found = workshop.run(reference_stack(new_aws(), tmp_path, more), "plan", workers=8).changes
    lines = printed(found)
    assert [line for line in lines if line != line.rstrip()] == []
    assert [line for line in lines if "…" in line] == []
    for finding in found.values():
        if finding.action in {Action.UPDATE, Action.DELETE}:
            assert any(f"{finding.action} {finding.node}  {finding.label}" in x for x in lines)
    assert max(len(line) for line in lines) > 200
    for width in (40, 80, 160):
        shown = printed(found, width=width, height=24)
        assert [line for line in shown if len(line) > width] == []


@pytest.mark.usefixtures("account")
def test_what_is_piped_has_no_window(provision: Provision, monkeypatch: pytest.MonkeyPatch) -> None:
    """COLUMNS has no effect on any result that is piped."""
    monkeypatch.setenv("COLUMNS", "40")
    provision("up", "--yes")
    boto3.client("logs").put_retention_policy(
        logGroupName="/aws/lambda/tap-dev-items", retentionInDays=1
    )
    for words in (("plan",), ("keys", "list")):
        lines = provision(*words).out.splitlines()
        assert [line for line in lines if line != line.rstrip()] == [], words
    assert "~ update function.items.logs  /aws/lambda/tap-dev-items" in provision("plan").out


PUBLIC = {"function": "items", "key": False, "throttle": {"rate": 5, "burst": 9}}
WIDE = {"actions": ["s3:*"], "resources": ["*"], "wide": "reports read every bucket"}


@pytest.mark.usefixtures("account")
def test_what_leaves_the_private_network_is_a_risk_and_named_in_every_plan(
    provision: Provision, home: Path
) -> None:
    provision("up", "--yes")
    assert "utside the private network" not in provision("plan").out
    reconfigured(home, {"functions": {"items": {"network": "open"}}})
    out = provision("plan").out
    assert "! weaker: leaves the private network: its code reaches the internet" in out
    assert "network interfaces" not in out
    made = provision("up", "--yes")
    assert made.code == 0, made.err
    again = provision("plan").out
    assert "Nothing to change" in again
    assert "Outside the private network: function.items." in again
    assert "! outside the private network: function.items" in provision("status").out
    reconfigured(home, {"functions": {"items": {"network": "private"}}})
    back = provision("plan").out
    assert "slow: Lambda creates network interfaces" in back
    assert "utside the private network" not in back
    assert provision("up", "--yes").code == 0


@pytest.mark.usefixtures("account")
def test_public_routes_and_wide_statements_are_named_in_every_plan(
    provision: Provision, home: Path
) -> None:
    provision("up", "--yes")
    plain = provision("plan").out
    assert "Public" not in plain
    assert "Wide" not in plain
    wide = {"functions": {"items": {"policy": [WIDE]}}}
    reconfigured(home, {"api": {"routes": {"POST /hook": PUBLIC}}, **wide})
    out = provision("plan").out
    assert "! weaker: anyone can call POST /hook without a key: public" in out
    assert "! weaker: POST /hook writes, and so can anyone" in out
    assert "! weaker: wide: reports read every bucket" in out
    made = provision("up", "--yes")
    assert made.code == 0, made.err
    assert "public_routes: POST /hook" in provision("outputs").out
    again = provision("plan").out
    assert "Nothing to change" in again
    assert "Public, without a key: POST /hook." in again
    assert "Wide: function.items.grants (reports read every bucket)." in again
    assert "! public, without a key: POST /hook" in provision("status").out
    document = json.loads(provision("plan", "--json").out)
    assert document["public"] == ["POST /hook"]
    keyed = {"POST /hook": {**PUBLIC, "key": True}}
    reconfigured(home, {"api": {"routes": keyed}, **wide})
    assert "! downtime: callers of POST /hook without a key get 403" in provision("plan").out


@pytest.mark.usefixtures("account")
def test_a_change_is_told_by_the_file_that_made_it(provision: Provision, home: Path) -> None:
    provision("up", "--yes")
    (home / "code" / "app.py").write_text("def handler(event, context):\n    return 1\n")
    code = provision("plan")
    assert why(code) == "Why: 3 by code in code/."  # the function, its version, its alias
    assert code.out.count("code changed in code/") == 2
    assert "+ publish function.items.version" in code.out
    assert "1 to publish" in code.out
    assert "sha256" not in code.out
    assert "code_sha256: " in provision("-v", "plan").out

    reconfigured(home, {"functions": {"items": {"memory": 256}}})
    both = provision("plan")
    assert "settings changed" in both.out
    assert why(both) == "Why: 3 by code in code/, 3 by config.yaml."
    boto3.client("logs").put_retention_policy(
        logGroupName="/aws/lambda/tap-dev-items", retentionInDays=1
    )
    drifted = why(provision("plan"))
    assert drifted == "Why: 3 by code in code/, 3 by config.yaml, 1 by drift: changed in AWS."
    (home / "config.yaml").rename(home / "wish.yaml")
    assert "3 by wish.yaml" in why(provision("--config", "wish.yaml", "plan"))
    for answer in (code, both):
        assert "cannot change in place" not in answer.out
    made = provision("--config", "wish.yaml", "up", "--yes")
    assert "✓ published function.items.version" in made.err
    assert "3 updated, 1 published" in made.err


def test_a_layer_is_told_by_its_requirements(
    account: None, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(reference_stack(new_aws(), tmp_path), "up", workers=8)
    other = TinySources(tmp_path / "zips", layer_text="x = 2\n")
    found = workshop.run(reference_stack(new_aws(), tmp_path, None, other), "plan", workers=8)
    lines = printed(found.changes)
    assert "Why: 4 by requirements in layer/." in lines
    assert any("requirements changed in layer/" in line for line in lines)
    assert "2 to update, 2 to publish" in " ".join(lines)


def test_somebody_elses_code_is_drift_and_no_file(
    account: None, workshop: Workshop, tmp_path: Path
) -> None:
    stack = reference_stack(new_aws(), tmp_path)
    made = workshop.run(stack, "up", workers=8).resources["function.items"]
    other = TinySources(tmp_path / "zips", "x = 'of somebody'\n").function("other")
    aws = new_aws()
    name = str(vars(made)["name"])
    aws.lambda_.update_function_code(FunctionName=name, ZipFile=Path(other.zip).read_bytes())
    lines = printed(workshop.run(stack, "plan", workers=8).changes)
    assert any("code changed  ← drift: changed in AWS" in line for line in lines)
    assert "Why: 1 by drift: changed in AWS." in lines


def test_what_was_renamed_is_noticed_and_the_line_works(
    account: None, workshop: Workshop, tmp_path: Path
) -> None:
    workshop.run(reference_stack(new_aws(), tmp_path), "up", workers=8)
    changed = renaming()
    moved = changed.pop("moved")
    untold = workshop.run(reference_stack(new_aws(), tmp_path, changed), "plan", workers=8)
    assert likely_renames(untold.changes) == moved
    (line,) = (line for line in printed(untold.changes) if line.startswith("Renamed?"))
    assert line.endswith("` in wish.yaml keeps them.")
    pasted = yaml.safe_load(line.split("`")[1])
    told = workshop.run(reference_stack(new_aws(), tmp_path, changed | pasted), "plan", workers=8)
    assert not any("Renamed?" in line for line in printed(told.changes))
    assert {f.verb for f in told.changes.values()} == {"keep", "update", "publish"}


def test_what_is_another_is_no_rename() -> None:
    table = Table(name="tap-dev-items", key="id", ttl="expires_at", tags={})

    def suggested(old: Table, new: Table) -> dict[str, str]:
        goes = ResourceChange("table.items", (), Table.KIND, None, old, (), Action.KEEP)
        comes = ResourceChange("table.orders", (), Table.KIND, new, None, (), Action.CREATE)
        both = (replace(goes, cause=Cause.REMOVED), replace(comes, cause=Cause.CONFIG))
        return likely_renames({finding.node: finding for finding in both})

    same = replace(table, name="tap-dev-orders")
    assert suggested(table, same) == {"table.items": "table.orders"}
    assert suggested(table, replace(same, protect=not same.protect)) != {}  # nearly the same
    assert suggested(table, replace(same, key="other")) == {}  # that would not be kept
    other = replace(same, ttl=None, recovery=False, recovery_days=1, protect=False)
    assert suggested(table, other) == {}


@pytest.mark.usefixtures("account")
def test_what_is_refused_is_said_once_and_asked_for_not_at_all(
    provision: Provision, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision("up", "--yes")
    reconfigured(home, {"tables": {"items": {"key": "other"}}})
    plan = provision("plan")
    assert "1 refused" in plan.out
    assert "to replace" not in plan.out
    monkeypatch.setattr("provision.commands.confirmation.ask", None)  # no question is asked
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    refused = provision("up")
    assert refused.code == 1
    end = refused.err.splitlines()
    assert "Nothing was done: 1 refused (table.items) [nothing-done]" in end
    assert refused.err.lower().count("nothing was done") == 1
    assert "Partly done" not in refused.err
    assert refused.err.count("✗ table.items") == 1
    assert sum("--destroy table.items" in line for line in end) == 3  # plan, refusal, what to type
    error = provision("up", "--yes", "--json").json["error"]
    assert (error["exit_code"], "Nothing was done" in error["message"]) == (1, True)


@pytest.mark.usefixtures("account")
def test_what_is_foreign_is_partly_done_only_where_something_was(provision: Provision) -> None:
    boto3.client("sqs").create_queue(QueueName="tap-dev-items-dead-letters")
    first, second = provision("up", "--yes"), provision("up", "--yes")
    assert (first.code, second.code) == (9, 1)
    assert "Partly done: 1 failed (function.items.dead_letters)" in first.err
    assert "Nothing was done: 1 refused (function.items.dead_letters)" in second.err
