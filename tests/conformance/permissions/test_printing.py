"""`provision policy deployer` for its user: documents, sizes, purposes, wrong words."""

from __future__ import annotations

import json
import re
import shlex
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from provision.cli import main
from provision.permissions.policies import MOST_CHARACTERS
from tests.conformance.permissions.evaluation import Ask, Document, allowed, lines
from tests.support.sample_stack import ROOT

Said = tuple[int, str, str]
Provision = Callable[..., Said]


@pytest.fixture
def provision(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Provision:
    """Return the command, with the shipped configuration and without credentials."""
    settings = yaml.safe_load((ROOT / "config.yaml").read_text("utf-8"))
    settings["account"] = "123456789012"
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)

    def call(*words: str, **changes: Any) -> Said:
        (tmp_path / "config.yaml").write_text(yaml.safe_dump({**settings, **changes}), "utf-8")
        with pytest.raises(SystemExit) as left:
            main(list(words))
        said = capsys.readouterr()
        return int(str(left.value.code)), said.out, said.err

    return call


def documents(text: str) -> list[Document]:
    """Return the JSON documents, one after the other."""
    decoder, found = json.JSONDecoder(), []
    while text.strip():
        document, end = decoder.raw_decode(text.lstrip())
        found.append(document)
        text = text.lstrip()[end:]
    return found


def test_it_prints_the_documents_and_says_what_to_do_with_them(provision: Provision) -> None:
    code, out, err = provision("policy", "deployer")
    assert code == 0, err
    found = documents(out)
    assert len(found) > 1
    for number, document in enumerate(found, 1):
        size = len(json.dumps(document, separators=(",", ":")))
        assert size <= MOST_CHARACTERS
        assert f"tap-dev-us-east-1-deployer-{number}: {size} of 6144 characters" in err
    assert " policy deployer --for all --out DIR` writes each to a file" in err


def test_each_is_written_into_a_file_with_the_command_that_makes_it(
    provision: Provision, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "profiles").write_text("[profile work]\nregion = us-east-1\n")
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "profiles"))
    _, printed, _ = provision("policy", "deployer")
    out = tmp_path / "my policies"
    code, shown, err = provision("policy", "deployer", "--out", str(out), "--profile", "work")
    assert (code, shown) == (0, ""), err
    files = sorted(out.iterdir())
    assert [json.loads(file.read_text("utf-8")) for file in files] == documents(printed)
    aws, text = ["aws", "--profile", "work", "iam"], " ".join(err.split())
    commands = [shlex.split(each) for each in re.findall("`(aws .*?)`", text)]
    for file in files:
        arn, document = f"arn:aws:iam::123456789012:policy/{file.stem}", f"file://{file}"
        made = ["--policy-name", file.stem, "--policy-document", document]
        assert [*aws, "create-policy", *made] in commands
        anew = ["--policy-arn", arn, "--policy-document", document, "--set-as-default"]
        assert [*aws, "create-policy-version", *anew] in commands
    assert "IAM keeps five versions" in text
    assert {words[4] for words in commands[2 * len(files) :]} == {
        "list-policy-versions",
        "delete-policy-version",
    }
    assert provision("policy", "deployer", "--out", str(files[0]))[0] == 2
    assert provision("policy", "deployer", "--out", str(out), "--json")[0] == 2


def test_json_is_one_document_with_the_same(provision: Provision) -> None:
    _, out, _ = provision("policy", "deployer")
    code, as_json, _ = provision("policy", "deployer", "--json")
    answer = json.loads(as_json)
    assert code == 0
    assert (answer["schema"], answer["stack"], answer["for"]) == (1, "tap-dev", "all")
    assert [policy["document"] for policy in answer["policies"]] == documents(out)


def test_status_is_one_policy_that_only_reads(provision: Provision) -> None:
    _, out, _ = provision("policy", "deployer", "--for", "status")
    (document,) = documents(out)
    verbs = {line.action.partition(":")[2] for line in lines([document])}
    assert all(verb.startswith(("Get", "GET", "List", "Describe")) for verb in verbs)


@pytest.mark.parametrize("purpose", ["plan", "status"])
def test_what_a_policy_for_looking_lets_read_is_said(provision: Provision, purpose: str) -> None:
    _, out, err = provision("policy", "deployer", "--for", purpose)
    assert ":role/*" in out
    assert "the values of all API keys" in err
    assert "code and plain variables of the stack's functions" in err
    assert "the trust policy of any role whose name is known" in err


def test_each_purpose_is_part_of_all(provision: Provision) -> None:
    _, everything, _ = provision("policy", "deployer")
    whole = {(x.action, x.resource, x.condition) for x in lines(documents(everything))}
    for purpose in ("up", "status", "down"):
        _, out, _ = provision("policy", "deployer", "--for", purpose)
        part = {(x.action, x.resource, x.condition) for x in lines(documents(out))}
        assert part < whole, purpose


def test_roles_are_made_only_with_the_configured_boundary(provision: Provision) -> None:
    boundary = "arn:aws:iam::123456789012:policy/boundary"
    _, out, _ = provision("policy", "deployer", boundary=boundary)
    found = lines(documents(out))
    role = "arn:aws:iam::123456789012:role/tap-dev-us-east-1-items"
    for action in ("iam:CreateRole", "iam:PutRolePolicy", "iam:PutRolePermissionsBoundary"):
        assert not allowed(Ask(action, role), found), action
        other = {"iam:permissionsboundary": ("arn:aws:iam::123456789012:policy/other",)}
        assert not allowed(Ask(action, role, other), found), action
        assert allowed(Ask(action, role, {"iam:permissionsboundary": (boundary,)}), found), action
    assert not allowed(Ask("iam:DeleteRolePermissionsBoundary", role), found)


AS_ADMINISTRATOR = "equivalent to administrator access"
BOUNDARY = "arn:aws:iam::123456789012:policy/tap-dev-us-east-1-boundary"


def test_without_a_boundary_it_says_what_the_policies_amount_to(provision: Provision) -> None:
    for words, changes, said in (
        ((), {}, True),
        (("--for", "up"), {}, True),
        (("--for", "down"), {}, False),
        (("--for", "status"), {}, False),
        ((), {"boundary": BOUNDARY}, False),
    ):
        _, out, err = provision("policy", "deployer", *words, **changes)
        assert (AS_ADMINISTRATOR in " ".join(err.split())) is said, words
        granting = {"iam:PutRolePolicy"} & {line.action for line in lines(documents(out))}
        assert bool(granting) is (said or bool(changes)), words
    for changes in ({}, {"boundary": BOUNDARY}):
        _, out, _ = provision("policy", "deployer", "--json", **changes)
        assert json.loads(out)["boundary"] == changes.get("boundary")


def test_what_makes_the_key_is_a_policy_of_its_own_to_be_taken_off(provision: Provision) -> None:
    marking = ("kms:TagResource", "arn:aws:kms:us-east-1:123456789012:key/*")
    mark = "tap/dev/us-east-1/123456789012/encryption.key"
    ask = Ask(*marking, {"aws:requesttag/provision:owner": (mark,)})
    for purpose, named in (("all", "deployer"), ("up", "up"), ("down", ""), ("status", "")):
        words = ("policy", "deployer", "--for", purpose)
        _, out, _ = provision(*words, "--json", encryption={"key": "create"})
        *lasting, last = json.loads(out)["policies"]
        making = last["name"].endswith("-new-key")
        assert making is bool(named), purpose
        assert allowed(ask, lines([last["document"]])) is making
        assert not allowed(ask, lines(policy["document"] for policy in lasting))
        _, _, err = provision(*words, encryption={"key": "create"})
        said = f"tap-dev-us-east-1-{named}-new-key is for the `up` that creates the key: detach it"
        assert (said in " ".join(err.split())) is making
    assert "-new-key" not in provision("policy", "deployer")[2]


def test_a_boundary_is_printed_with_what_to_do_with_it(
    provision: Provision, tmp_path: Path
) -> None:
    code, out, err = provision("policy", "boundary")
    assert code == 0, err
    (document,) = documents(out)
    assert f"\nenvironments:\n  dev:\n    boundary: {BOUNDARY}\n" in err
    assert " policy boundary --out DIR` writes it to a file" in " ".join(err.split())
    code, as_json, _ = provision("policy", "boundary", "--json")
    answer = json.loads(as_json)
    assert (code, answer["arn"]) == (0, BOUNDARY)
    assert [policy["document"] for policy in answer["policies"]] == [document]
    code, shown, err = provision("policy", "boundary", "--out", str(tmp_path / "made"))
    assert (code, shown) == (0, ""), err
    (file,) = (tmp_path / "made").iterdir()
    assert json.loads(file.read_text("utf-8")) == document
    assert f"--policy-name {BOUNDARY.rpartition('/')[2]} " in " ".join(err.split())
    assert provision("policy", "boundary", "--out", str(tmp_path), "--json")[0] == 2


def test_what_is_printed_bounds_the_one_environment(provision: Provision, tmp_path: Path) -> None:
    """At the top level, prod's boundary would refuse the functions of dev everything."""
    for name in ("function", "layer"):
        shutil.copytree(ROOT / name, tmp_path / name)
    _, _, err = provision("policy", "boundary", "--env", "prod")
    pasted = yaml.safe_load(err[err.index("environments:") : err.index("Create it before")])
    arn = BOUNDARY.replace("-dev-", "-prod-")
    assert pasted == {"environments": {"prod": {"boundary": arn}}}
    for words in (("config", "check"), ("policy", "deployer")):
        code, _, err = provision(*words, boundary=arn)
        said = " ".join(err.split())
        assert code == 0
        assert "warning: config.yaml:" in said
        assert "tap-prod-us-east-1-boundary is by its name the boundary of another stack" in said
        assert "policy boundary --env dev` prints" in said
        code, _, err = provision(*words, "--env", "prod", **pasted)
        assert (code, "warning" in err) == (0, False), err


@pytest.mark.parametrize(
    ("name", "warned"),
    [
        ("tap-dev-us-east-1-boundary", False),
        ("team/tap-dev-us-east-1-boundary", False),
        ("team-boundary", False),
        ("boundary", False),
        ("team/tap-prod-us-east-1-boundary", True),
        ("tap-dev-us-gov-east-1-boundary", True),
        ("shop-dev-us-east-1-boundary", True),
    ],
)
def test_a_boundary_of_another_is_told_by_its_name(
    provision: Provision, name: str, warned: bool
) -> None:
    arn = f"arn:aws:iam::123456789012:policy/{name}"
    _, _, err = provision("policy", "deployer", boundary=arn, environments={})
    assert ("warning" in err) is warned, err


def test_whose_a_boundary_is_nobody_says_before_the_stack_has_a_name(provision: Provision) -> None:
    code, _, err = provision("policy", "deployer", boundary=BOUNDARY, name=5)
    assert code == 3
    assert "warning" not in err


def test_what_is_printed_with_the_boundary_cannot_change_it(provision: Provision) -> None:
    _, out, _ = provision("policy", "deployer", boundary=BOUNDARY)
    found = lines(documents(out))
    assert not any(line.reaches(BOUNDARY, {}) for line in found if line.resource != "*")
    assert not any(line.action.endswith("PolicyVersion") for line in found)


def test_the_same_stack_in_two_regions_has_policies_of_other_names(provision: Provision) -> None:
    names: list[str] = []
    for region in ("us-east-1", "eu-west-1"):
        for words in (("deployer",), ("deployer", "--for", "status"), ("boundary",)):
            _, out, _ = provision("--region", region, "policy", *words, "--json")
            names += [policy["name"] for policy in json.loads(out)["policies"]]
    assert len(names) == len(set(names)) > 6


def test_arns_are_of_the_partition(provision: Provision) -> None:
    _, out, _ = provision("--region", "cn-north-1", "policy", "deployer")
    resources = {line.resource for line in lines(documents(out))} - {"*"}
    assert all(resource.startswith("arn:aws-cn:") for resource in resources)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (
            ("policy", "deployer", "--for", "statsu"),
            2,
            "'up', 'plan', 'status', 'down', 'operate', 'all'",
        ),
        (("policy", "deplyer"), 2, "No such command 'deplyer'"),
        (("--env", "local", "policy", "deployer"), 2, "the emulator needs no permissions"),
    ],
)
def test_wrong_words_are_told(
    provision: Provision, words: tuple[str, ...], code: int, said: str
) -> None:
    found, _, err = provision(*words)
    assert found == code
    assert said in err


def test_without_account_and_credentials_it_says_what_to_write(provision: Provision) -> None:
    code, _, err = provision("policy", "deployer", account=None)
    assert code == 1
    assert "config.yaml names no account" in err
    assert 'account: "012345678901"' in err
