"""Real commands name only commands that can be typed and that lead to the same stack.

They end in many ways, called by a path and with every option.
"""

from __future__ import annotations

import json
import re
import shlex
import socket
import sys
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from provision.cli.global_options import GlobalOptions
from provision.model.step import OWNER
from tests.conformance.hints.line import understood
from tests.conformance.hints.test_sources import BARE, aws_refusals
from tests.integration.test_cli import CONFIG, Answer, Provision, home, provision  # noqa: F401

PROGRAM = "./my tools/provision"
TYPED = shlex.quote(PROGRAM)
CONFIG_FILE = "a place/it's mine.yaml"
ELSEWHERE = ("--config", CONFIG_FILE, "--state", "the state")
GIVEN = (
    *ELSEWHERE,
    *("--env", "prod", "--region", "us-west-2", "--profile", "my work", "--allow-endpoint"),
)
PROFILES = "[profile 'my work']\naws_access_key_id = testing\naws_secret_access_key = testing\n"
QUEUE = "function.items.dead_letters"


@dataclass
class Tool:
    """The program, called with all options."""

    run: Provision
    given: tuple[str, ...] = GIVEN
    ran: int = 0

    def __call__(self, *words: str, code: int) -> list[str]:
        """Run it, and return the commands in its output, each of which leads to the same stack."""
        self.ran += 1
        at = (0, 1, len(words))[self.ran % 3]  # before the verb, after it, and at the end
        answer = self.run(*words[:at], *self.given, *words[at:])
        assert answer.code == code, answer.err
        return self.judged(answer)

    def judged(self, answer: Answer) -> list[str]:
        usage = re.sub(r"^Usage: .*", "", answer.err)
        told = "\n".join([*strings(answer.out), usage])
        assert not BARE.search(told), BARE.search(told)
        assert TYPED * 2 not in told
        ours = list(commands(told))
        for command in ours:
            self.check(command)
        for command in re.findall(r"`(aws [^`]+)`|(aws --\S+ [^\n]+)", told):
            self.check_aws(*filter(None, command))
        return ours

    def check(self, command: str) -> None:
        program, *words = shlex.split(command)
        assert program == PROGRAM
        line = understood(words)
        if line.settings is None:
            assert words[-1] == "--help"
            return
        assert _comparable(line.settings, words) == _comparable(self.settings, words), command

    def check_aws(self, command: str) -> None:
        if "configure list-profiles" not in command:
            for part in command.split("$("):
                assert part.startswith("aws --profile 'my work' "), command
                assert aws_refusals(part.replace("'my work'", "1").rstrip(".,)")) == []

    @property
    def settings(self) -> GlobalOptions:
        found = understood(["config", "check", *self.given]).settings
        assert found is not None
        return found


def _comparable(settings: GlobalOptions, words: Iterable[str]) -> GlobalOptions:
    """Return the settings without those that the line repeats elsewhere or the verb ignores."""
    told = " ".join(words)
    if "--env dev" in told or told.startswith("up --local"):
        settings = replace(settings, environment="another")
    if "last.yaml" in told:
        assert settings.config.parent == Path(CONFIG_FILE).parent
        settings = replace(settings, config=Path())
    if told.startswith("local "):
        options: dict[str, Any] = {"environment": None, "region": None, "profile": None}
        settings = replace(settings, **options, allow_endpoint=False)
    return settings


def strings(out: str) -> Iterable[str]:
    """Return the lines of an answer, or the strings of a document."""
    try:
        parts: list[Any] = [json.loads(out)]
    except ValueError:
        return [out]
    for part in parts:
        if isinstance(part, dict):
            parts += part.values()
        elif isinstance(part, list):
            parts += part
    return [part for part in parts if isinstance(part, str)]


def commands(told: str) -> Iterable[str]:
    """Yield our commands in backticks, and those at the end of a line or inside `$( )`."""
    marked = told.replace(TYPED, "\0")
    for found in re.findall(r"`(\0[^`]*)`", marked):
        yield found.replace("\0", TYPED)
    for found in re.findall(r"(?<!`)\0 ([^\n)`]*)", re.sub(r"`[^`\n]*`", "", marked)):
        yield f"{TYPED} {found}".strip()


@pytest.fixture
def tool(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    account: None,
) -> Tool:
    monkeypatch.setattr(sys, "argv", [PROGRAM])
    (home / "a place").mkdir()
    (home / "code").rename(home / "a place" / "code")
    (home / "config.yaml").unlink()
    (home / "profiles").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(home / "profiles"))
    configure()
    return Tool(provision)


def configure(**changes: Any) -> None:
    environments = {"prod": {"protect": False}, "qa": None}
    config = {**CONFIG, "environments": environments, **changes}
    Path(CONFIG_FILE).write_text(yaml.safe_dump(config, sort_keys=False))


def client(name: Any) -> Any:
    return boto3.client(name, region_name="us-west-2")


def test_before_the_first_up(tool: Tool) -> None:
    for words, code, more in (
        (["status"], 0, "up"),
        (["outputs"], 1, "up"),
        (["outputs", "api_key"], 1, "up"),
        (["push"], 1, "up"),
        (["keys", "list"], 0, "up"),
        (["keys", "rotate", "default"], 1, "up"),
        (["keys", "disable", "x"], 1, "keys list"),
        (["refresh"], 0, "up"),
        (["up"], 2, "plan"),
        (["plan", "--out", "the plan.json"], 0, "up 'the plan.json'"),
        (["plan", "--destroy", "zzz"], 2, "plan --json"),
        (["up", "nothing.json", "--yes"], 2, ""),
        (["policy", "deployer"], 0, "policy deployer --for all --out DIR"),
        (["policy", "deployer"], 0, "policy boundary"),
        (["policy", "deployer", "--out", "my policies"], 0, ""),
        (["policy", "boundary"], 0, "policy boundary --out DIR"),
    ):
        found = tool(*words, code=code)
        assert not more or any(line.startswith(f"{TYPED} {more}") for line in found), words


def test_a_life(tool: Tool) -> None:
    made = tool("up", "--yes", code=0)
    assert [line for line in made if " outputs api_key " in line]
    rotated = tool("keys", "rotate", "default", code=0)
    assert [line.split()[2:4] for line in rotated] == [["outputs", "api_key"], ["keys", "disable"]]
    assert rotated[0].startswith(f"{TYPED} outputs api_key ")
    key = client("apigateway").get_api_keys()["items"][-1]["id"]
    assert tool("keys", "disable", key, code=1) or tool("keys", "remove", key, code=1)
    configure(tables={"items": {"key": "other", "protect": False}})
    for words in (["plan"], ["up", "--yes", "--json"], ["up", "--yes"]):
        code = 0 if words[0] == "plan" else 1
        assert any(" --destroy table.items " in line for line in tool(*words, code=code)), words
    kept = tool("down", "--yes", code=0)
    assert any(line.startswith(f"{TYPED} down --destroy table.items ") for line in kept)
    gone = tool("down", "--yes", "--destroy", "table.items", code=0)
    assert any(line.startswith(f"{TYPED} up --adopt table.items ") for line in gone)


def test_what_is_left_over(tool: Tool) -> None:
    tool("up", "--yes", code=0)
    sqs = client("sqs")
    known = sqs.get_queue_url(QueueName="tap-prod-items-dead-letters")["QueueUrl"]
    owner = sqs.list_queue_tags(QueueUrl=known)["Tags"][OWNER].replace("items", "gone")
    sqs.create_queue(QueueName="tap-prod-gone", tags={OWNER: owner})
    answer = tool.run("down", "--yes", "--destroy-data", *GIVEN)
    tool.judged(answer)
    aws = "aws --profile 'my work'"
    gone = known.replace("items-dead-letters", "gone")
    assert (
        f"to remove it: {aws} sqs delete-queue --queue-url {gone} --region us-west-2"
    ) in answer.err


def test_what_is_somebody_elses(tool: Tool) -> None:
    client("sqs").create_queue(QueueName="tap-prod-items-dead-letters")
    for words, code in ((["plan"], 0), (["up", "--yes"], 9), (["up", "--yes", "--json"], 1)):
        found = tool(*words, code=code)
        assert any(line.startswith(f"{TYPED} up --adopt {QUEUE} ") for line in found), words
    assert tool("push", code=1)


def test_saved_plans(tool: Tool) -> None:
    tool("plan", "--out", "p.json", code=0)
    other = tuple(word if word != "prod" else "qa" for word in GIVEN)
    found = Tool(tool.run, other)
    answer = tool.run("up", "p.json", *other)
    (line,) = commands(answer.err)
    assert shlex.split(line)[1:5] == ["up", "p.json", "--env", "prod"]
    assert understood(shlex.split(line)[1:]).settings == tool.settings
    assert found.settings.environment == "qa"
    configure(tags={"Environment": "other"})
    moved = tool("up", "p.json", code=1)
    assert any(line.startswith(f"{TYPED} plan --out p.json ") for line in moved)
    assert tool("up", "p.json", "--adopt", "table.items", code=2)
    Path("p.json").write_text("{")
    assert tool("up", "p.json", code=1)


def test_a_file_that_is_wrong(tool: Tool) -> None:
    text = Path(CONFIG_FILE).read_text()
    Path(CONFIG_FILE).write_text(text.replace("key: id", "kee: id"))
    (checked,) = tool("plan", code=3)
    assert checked.startswith(f"{TYPED} config check ")
    assert len(tool("down", "--yes", code=3)) == 2
    assert len(tool("config", "check", code=3)) == 1
    Path(CONFIG_FILE).write_text(text)
    told = tool.run("plan", "--config", CONFIG_FILE, "--env", "B@d")
    assert told.code == 3
    assert "→ Give another --env (or PROVISION_ENV)" in told.err
    Path("a place/code/app.py").write_text("def handler(:\n")
    answer = tool.run("plan", *GIVEN)
    assert tool.judged(answer)
    assert "Correct a place/code/app.py, then" in answer.err


def test_ways_not_to_reach_aws(tool: Tool, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:  # noqa: F811
    (home / "profiles").write_text("[profile 'my work']\nregion = us-west-2\n")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    (local,) = tool("plan", code=1)
    assert shlex.split(local)[1:3] == ["up", "--local"]
    assert "--env" not in local
    (home / "profiles").write_text(PROFILES)
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    (start,) = tool("plan", code=1)
    assert start.startswith(f"{TYPED} local start ")


def test_an_environment_that_is_not_listed(tool: Tool) -> None:
    tool.given = tuple(word if word != "prod" else "pord" for word in GIVEN)
    for words in (["up", "--yes"], ["plan"], ["down", "--yes"], ["config", "check"]):
        answer = tool.run(*words, *tool.given)
        (line,) = commands(answer.err)
        settings = understood(shlex.split(line)[1:]).settings
        assert settings == replace(tool.settings, new_env=True)
    tool.given = (*tool.given, "--new-env")
    assert tool("status", code=0)


def test_an_interruption(tool: Tool, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("provision.commands.session.open_workspace", stop)
    for words in (["up", "--yes"], ["push"], ["down", "--yes"], ["keys", "remove", "x"]):
        (again,) = tool(*words, code=130)
        assert set(words) <= set(shlex.split(again))
    assert tool("plan", code=130) == []


def test_a_port_that_another_program_holds(tool: Tool) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        tool.given = (*ELSEWHERE, "--local-port", str(taken.getsockname()[1]), "--local")
        answer = tool.run("plan", *tool.given)
    assert answer.code == 1
    assert "--local-port" in answer.err
    tool.judged(answer)
