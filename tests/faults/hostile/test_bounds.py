"""Limits for the files of a pull request in commands that only read: memory, time, log lines."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from provision.config import problems
from provision.config.checks.routes import MOST_ROUTES
from provision.config.problems import MOST_TOLD, Problem
from provision.errors import StateError
from provision.files import LARGEST
from provision.state.journal import Journal
from provision.steps import KINDS
from provision.workflows.saved_plan import InvalidPlanFile, read_plan
from tests.faults.fuzzing.bounds import bounded
from tests.integration.test_cli import Provision, home, provision  # noqa: F401  (fixtures)
from tests.unit.config.sample import SAMPLE, changed, furnish, problems_of

MOST_CHARACTERS = 200_000
"""The limit of all output together."""


@pytest.fixture(autouse=True)
def guesses_left() -> Iterator[None]:
    """Reset the limit on suggested words, of which a process has only so many."""
    yield
    problems._words.cache_clear()


def moved(text: str) -> str:
    return changed("name: tap", f"name: tap\nmoved: {text}")


def modelled(text: str) -> str:
    return changed("  models:\n", f"  models:\n    Many: {{{text}}}\n")


EXPENSIVE = {
    "a long text, again and again": moved("[&a '" + "x" * 60_000 + "'" + ", *a" * 9_000 + "]"),
    "a short text, again and again": moved("[&a '" + "x" * 400 + "'" + ", *a" * 9_000 + "]"),
    "a long key": moved("{" + "k" * 60_000 + ": {" + "".join(f"a{n}: [], " for n in range(9_000)))
    + "}}",
    "many that are unknown": "".join(f"a{n}: 1\n" for n in range(9_000)) + SAMPLE,
    "many names that nothing has": changed(
        "[dependencies]", f"[{', '.join(f'xlayer-{n}' for n in range(6_000))}]"
    ).replace("layers:\n", "layers:\n" + "".join(f"  layer-{n}: 1\n" for n in range(6_000)), 1),
    "names moved one after the other": moved(
        "{" + "".join(f"table.t{n}: table.t{n + 1}, " for n in range(9_000)) + "}"
    ),
    "a boundary that is nearly a printed one": "bogus: 1\n"
    + changed(
        "name: tap", f"name: tap\nboundary: arn:aws:iam::012345678901:policy/{'a-aa' * 90_000}"
    ),
    "references in a row": modelled(
        "definitions: {"
        + "".join(f"a{n}: {{$ref: '#/definitions/a{n + 1}'}}, " for n in range(5_000))
        + "}"
    ),
    "values that differ": modelled(f"enum: [{', '.join(f'v{n}' for n in range(18_000))}, v0]"),
    "a path of many parts": changed(
        "GET /items: items", f"? GET {''.join(f'/{{a{n}}}' for n in range(90_000))}\n    : items"
    ),
    "many paths of many parts": changed(
        "GET /items: items",
        "\n    ".join(
            f"? GET /r{m}{''.join(f'/{{a{n}}}' for n in range(1_900))}\n    : items"
            for m in range(40)
        ),
    ),
}


@pytest.mark.skipif(sys.platform != "linux", reason="measured by /proc")
@pytest.mark.parametrize("text", EXPENSIVE.values(), ids=EXPENSIVE)
def test_whatever_is_wrong_is_told_in_a_screen_or_two(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    text: str,
) -> None:
    (home / "config.yaml").write_text(text)
    with bounded():
        answer = provision("config", "check")
    assert answer.code == 3
    assert len(answer.out + answer.err) < MOST_CHARACTERS
    assert len(answer.err.splitlines()) <= MOST_TOLD + 5


def test_of_very_many_the_first_are_told_and_how_many_more(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    (home / "config.yaml").write_text("".join(f"a{n}: 1\n" for n in range(80)) + SAMPLE)
    told = provision("config", "check").err
    assert re.search(r"^\s*and 3[0-9] more$", told, re.MULTILINE), told
    assert told.count("unknown key") == MOST_TOLD


def test_a_problem_is_short_whatever_it_quotes() -> None:
    said = str(Problem("config.yaml", 1, 1, "k" * 10_000, "m" * 10_000, "s" * 10_000))
    assert len(said) < 5_000
    assert "9,700 characters" in said


@pytest.mark.parametrize("text", ['"a\\uD800b"', '"\\uDFFF"', '"\\uD83D\\uDE00"'])
def test_half_of_a_pair_is_no_text(
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    text: str,
) -> None:
    for key, value in (("LOG_LEVEL", text), (text, "x")):
        given = changed("LOG_LEVEL: INFO", f"{key}: {value}")
        (home / "config.yaml").write_text(given)
        answer = provision("config", "check", "--config", str(home / "config.yaml"))
        assert answer.code == 3
        assert "half of a pair of surrogates" in answer.err
        assert f"config.yaml:{given[: given.index(text)].count(chr(10)) + 1}: " in answer.err


def test_the_file_does_not_lead_to_the_emulator(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
) -> None:
    """Otherwise a pipeline's `plan` would read an empty emulator, and succeed."""
    text = (home / "config.yaml").read_text()
    (home / "config.yaml").write_text(text.replace("environment: dev", "environment: local"))
    for words in (("plan",), ("status",), ("config", "check")):
        answer = provision(*words)
        assert answer.code == 3
        assert "which only --local selects" in answer.err


def test_a_stack_has_so_many_routes(tmp_path: Path) -> None:
    text = SAMPLE.split("  routes:")[0]
    many = "".join(f"    GET /a{n}: items\n" for n in range(MOST_ROUTES + 1))
    found = problems_of(furnish(tmp_path), f"{text}  routes:\n{many}")
    assert f"{MOST_ROUTES + 1:,} routes" in "\n".join(map(str, found))


@pytest.mark.parametrize("source", [".git", "code/.hidden", "linked", "linked/inside"])
@pytest.mark.parametrize("part", ["functions", "layers"])
def test_a_source_is_not_hidden(
    account: None,
    provision: Provision,  # noqa: F811
    home: Path,  # noqa: F811
    source: str,
    part: str,
) -> None:
    """`.git/config` holds the token of a pipeline's checkout."""
    (home / ".git" / "inside").mkdir(parents=True)
    (home / "code" / ".hidden").mkdir()
    (home / "linked").symlink_to(home / ".git")
    for folder in (home / source, home / ".git"):
        (folder / "app.py").write_text("def handler(event, context): ...\n")
        (folder / "config").write_text("token")
        (folder / "requirements.txt").write_text(f"six==1 --hash=sha256:{'0' * 64}\n")
    config = json.loads(json.dumps(_read(home)))
    if part == "functions":
        config["functions"]["items"]["source"] = source
    else:
        config["layers"] = {"more": {"source": source}}
    (home / "config.yaml").write_text(json.dumps(config))
    for words in (("config", "check"), ("plan",), ("config", "check", "--allow-outside")):
        answer = provision(*words)
        assert answer.code == 3
        assert "is hidden, or leads to something hidden" in answer.err


def _read(home: Path) -> object:  # noqa: F811
    import yaml

    return yaml.safe_load((home / "config.yaml").read_text())


def test_a_state_or_plan_that_is_too_large_is_told(tmp_path: Path) -> None:
    for name in ("state.json", "journal.jsonl"):
        state = tmp_path / name.partition(".")[0]
        state.mkdir()
        (state / name).write_bytes(b"[" * (LARGEST + 1))
        with pytest.raises(StateError, match=f"is larger than {LARGEST:,} bytes"):
            Journal.read(state, "tap-dev", KINDS)
    plan = tmp_path / "plan.json"
    plan.write_bytes(b"[" * (LARGEST + 1))
    with pytest.raises(InvalidPlanFile, match=f"is larger than {LARGEST:,} bytes"):
        read_plan(plan)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is limited there alone")
@pytest.mark.parametrize("name", ["state.json", "journal.jsonl"])
def test_the_largest_state_is_read_in_a_gigabyte(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"[" + b"[]," * (LARGEST // 3 - 9) + b"[]]\n")
    code = (
        "import resource, sys; from pathlib import Path;"
        "from provision.state.journal import Journal;"
        "from provision.steps import KINDS; from provision.errors import StateError;"
        "resource.setrlimit(resource.RLIMIT_AS, (2**30, 2**30))\n"
        "try: Journal.read(Path(sys.argv[1]), 'tap-dev', KINDS)\n"
        "except StateError: pass\n"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=60)
