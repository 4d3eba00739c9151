"""Steps before the model: unreadable files, syntax errors, and YAML 1.2's plain values."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml

from provision.config import ConfigInvalid, load
from provision.config.checks import check_references
from provision.config.problems import Problem
from provision.config.yaml.nodes import YamlNode
from provision.config.yaml.reader import _Loader, read
from tests.unit.config.sample import SAMPLE, changed, line_of, load_text, problems_of


def refusal(path: Path) -> ConfigInvalid:
    with pytest.raises(ConfigInvalid) as caught:
        load(path, environment=None)
    assert caught.value.exit_code == 3
    assert caught.value.hint
    return caught.value


def test_missing_file(tmp_path: Path) -> None:
    said = str(refusal(tmp_path / "config.yaml"))
    assert said.endswith(
        "config.yaml: there is no such file; go to the folder that holds it, or give --config FILE"
    )


def test_folder(tmp_path: Path) -> None:
    assert "this is a folder; give --config" in str(refusal(tmp_path))


def test_file_as_folder(path: Path) -> None:
    path.write_text(SAMPLE)
    assert "cannot be read: Not a directory" in str(refusal(path / "config.yaml"))


@pytest.mark.parametrize("text", ["", "\n\n", "# nothing yet\n", "---\n", "null\n"])
def test_empty(path: Path, text: str) -> None:
    path.write_text(text)
    if text == "null\n":
        assert "found a single value" in str(refusal(path))
    else:
        assert "the file is empty; begin with the lines" in str(refusal(path))


def test_not_utf8(path: Path) -> None:
    path.write_bytes(b"name: tap\nregion: \xe9\n")
    assert f"{path}:2: the file is not UTF-8 text; save it as UTF-8" in str(refusal(path))


def test_utf16(path: Path) -> None:
    path.write_text(SAMPLE, encoding="utf-16")
    assert "not UTF-8 text" in str(refusal(path))


def test_byte_order_mark_is_no_problem(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + SAMPLE.encode())
    assert load(path, environment=None).name == "tap"


def test_windows_lines_are_no_problem(path: Path) -> None:
    path.write_bytes(SAMPLE.replace("\n", "\r\n").encode())
    assert load(path, environment=None).name == "tap"


@pytest.mark.parametrize(
    ("text", "line", "says"),
    [
        ("name: tap\n\tregion: x\n", 2, "a tab in the indentation; indent with spaces"),
        ("name: tap: b\n", 1, "check the indentation"),
        ('name: "tap\n', 2, "not YAML: found unexpected end of stream"),
        ("name: tap\n---\nname: b\n", 2, 'delete the line "---"'),
        ("name: tap\nregion: @home\n", 2, "quote text that begins with a special character"),
        ("name: tap\nregion: *home\n", 2, "undefined alias"),
        ("name: [a\nregion: b\n", 1, "[ is not closed, and line 2 does not continue it"),
        ("a:\n  b: {c: write\n  d: {e: f}\n", 2, "write the missing }, or a comma before line 3"),
        ("a: {b: write, c: [d,\n e\nf: g\n", 1, "write the missing ], or a comma before line 3"),
        ("a: {b: c d: e}\nf: g\n", 1, "not YAML: expected ',' or '}', but got ':'"),
        ("name: tap\nregion: \x07\n", 2, "is not allowed in YAML"),
        ("- a\n- b\n", 1, "expected keys and values at the top, found a list"),
        ("just words\n", 1, "expected keys and values at the top, found a single value"),
    ],
)
def test_syntax_is_said_with_its_line(path: Path, text: str, line: int, says: str) -> None:
    problems = problems_of(path, text)
    assert len(problems) == 1
    assert problems[0].line == line
    assert says in str(problems[0])


@pytest.mark.parametrize("deep", ["[" * 101, "[" * 200_000, "{a: " * 150 + "1" + "}" * 150])
def test_nesting_without_end(path: Path, deep: str) -> None:
    (problem,) = problems_of(path, f"{SAMPLE}\nmoved:\n  a: {deep}\n")
    assert "nested too deeply, more than 100" in problem.message
    assert problem.line == len(SAMPLE.splitlines()) + 3


def test_nesting_by_aliases(path: Path) -> None:
    lines = ["a0: &a0 [x]", *(f"a{n}: &a{n} [[[[*a{n - 1}]]]]" for n in range(1, 40))]
    assert "nested too deeply" in str(problems_of(path, "\n".join(lines))[0])


def test_too_many_values_and_no_alias(path: Path) -> None:
    text = "a: [" + "x," * 20_001 + "]"
    (problem,) = problems_of(path, text)
    assert problem.message == "more than 20000 values"
    assert problem.suggestion == "make several stacks of it, a file each"


@pytest.mark.parametrize("item", ["x,", "{a: b},", "[],"])
def test_no_more_is_read_than_is_allowed(
    path: Path, monkeypatch: pytest.MonkeyPatch, item: str
) -> None:
    """A file of 400,000 values, which took YAML half a minute, is refused at once."""
    asked: list[object] = []
    compose = _Loader.compose_node

    def counted(loader: _Loader, parent: yaml.Node | None, index: object) -> yaml.Node | None:
        asked.append(index)
        return compose(loader, parent, index)

    monkeypatch.setattr("provision.config.yaml.reader.MOST_NODES", 200)
    monkeypatch.setattr(_Loader, "compose_node", counted)
    (problem,) = problems_of(path, "a: [\n" + f"{item}\n" * 5_000 + "]")
    assert 200 / 2 < problem.line <= 202
    assert problem.suggestion == "make several stacks of it, a file each"
    assert len(asked) < 500


def test_as_many_values_as_are_allowed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keys are not counted as values."""
    monkeypatch.setattr("provision.config.yaml.reader.MOST_NODES", 5)
    path.write_text("a: [1, 2]\nb: {c: 3}\n")
    with pytest.raises(ConfigInvalid, match="more than"):
        read(path)
    path.write_text("a: [1]\nb: {c: 3}\n")
    assert read(path)[0].to_python() == {"a": [1], "b": {"c": 3}}


@pytest.mark.parametrize("number", ["9" * 5000, f"'{'9' * 5000}'", f"{'9' * 5000}.5", "'²'", "'٣'"])
def test_a_number_that_is_none_is_told_at_its_line(path: Path, number: str) -> None:
    (problem,) = problems_of(path, SAMPLE.replace("memory: 512", f"memory: {number}"))
    assert problem.key == "functions.items.memory"
    assert problem.line
    assert len(problem.message) < 400


def test_as_many_mistakes_as_there_are_references(path: Path) -> None:
    """Many wrong references are reported in time, each with one suggestion."""
    layers = "\n".join(f"  a-layer-with-some-name-{n:04}: {{source: layer}}" for n in range(400))
    wrong = ", ".join(f"a-layer-with-some-nmae-{n:04}" for n in range(400))
    text = SAMPLE.replace("[dependencies]", f"[{wrong}, zzz]")
    tree, _ = read_text(path, text.replace("layers:\n  dep", f"layers:\n{layers}\n  dep", 1))
    began = time.process_time()
    found = list(check_references(tree))
    assert time.process_time() - began < 3  # every known name was compared with every mistake
    assert len(found) == 401
    assert found[7].suggestion == 'did you mean "a-layer-with-some-name-0007"?'
    assert found[-1].suggestion.endswith(" and 371 more")
    assert len(found[-1].suggestion) < 2000


def read_text(path: Path, text: str) -> tuple[YamlNode, list[Problem]]:
    path.write_text(text, encoding="utf-8")
    return read(path)


def test_aliases_that_grow_without_bound(path: Path) -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 10)]
    assert "use fewer aliases" in str(problems_of(path, "\n".join(lines))[0])


@pytest.mark.parametrize(
    "text", ["on", "no", "yes", "off", "Y", "012345", "1_000", "0x1F", "0o17", "1:30", "2026-11-23"]
)
def test_what_yaml_1_1_would_have_changed_stays_text(path: Path, text: str) -> None:
    config = load_text(path, changed("LOG_LEVEL: INFO", f"LOG_LEVEL: {text}"))
    assert config.functions["items"].environment == {"LOG_LEVEL": text}


@pytest.mark.parametrize("text", ["true", "12", "-3", "1.5", "1e3", ".inf", "~", "null"])
def test_what_is_no_text_is_refused_as_text(path: Path, text: str) -> None:
    problems = problems_of(path, changed("LOG_LEVEL: INFO", f"LOG_LEVEL: {text}"))
    assert [problem.key for problem in problems] == ["functions.items.environment.LOG_LEVEL"]


@pytest.mark.parametrize("text", ["123456789012", '"012345678901"', "012345678901"])
def test_an_account_needs_no_quotes(path: Path, text: str) -> None:
    sample = changed('"012345678901"', text)
    assert load_text(path, sample).account == text.strip('"')


def test_anchors_and_merge_keys(path: Path) -> None:
    text = changed(
        "    read: {min: 5, max: 100, target: 70}\n",
        "    read: &capacity {min: 7, max: 50, target: 60}\n    write: {<<: *capacity, max: 80}\n",
    )
    table = load_text(path, text).tables["items"]
    assert (table.write.min, table.write.max, table.write.target) == (7, 80, 60)
    assert (table.read.min, table.read.max) == (7, 50)


def test_a_problem_in_a_merged_mapping_stands_where_it_is_written(path: Path) -> None:
    text = changed(
        "    read: {min: 5, max: 100, target: 70}\n",
        "    read: &capacity\n      max: 50\n      target: 99\n    write: {<<: *capacity}\n",
    )
    lines = {problem.line for problem in problems_of(path, text)}
    assert lines == {line_of(text, "target: 99")}


def test_only_a_mapping_can_be_merged(path: Path) -> None:
    text = changed("  throttle: {rate: 1000", "  throttle: {<<: fast, rate: 1000")
    assert "write: <<: *name" in str(problems_of(path, text)[0])


def test_paths_are_relative_to_the_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir("/")
    config = load_text(path, SAMPLE)
    assert config.functions["items"].source == path.parent / "function"
    assert config.layers["dependencies"].source == path.parent / "layer"


@pytest.mark.parametrize(
    "written",
    [
        "!hunter2XYZ a",
        "*hunter2XYZ",
        "!h!hunter2XYZ a",
        "{hunter2XYZ: 1}",
        "{secret: {hunter2XYZ: 1}}",
    ],
)
def test_a_secret_that_yaml_takes_for_a_sign_of_its_own_is_not_told(
    path: Path, written: str
) -> None:
    text = SAMPLE.replace("{LOG_LEVEL: INFO}", f"\n      DB_PASSWORD: {written}", 1)
    (problem, *more) = problems_of(path, text)
    assert problem.line == line_of(text, "DB_PASSWORD")
    assert "hunter2XYZ" not in "".join(map(str, [problem, *more]))


def test_an_anchor_given_twice_is_not_told(path: Path) -> None:
    text = SAMPLE + "moved:\n  - &hunter2XYZ a\n  - &hunter2XYZ b\n"
    (problem,) = problems_of(path, text)
    assert "hunter2XYZ" not in str(problem)
    assert "quote it if it is text" in str(problem)
