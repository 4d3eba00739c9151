"""Output has no control character and no markup, in any encoding, and leaves by one function."""

from __future__ import annotations

import ast
import io
import json
import re
import sys
from pathlib import Path

import pytest
from rich.console import Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from provision.errors import PartialFailure, ProvisionError
from provision.sanitizing.text import ASCII, harden, printable, put, put_document, told_apart
from provision.views.formatting import error_console, result_console, side_by_side
from provision.views.json_head import error_fields
from tests.support.sample_stack import ROOT

HOSTILE = {
    "escape": "\x1b[2J\x1b]0;title\x07",
    "line feed": "a\n::error::b",
    "carriage return": "a\rb",
    "backspace": "a\x08b",
    "C1": "a\x9b2Jb\x85",
    "bidi": "\u202eevil\u2066",
    "separator": "a\u2028b\u2029",
    "invisible": "a\u200b\ufeffb",
    "null": "a\x00b",
    "surrogate": "\udcff",
}
CI = ("CI", "GITHUB_ACTIONS", "TF_BUILD", "TEAMCITY_VERSION")
MARKUP = ("[/items]", "[bold]x[/bold]", ":secret:", "[a-zA-Z_0-9]+", "[link=x]y")


class Stream(io.TextIOWrapper):
    """A stream of bytes in an encoding, like a pipe."""

    def __init__(self, encoding: str) -> None:
        self.bytes = io.BytesIO()
        super().__init__(self.bytes, encoding=encoding, errors="strict", newline="\n")

    @property
    def written(self) -> str:
        self.flush()
        return self.bytes.getvalue().decode(self.encoding)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Simulate an output that is no terminal and no log that is read for commands."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", *CI):
        monkeypatch.delenv(name, raising=False)


def piped(monkeypatch: pytest.MonkeyPatch, encoding: str = "utf-8") -> Stream:
    """Replace stdout and return it; pytest sets its own before each test."""
    stream = Stream(encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    return stream


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_nothing_that_a_terminal_obeys(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    assert printable(shown) == shown
    assert printable("as it is: äöü 名 [x] \\n") == "as it is: äöü 名 [x] \\n"


@pytest.mark.parametrize("text", [*HOSTILE.values(), *MARKUP])
def test_on_every_kind_of_renderable(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    """At every place of a text, as a string or as a Text, at any depth."""
    out = piped(monkeypatch)
    table = Table(title="t", box=None)
    table.add_column("column")
    table.add_row(text)
    table.add_row(Text(text, style="red"))
    tree = Tree(text)
    tree.add(Text("a ").append(text, style="bold")).add(Group(Text(text), Panel(Text(text))))
    result_console().print(text, tree, table, Panel(Text("x"), title=Text(text)), width=200)
    lines = out.written.split("\n")
    assert all(line.isprintable() for line in lines)
    assert not any(line.strip("│ ").startswith("::") for line in lines)
    if text in MARKUP:
        assert out.written.count(text) == 8


def test_styles_stay_where_a_text_is_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    out = piped(monkeypatch)
    result_console().print(Text("\x1ba", style="green").append("b\x1b", style="bold red"))
    assert out.written == "\x1b[32m\\x1ba\x1b[0m\x1b[1;31mb\\x1b\x1b[0m\n"


@pytest.mark.parametrize("encoding", ["cp1252", "ascii", "latin-1", "cp437", "utf-8"])
def test_in_any_encoding(monkeypatch: pytest.MonkeyPatch, encoding: str) -> None:
    """Our own signs have a replacement; of any other character the number is shown."""
    out = piped(monkeypatch, encoding)
    result_console().print(Text("".join(ASCII) + "名é"), soft_wrap=True)
    put("".join(ASCII) + "名é")
    first, second, _ = out.written.split("\n")
    assert first == second
    lacking = out.encoding != "utf-8"
    assert first.endswith("\\u540d\\xe9") == (out.encoding == "ascii")
    assert ("\\u540d" in first) == lacking
    assert ("->" in first) == lacking
    assert "\\u2" not in first


def test_what_goes_past_it_never_ends_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """click's own help, a warning, and a traceback are not written by our function."""
    out = piped(monkeypatch, "ascii")
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"y\xff\n"), "ascii"))
    harden()
    out.write("→ … 名 \udcff\n")
    assert out.written == "-> ... \\u540d \\udcff\n"
    assert sys.stdin.readline() == "y\ufffd\n"


@pytest.mark.parametrize("system", CI)
def test_a_log_that_is_read_for_commands_gets_none(
    monkeypatch: pytest.MonkeyPatch, system: str
) -> None:
    """A wrapped line may begin with any of its words."""
    monkeypatch.setenv(system, "true")
    out = piped(monkeypatch)
    put("::error::x arn:aws:iam::aws:policy/p", "a ::add-mask::y ##[error]z")
    assert out.written == (
        ":\\:error:\\:x arn:aws:iam::aws:policy/p\na :\\:add-mask:\\:y #\\#[error]z\n"
    )
    hostile = {"a": "x ::error::y ##[error] \\##vso[x]"}
    put_document(json.dumps(hostile))
    document = out.written.split("\n")[2]
    assert json.loads(document) == hostile
    assert " ::" not in document
    assert "##" not in document
    result_console().print(Text("a" * 20 + " ::error::x"), width=24)
    assert out.written.endswith("a \n:\\:error::x\n")


COMMANDS = (
    "::ERROR file=a,line=1::x",
    "::Add-Mask::x",
    "::Stop-Commands::anything",
    "::GROUP::x",
    ":::error::x",
    "::::error::x",
    "##[Error]x",
    "###[error]x",
    "##VSO[task.setvariable variable=x]y",
    "##TeamCity[buildProblem description='x']",
    "##any-name[x]",
)


CHOSEN = ("::1 chosen token::", "::_::", "::/0::")
"""Names that only `stop-commands` can have made a command."""


@pytest.mark.parametrize("before", ["", "  ", "a ", "a" * 30, "a" * 31, "a" * 32])
@pytest.mark.parametrize("command", [*COMMANDS, *CHOSEN])
def test_no_command_in_any_case_nor_where_a_line_is_cut(
    monkeypatch: pytest.MonkeyPatch, command: str, before: str
) -> None:
    """GitHub reads `::` where a line begins, and Azure `##vso[` anywhere in it."""
    monkeypatch.setenv("CI", "true")
    out = piped(monkeypatch)
    if len(before) < 30:
        put(before + command)
    elif command in CHOSEN:
        return
    result_console().print(Text(before + command), width=32)
    for line in out.written.split("\n"):
        assert re.match(r"\s*::[^:\s]+(\s.*)?::", line) is None
        assert re.search(r"##[\w.-]*\[", line) is None
    assert printable(printable(command)) == printable(command)


def test_what_nobody_sees_is_an_escape() -> None:
    """These are Unicode's Default_Ignorable_Code_Point and the blank signs."""
    unseen = [0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2800, 0x3164, 0xFFA0, 0xFE0F, 0xAD]
    unseen += [0x180B, 0x200B, 0x202E, 0x2060, 0x2069, 0xFE00, 0x1D173, 0xE0001, 0xE0100, 0xE01EF]
    for point in unseen:
        shown = printable(f"a{chr(point)}b")
        assert shown.isascii(), hex(point)
        assert shown != "ab"


def test_what_looks_alike_is_told_apart() -> None:
    assert told_apart("p\u0430ypal", "paypal") == ("p\\u0430ypal", "paypal")
    assert told_apart("\xe9", "e\u0301") == ("\\xe9", "e\\u0301")
    assert told_apart("\ufb01x", "fix") == ("\\ufb01x", "fix")
    assert told_apart("m\xfcnchen", "z\xfcrich") == ("m\xfcnchen", "z\xfcrich")
    hidden = ("https://pay.example/v1", "https://p\u0430y.example/v2")
    assert told_apart(*hidden) == (hidden[0], "https://p\\u0430y.example/v2")
    assert told_apart("\u0430 a", "a \u0430 b") == ("\u0430 a", "a \u0430 b")
    assert side_by_side("\u0430", "a", 30) == ("\\u0430", "a")


def test_an_error_is_as_many_lines_as_it_says() -> None:
    error = ProvisionError("a\nb", more=["c", "d\n"], hint="e")
    assert error.lines == ("a\nb", "c", "d\n")
    assert error_fields(error)["message"] == str(error) == "a\nb\nc\nd\n"
    assert PartialFailure("x").lines == ("x",)


def test_only_one_place_writes() -> None:
    """No other module writes to a stream or creates a console."""
    allowed = {
        "Console": {"views/formatting.py"},
        "echo": {"sanitizing/text.py"},
        "print_exception": set[str](),
        "secho": set[str](),
    }
    for path in sorted((ROOT / "provision").rglob("*.py")):
        name = path.relative_to(ROOT / "provision").as_posix()
        for call in calls(path):
            assert name in allowed.get(call, {name}), f"{name} calls {call}"
    assert type(error_console()) is type(result_console())


def calls(path: Path) -> list[str]:
    """Return the last name of every call in a module, none of which is `print` itself."""
    found = []
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call):
            function = node.func
            if isinstance(function, ast.Attribute):
                found.append(function.attr)
            elif isinstance(function, ast.Name):
                assert function.id != "print", f"{path} prints by itself"
                found.append(function.id)
    return found
