"""`provision explain` as it is typed: without AWS, and but for nodes without config.yaml."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import botocore.client
import pytest

from tests.integration.test_cli import Provision, home, provision  # noqa: F401
from tests.support.sample_stack import ROOT

HEAD = ("stack", "environment", "region", "account")


@pytest.fixture(autouse=True)
def nothing_called(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("AWS was called")

    monkeypatch.setattr(botocore.client.BaseClient, "_make_api_call", refuse)


@pytest.fixture
def empty(home: Path) -> None:  # noqa: F811
    (home / "config.yaml").unlink()


@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize(
    ("words", "sort", "said"),
    [
        (["locked"], "error", "exit code 6"),
        (["[not-converged]"], "error", "not-converged  exit code 1"),
        (["drift"], "word", "another party made in AWS"),
        (["undeclared", "setting"], "word", "not by this stack"),
        (["critical path"], "word", "had to wait for"),
        (["dynamodb.table"], "kind", "replaces it: name, key, key_type, sort_key, sort_type"),
        (["lambda.event_invoke"], "kind", "lambda:PutFunctionEventInvokeConfig"),
        ([], "list", "not-permitted, not-pushed"),
        ([], "list", "key-missing, key-wrong"),
        (["key-right"], "check", "`provision check --only key-right`"),
        (["poison"], "check", "`provision check --deep --only poison`"),
        (["check"], "command", "`provision check --help`"),
        (["provision", "keys", "rotate"], "command", "`provision keys rotate --help`"),
        (["plan"], "word", "`provision plan --help`"),
        (["memory"], "key", "functions.<name>.memory  a key of config.yaml"),
        (["functions.x.memory"], "key", "`provision config explain functions.x.memory`"),
        (["tables"], "key", "`provision config explain tables`"),
        (['api.routes."GET /x"'], "key", "`provision config explain 'api.routes.GET /x'`"),
    ],
)
def test_without_config_and_account(
    provision: Provision,  # noqa: F811
    words: list[str],
    sort: str,
    said: str,
) -> None:
    told = provision("explain", *words)
    assert (told.code, told.err) == (0, "")
    assert said in told.out
    document = provision("explain", *words, "--json").json
    assert document["explains"]["sort"] == sort
    assert [document[key] for key in HEAD] == [None] * 4
    assert list(document)[-3:] == ["calls", "seconds", "error"]
    assert document["error"] is None


def test_a_node_has_its_place_and_its_kind(provision: Provision) -> None:  # noqa: F811
    told = provision("explain", "table.items")
    assert told.code == 0
    lines = told.out.splitlines()
    assert lines[:5] == [
        "table.items  dynamodb.table",
        "  name in AWS: tap-dev-items",
        "  config.yaml:7  tables.items",
        "  needs: nothing",
        "  needed by: table.items.read, table.items.write",
    ]
    document = provision("explain", "function.items", "--json", "--env", "dev").json
    assert document["stack"] == "tap-dev"
    node = document["explains"]
    assert (node["sort"], node["name"], node["key"]) == ("node", "tap-dev-items", "functions.items")
    assert node["kind"]["kind"] == "lambda.function"
    assert "function.items.logs" in node["needs"]


def test_an_account_that_is_not_known_is_not_invented(provision: Provision) -> None:  # noqa: F811
    told = provision("explain", "iam.role", "--json").json
    assert "123456789012" not in str(told)
    assert "123456789012" not in provision("explain", "function.items.role").out


@pytest.mark.parametrize(
    ("typed", "near"),
    [
        ("lokced", "locked"),
        ("dynamodb.tabel", "dynamodb.table"),
        ("tabel.items", "table.items"),
        ("drfit", "drift"),
        ("key-rigth", "key-right"),
        ("comletion", "completion"),
    ],
)
def test_unknown_is_a_usage_error_with_the_nearest(
    provision: Provision,  # noqa: F811
    typed: str,
    near: str,
) -> None:
    told = provision("explain", typed)
    assert (told.code, told.out) == (2, "")
    assert f'nothing is called "{typed}"; did you mean "{near}"? [usage-error]' in told.err
    assert provision("explain", typed, "--json").json["error"]["code"] == "usage-error"


def test_without_a_valid_file_it_says_why_no_node_is_known(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    for text in ("name: [", None):
        if text is None:
            (home / "config.yaml").unlink()
        else:
            (home / "config.yaml").write_text(text)
        told = provision("explain", "table.items")
        assert told.code == 2
        assert "nodes only with a valid config.yaml" in told.err
        assert "`provision config check`" in told.err


def test_a_node_of_a_misspelt_environment_is_refused(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    with (home / "config.yaml").open("a") as file:
        file.write("environments: {prod: {}}\n")
    told = provision("explain", "table.items", "--env", "pord")
    assert told.code == 2
    assert 'did you mean "prod"? [unlisted-environment]' in told.err
    named = provision("explain", "table.items", "--env", "pord", "--new-env")
    assert "tap-pord-items" in named.out


@pytest.mark.parametrize(
    "word", ["\x1b[31mred\x07", "a\nb", "[bold]x[/bold]", "\u202eevil", "x" * 5000]
)
def test_hostile_words_are_harmless(provision: Provision, word: str) -> None:  # noqa: F811
    told = provision("explain", word)
    assert told.code == 2
    assert all(char.isprintable() or char == "\n" for char in told.err)
    assert len(told.err.splitlines()) == 2
    assert provision("explain", "--json", word).json["error"]["exit_code"] == 2


def test_a_code_is_explained_without_the_sdk() -> None:
    script = (
        "import sys, contextlib\n"
        "from provision.cli import main\n"
        "with contextlib.suppress(SystemExit): main(['explain', 'locked'])\n"
        "print({'boto3', 'botocore', 'rich', 'pydantic'} & set(sys.modules), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert "exit code 6" in done.stdout
    assert done.stderr.strip() == "set()"


def test_a_route_is_explained_as_its_key(provision: Provision) -> None:  # noqa: F811
    told = provision("explain", "GET /items")
    assert told.code == 0
    assert "api.routes.GET /items  a key of config.yaml" in told.out
    assert "config explain 'api.routes.GET /items'" in told.out
    assert provision("explain", "GET /nothing").code == 2
