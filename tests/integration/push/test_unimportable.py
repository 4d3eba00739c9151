"""Code that cannot be imported never goes live, by any command."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml

from tests.integration.test_cli import CONFIG, Provision, home, provision
from tests.integration.test_partial_failure import Refusing, refusing

__all__ = ["home", "provision", "refusing"]  # fixtures

pytestmark = pytest.mark.usefixtures("account")

NAME = "tap-dev-items"
ALIAS = "function.items.alias"
FINE = "def handler(event, context):\n    return {}\n"
BROKEN = f"import a_module_of_nobody\n\n\n{FINE}"
SAID = (
    "version {} cannot be imported: Runtime.ImportModuleError: Unable to import module 'app':"
    " No module named 'a_module_of_nobody'"
)


def live() -> str:
    """Return the number of the version that callers reach, or nothing."""
    client = boto3.client("lambda")
    aliases = client.list_aliases(FunctionName=NAME)["Aliases"]
    return "".join(each["FunctionVersion"] for each in aliases)


def write(home: Path, code: str, **function: Any) -> None:
    """Write the code, and the function's other settings in config.yaml."""
    (home / "code" / "app.py").write_text(code)
    items = CONFIG["functions"]["items"] | function
    document = CONFIG | {"functions": {"items": items}}
    (home / "config.yaml").write_text(yaml.safe_dump(document, sort_keys=False))


def actions(document: Any) -> dict[str, str]:
    return {each["node"]: each["action"] for each in document["resources"]}


def errors(document: Any) -> dict[str, str]:
    found = {each["node"]: each["error"] for each in document["resources"]}
    return {node: error["message"] for node, error in found.items() if error}


def test_the_first_up_makes_no_alias_for_it(provision: Provision, home: Path) -> None:
    write(home, BROKEN)
    told = provision("up", "--yes")
    assert told.code == 9
    (line,) = [line for line in told.err.splitlines() if line.startswith(f"✗ {ALIAS}: ")]
    assert SAID.format(1) in line
    assert "INIT_REPORT" in told.err, "the end of its log"
    assert "callers do not reach it; fix the code" in told.err
    assert "Partly done" in told.err
    assert live() == ""
    gateway = boto3.client("apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    assert gateway.get_stages(restApiId=api["id"])["item"] == [], "it would lead nowhere"
    assert boto3.client("dynamodb").list_tables()["TableNames"] == ["tap-dev-items"]
    write(home, FINE)
    assert provision("up", "--yes").code == 0
    assert live() == "2"
    assert provision("plan", "--check").code == 0


def test_a_later_up_leaves_the_alias_where_it_is(provision: Provision, home: Path) -> None:
    assert provision("up", "--yes").code == 0
    write(home, BROKEN, timeout=20, retries={"attempts": 0})
    told = provision("up", "--yes", "--json")
    assert told.code == 9
    assert list(errors(told.json)) == [ALIAS]
    assert errors(told.json)[ALIAS].startswith(SAID.format(2))
    assert live() == "1"
    assert provision("up", "--yes").code == 9
    write(home, FINE, timeout=20, retries={"attempts": 0})
    assert provision("up", "--yes").code == 0
    assert live() == "3"
    assert provision("plan", "--check").code == 0


def test_a_push_leaves_the_alias_where_it_is(provision: Provision, home: Path) -> None:
    assert provision("up", "--yes").code == 0
    write(home, BROKEN)
    for _ in range(2):
        told = provision("push")
        assert told.code == 9
        assert f"✗ {ALIAS}: {SAID.format(2)}" in told.err
        assert told.err.count(SAID.format(2)) == 1, "in the summary, not in the progress as well"
        assert "INIT_REPORT" in told.err
        assert live() == "1"
    write(home, FINE + "# mended\n")
    assert provision("push").out == "function.items: version 3 is live\n"
    assert live() == "3"


def test_what_is_unchanged_is_not_invoked(
    provision: Provision, home: Path, refusing: Refusing
) -> None:
    assert provision("up", "--yes").code == 0
    assert refusing.writes.count("Invoke") == 1
    refusing.writes.clear()
    assert provision("up", "--yes").code == 0
    assert provision("push").code == 0
    assert refusing.writes == []


def test_a_change_of_the_environment_alone_is_tried_too(
    provision: Provision, home: Path, refusing: Refusing
) -> None:
    assert provision("up", "--yes").code == 0
    refusing.writes.clear()
    write(home, FINE, environment={"LOG_LEVEL": "DEBUG"})
    assert provision("up", "--yes").code == 0
    assert refusing.writes == [
        "UpdateFunctionConfiguration",
        "PublishVersion",
        "Invoke",
        "UpdateAlias",
    ]


def test_config_yaml_may_say_that_nothing_is_invoked(
    provision: Provision, home: Path, refusing: Refusing
) -> None:
    write(home, BROKEN, import_check=False)
    assert provision("up", "--yes").code == 0
    assert "Invoke" not in refusing.writes
    assert live() == "1"


def test_who_may_not_invoke_is_told_what_to_allow(
    provision: Provision, home: Path, refusing: Refusing
) -> None:
    refusing.denied = "Invoke"
    told = provision("up", "--yes")
    assert told.code == 8
    assert "lambda:InvokeFunction is missing" in told.err
    assert f"function:{NAME}:*" in told.err
    assert live() == ""
    refusing.denied = ""
    assert provision("up", "--yes").code == 0


@pytest.mark.parametrize("command", ["up --yes", "push", "up --yes --json"])
def test_where_nothing_can_be_known_it_goes_live_and_that_is_said(
    provision: Provision, home: Path, refusing: Refusing, command: str
) -> None:
    assert provision("up", "--yes").code == 0
    write(home, FINE + "# more\n")
    refusing.denied, refusing.code = "Invoke", "TooManyRequestsException"
    told = provision(*command.split())
    assert told.code == 0
    assert live() == "2"
    assert (
        "version 2 went live untried: Lambda accepted no call (TooManyRequestsException); its log:"
        " `provision logs items --since 15m`" in told.err
    )
    assert "untried" not in provision("up", "--yes").err, "nothing moved"
