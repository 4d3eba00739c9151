"""The command line as a user meets it: exit codes, streams, JSON, wrong input, no calls."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import botocore.client
import pytest
import yaml

from provision.cli import main
from provision.clock import Clock
from tests.support.sample_stack import ROOT

CONFIG: dict[str, Any] = {
    "name": "tap",
    "environment": "dev",
    "region": "us-east-1",
    "tags": {"Environment": "production"},
    "tables": {"items": {"key": "id", "protect": True}},
    "functions": {
        "items": {"source": "code", "handler": "app.handler", "tables": {"items": "read"}}
    },
    "api": {"stage": "v1", "routes": {"GET /items": "items"}},
}


@dataclass
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


Provision = Callable[..., Answer]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fast: None) -> Path:
    """Return a directory with a small stack, without a terminal."""
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "app.py").write_text("def handler(event, context):\n    return {}\n")
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(CONFIG, sort_keys=False))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("CI", "PROVISION_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def provision(
    home: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Provision:
    monkeypatch.setattr(sys, "argv", ["provision"])  # from PATH, as hints then show

    def run(*words: str) -> Answer:
        with pytest.raises(SystemExit) as ended:
            main(list(words))
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Answer(int(ended.value.code or 0), captured.out, captured.err)

    return run


def test_a_life_in_json(account: None, provision: Provision) -> None:
    plan = provision("plan", "--json")
    assert plan.code == 0
    assert plan.json["calls"]["write"] == 0
    total = plan.json["summary"]["create"]
    assert total == len(plan.json["resources"]) - 1  # only Lambda creates network interfaces
    assert provision("plan", "--check").code == 4

    made = provision("up", "--yes", "--json")
    assert made.code == 0
    assert made.json["stack"] == "tap-dev"
    assert made.json["account"] == "123456789012"
    assert made.json["summary"]["create"] == total
    assert set(made.json["outputs"]) >= {"api_endpoint", "api_key_id", "table_name"}
    assert made.json["outputs"]["api_endpoint"].startswith("https://")

    again = provision("up", "--yes", "--json")
    assert again.json["summary"]["keep"] == total + 1
    assert again.json["calls"]["write"] == 0
    assert provision("plan", "--check").code == 0

    down = provision("down", "--yes", "--json")
    assert down.code == 0
    kept = {r["node"]: r["reason"] for r in down.json["resources"] if r["action"] == "keep"}
    assert "holds data" in kept["table.items"]
    assert provision("down", "--yes", "--json", "--destroy", "table.items").code == 0
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


def test_what_is_to_be_typed_next_names_the_same_stack(account: None, provision: Provision) -> None:
    made = provision("--region", "us-west-2", "up", "--yes")
    assert made.code == 0
    assert "$(provision outputs api_key --region us-west-2)" in made.out
    made = provision("--region", "us-west-2", "down", "--yes", "--destroy-data")
    assert (
        "`provision up --region us-west-2` creates it"
        in provision("--region", "us-west-2", "status").out
    )
    nothing = provision("--region", "us-west-2", "outputs")
    assert "→ `provision up --region us-west-2` creates them\n" in nothing.err


def test_a_misspelt_node_is_told_what_it_may_be(account: None, provision: Provision) -> None:
    near = provision("up", "--yes", "--destroy", "table.itms")
    assert near.code == 2
    assert 'did you mean "table.items"?' in near.err
    far = provision("plan", "--adopt", "zzz")
    assert "`provision plan --json` lists them" in far.err


def test_what_is_not_there_is_not_called_wanted(account: None, provision: Provision) -> None:
    """A removal never calls a missing resource unchanged."""
    provision("up", "--yes")
    down = provision("down", "--yes")
    assert "as wanted" not in down.err
    again = provision("down", "--yes")
    assert "not there" in again.err
    assert "Network  1 as wanted" not in again.err
    assert "shows what it would do" not in provision("down").err
    assert "(`provision plan` shows what it would do)" in provision("up").err


def test_a_life_on_the_screen(account: None, provision: Provision) -> None:
    made = provision("up", "--yes")
    assert made.code == 0
    assert "+ create table.items" in made.err
    assert "created table.items" in made.err
    assert "api_endpoint: https://" in made.out
    assert "curl -H" in made.out
    status = provision("status")
    assert status.code == 0
    assert "tap-dev" in status.out
    assert "as wanted" in status.out
    assert all(len(line) <= 100 for line in status.out.splitlines())
    assert provision("status", "--check").code == 0
    plan = provision("plan")
    assert "Nothing to change" in plan.out


def test_a_zone_that_aws_closes_moves_no_subnet(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    provision("up", "--yes")
    monkeypatch.setattr(
        "provision.stack.lookups.available_zones", lambda *_: ("us-east-1c", "us-east-1d")
    )
    assert provision("plan", "--check").code == 0


def test_drift_is_seen_named_and_told_by_the_exit_code(account: None, provision: Provision) -> None:
    provision("up", "--yes")
    boto3.client("logs").put_retention_policy(
        logGroupName="/aws/lambda/tap-dev-items", retentionInDays=1
    )
    status = provision("status", "--check")
    assert status.code == 5
    assert "function.items.logs drifted" in status.out
    assert "retention: 1, wanted 30" in status.out
    changes = {r["node"]: r["changes"] for r in provision("plan", "--json").json["resources"]}
    assert changes["function.items.logs"] == [
        {
            "field": "retention",
            "want": 30,
            "have": 1,
            "cause": "drift",
            "parts": [{"path": "retention", "want": 30, "have": 1}],
        }
    ]
    boto3.client("cloudwatch").delete_dashboards(DashboardNames=["tap-dev-us-east-1"])
    assert "monitoring.dashboard missing" in provision("status").out


def test_a_message_in_the_dead_letter_queue_is_unhealthy(
    account: None, provision: Provision
) -> None:
    url = provision("up", "--yes", "--json").json["outputs"]["dead_letter_queue_url"]
    boto3.client("sqs").send_message(QueueUrl=url, MessageBody="failed")
    status = provision("status", "--check")
    assert status.code == 5
    assert "function.items.dead_letters holds 1 failed event" in status.out
    health = provision("status", "--json").json["health"]
    assert health["dead_letters"] == {"function.items.dead_letters": 1}
    assert len(health["traffic"]["function.items"]["invocations"]) == 12


def test_outputs_one_by_one_and_the_key_only_when_asked_for(
    account: None, provision: Provision, home: Path
) -> None:
    assert provision("outputs", "table_name").code == 1
    nothing = provision("outputs")
    assert nothing.code == 1
    assert "provision up" in nothing.err
    assert "not deployed: `provision up` creates it" in provision("status").out
    made = provision("up", "--yes")
    assert provision("outputs", "table_name").out == "tap-dev-items\n"
    shown = provision("outputs", "--json").json
    assert shown["function_name"] == shown["function_names"]["items"] == "tap-dev-items"
    assert provision("outputs", "table_names.items").out == "tap-dev-items\n"
    assert provision("outputs", "table_names").out == "table_names.items: tap-dev-items\n"
    only = provision("outputs", "table_names.items", "--json").json
    assert only == provision("outputs", "table_names", "--json").json
    assert only == {"table_names": {"items": "tap-dev-items"}}
    key = provision("outputs", "api_key").out.strip()
    assert len(key) >= 20
    state = "".join(file.read_text() for file in (home / ".provision" / "dev").iterdir())
    assert key not in state + made.out + made.err
    wrong = provision("outputs", "api_endpint")
    assert wrong.code == 1
    assert "one of: api_endpoint" in wrong.err
    assert provision("outputs", "api_keys.default").out.strip() == key
    assert "table_names." not in made.out


def test_a_foreign_resource_stops_its_node_only(account: None, provision: Provision) -> None:
    boto3.client("sqs").create_queue(QueueName="tap-dev-items-dead-letters")
    made = provision("up", "--yes")
    assert made.code == 9
    assert "--adopt function.items.dead_letters" in made.err
    assert "table.items" in made.err
    tables = boto3.client("dynamodb").list_tables()["TableNames"]
    assert tables == ["tap-dev-items"]
    assert provision("up", "--yes", "--adopt", "function.items.dead_letters").code == 0


def test_another_account_is_refused_before_the_first_write(
    account: None, provision: Provision, home: Path
) -> None:
    changed = CONFIG | {"account": "999999999999"}
    (home / "config.yaml").write_text(yaml.safe_dump(changed, sort_keys=False))
    refused = provision("up", "--yes")
    assert refused.code == 7
    assert "config.yaml requires account 999999999999" in refused.err
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []


def test_another_region_than_the_pinned_is_refused(account: None, provision: Provision) -> None:
    assert provision("up", "--yes").code == 0
    refused = provision("--region", "eu-west-1", "up", "--yes")
    assert refused.code == 7
    assert "lives in account 123456789012, us-east-1" in refused.err


@pytest.mark.parametrize("verb", ["up", "down"])
def test_nothing_asks_when_nobody_can_answer(provision: Provision, verb: str) -> None:
    answer = provision(verb)
    assert answer.code == 2
    assert "--yes" in answer.err


class Keyboard(io.StringIO):
    """A user at a terminal who types this text."""

    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize("verb", ["up", "down"])
def test_nothing_asks_under_ci_though_there_is_a_terminal(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    monkeypatch.setenv("CI", "true")
    answer = provision(verb)
    assert answer.code == 2
    assert "this is no terminal: add --yes" in answer.err
    monkeypatch.delenv("CI")
    assert provision(verb).code == 0


def test_up_and_down_show_the_plan_and_ask(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Keyboard("n\n"))
    declined = provision("up")
    assert declined.code == 1
    assert declined.err.index("+ create table.items") < declined.err.index("Do this?")
    assert "Nothing was done." in declined.err
    assert boto3.client("dynamodb").list_tables()["TableNames"] == []
    monkeypatch.setattr("sys.stdin", Keyboard("y\n"))
    assert provision("up").code == 0
    monkeypatch.setattr("sys.stdin", Keyboard("\n"))
    kept = provision("down")
    assert kept.code == 1
    assert kept.err.index("holds data") < kept.err.index("Remove this?")
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["tap-dev-items"]


def test_watch_draws_again_until_stopped(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[float] = []

    def sleep(clock: Clock, seconds: float) -> None:
        looks.append(seconds)
        if len(looks) == 3:
            clock.stop()

    monkeypatch.setattr("provision.aws.rate_limits.RateLimiter.wait", lambda *_: 0.0)
    monkeypatch.setattr(Clock, "sleep", sleep)
    watched = provision("status", "--watch")
    assert watched.code in {0, 130}
    assert len(looks) == 3
    assert "tap-dev" in watched.out


@pytest.mark.parametrize(
    ("words", "code", "message"),
    [
        (["upp"], 2, "No such command"),
        (["up", "--yess"], 2, "--yes"),
        (["up", "--parallel", "0"], 2, "1<=x<=64"),
        (["status", "--watch", "--json"], 2, "choose one"),
        (["--config", "nowhere.yaml", "plan"], 3, "nowhere.yaml"),
        (["--region", "us-east-9", "plan"], 3, 'did you mean "us-east-2"'),
        (["--profile", "nobody", "plan"], 1, "nobody"),
        (["up", "--yes", "--destroy", "table.itemz"], 2, "no node table.itemz"),
    ],
)
def test_wrong_words(
    account: None, provision: Provision, words: list[str], code: int, message: str
) -> None:
    answer = provision(*words)
    assert answer.code == code
    assert message in answer.err
    if "--json" in words:
        assert answer.json == {
            "schema": 1,
            "error": {
                "exit_code": code,
                "code": "usage-error",
                "message": answer.json["error"]["message"],
                "hint": None,
            },
        }
        assert message in answer.json["error"]["message"]
    else:
        assert answer.out == ""


def test_all_config_errors_at_once_with_line_and_nothing_called(
    provision: Provision, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")  # any call would fail
    text = (home / "config.yaml").read_text()
    text = text.replace("key: id", "kee: id").replace("GET /items: items", "GET /items: itmes")
    (home / "config.yaml").write_text(text)
    answer = provision("plan")
    assert answer.code == 3
    line = 1 + text.splitlines().index("    kee: id")
    assert f"config.yaml:{line}" in answer.err
    assert "itmes" in answer.err
    assert '"items"' in answer.err


def test_an_endpoint_that_refuses_connections(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    answer = provision("plan")
    assert answer.code == 1
    assert "127.0.0.1:1" in answer.err
    assert "AWS_ENDPOINT_URL" in answer.err


def test_no_credentials(provision: Provision, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    answer = provision("plan")
    assert answer.code == 1
    assert "no AWS credentials were found" in answer.err
    assert "--local" in answer.err


def test_settings_come_from_the_environment_too(
    account: None, provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PROVISION_ENV", "qa")
    assert provision("plan", "--json", "--new-env").json["stack"] == "tap-qa"
    assert provision("--env", "dev", "plan", "--json").json["stack"] == "tap-dev"


def test_the_schema_is_not_written_through_a_link(provision: Provision, home: Path) -> None:
    """The link came with the checkout."""
    elsewhere = home.parent / "elsewhere"
    elsewhere.mkdir()
    (home / ".provision").symlink_to(elsewhere)
    told = provision("config", "schema", "--write")
    assert told.code == 2
    assert "is a symbolic link" in told.err
    assert list(elsewhere.iterdir()) == []


def test_config_check_and_schema(provision: Provision) -> None:
    assert "is valid: stack tap-dev" in provision("config", "check").err
    assert provision("config", "schema").json["type"] == "object"


@pytest.mark.parametrize("command", [("config", "check"), ("plan",), ("up", "--yes")])
def test_what_aws_would_refuse_is_told_before_anything_is_called(
    provision: Provision, home: Path, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    calls: list[object] = []
    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", lambda *a: calls.append(a))
    functions = {**CONFIG["functions"], "x" * 50: CONFIG["functions"]["items"]}
    (home / "config.yaml").write_text(yaml.safe_dump({**CONFIG, "functions": functions}))
    answer = provision(*command)
    assert answer.code == 3
    assert f"functions.{'x' * 50}: the role would be called" in answer.err.replace("\n", " ")
    assert calls == []


def test_help_lists_the_beginning_then_the_commands_most_used_and_whole(
    provision: Provision, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    lines = provision("--help").out.split("Commands:\n")[1].splitlines()
    assert [line.split()[0] for line in lines][:5] == ["init", "up", "plan", "status", "down"]
    assert not any(line.endswith("...") for line in lines)


def test_help_needs_no_aws_sdk_and_little_time() -> None:
    script = (
        "import sys, resource, contextlib\n"
        "from provision.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['--help'])\n"
        "used = resource.getrusage(resource.RUSAGE_SELF)\n"
        "heavy = {'boto3', 'botocore', 'rich', 'pydantic', 'yaml'} & set(sys.modules)\n"
        "print(heavy or 'light', used.ru_utime + used.ru_stime, file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    heavy, cpu = done.stderr.split()
    assert "status" in done.stdout
    assert heavy == "light"
    assert float(cpu) < 0.2


def test_a_missing_choice_is_told_on_one_line(provision: Provision) -> None:
    """click writes the choices on lines of their own, with tabs."""
    told = provision("completion")
    assert told.code == 2
    (line,) = [each for each in told.err.splitlines() if each.startswith("Error:")]
    assert "Choose from: bash, zsh, fish, powershell" in line
    assert "\\n" not in line
