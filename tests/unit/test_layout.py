"""Tests of the code's own size, shape and words."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

ROOT = Path(__file__).resolve().parents[2]
MODULES = sorted(
    path for folder in ("provision", "function", "bench") for path in (ROOT / folder).rglob("*.py")
)
TESTS = sorted((ROOT / "tests").rglob("*.py"))
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
TEXTS = {"", ".cfg", ".json", ".md", ".py", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml"}
TEST_FOLDERS = ("tests/faults", "tests/conformance")
AVOIDED = {
    "anew": "again, or a verb with re-",
    "behind our back": "drift",
    "beside": "in addition to, next to",
    "comes? to|came to": "the verb itself: is, gives, equals",
    "findings?": "change, or field diff",
    "glimpses?": "prefetched",
    "goes(?! (?:back|live|on|out|through)\\b)": "is deleted, is sent, is stored",
    "hazards?": "risk, or impact",
    "in hand": "pending",
    "judged?|judges": "plan, or decide",
    "lately": "recently",
    "longest chain": "critical path",
    "made after all": "unknown outcome",
    "nobody": "no one, or the active voice",
    "predecessors?": "deposed",
    "somebody": "another party, another user",
    "stands?|stood": "is, exists",
    "surveys?": "plan",
    "tells?|told|telling": "report, return, pass",
    "whatever": "any",
    "whoever": "any user, the owner",
}
"""Words that docstrings and comments must not use, as patterns, with their replacements."""
KEPT_TEXTS = {"What the function _ may do"}
"""The description of a role in AWS: another text would be a change of every stack."""
A_CLAUSE_AS_SUBJECT = r"(?-i:^What\b|(?<=[.:;] )What\b)"
"""A clause as the subject, as in "What replaces is there before what it replaces is deleted"."""
IN_PROSE = re.compile(rf"\b(?:{'|'.join(AVOIDED)})\b|{A_CLAUSE_AS_SUBJECT}", re.IGNORECASE)
PAIRS = {
    "Authorizer": (
        "provision.config.schema.authorizers",
        "provision.steps.apigateway.rest_api.contents",
    ),
    "Cors": ("provision.config.schema.api", "provision.steps.apigateway.rest_api.contents"),
    "Function": ("provision.config.schema.functions", "provision.steps.lambda_.function"),
    "Layer": ("provision.config.schema.functions", "provision.steps.lambda_.layer"),
    "Permission": ("provision.model.iam", "provision.steps.lambda_.permission"),
    "Quota": ("provision.config.schema.api", "provision.steps.apigateway.usage_plan"),
    "Route": ("provision.config.schema.api", "provision.steps.apigateway.rest_api.contents"),
    "Table": ("provision.config.schema.tables", "provision.steps.dynamodb.table"),
}
"""Names that config.yaml or IAM and a resource share: the first is imported by its module."""
QUOTED = re.compile(r"`[^`]*`|\"[^\"]*\"|“[^”]*”")


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_is_short_and_says_why_it_exists(path: Path) -> None:
    text = path.read_text("utf-8")
    assert len(text.splitlines()) <= 320
    assert ast.get_docstring(ast.parse(text)), "the first line says why the file exists"


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_function_fits_a_screen(path: Path) -> None:
    long = {
        function.name: lines
        for function in functions(ast.parse(path.read_text("utf-8")))
        if (lines := (function.end_lineno or 0) - function.lineno + 1) > 45
    }
    assert long == {}


def test_the_architecture_has_a_place_for_every_module() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text("utf-8")
    modules = [path.name for path in (ROOT / "provision").glob("*.py") if path.stem[0] != "_"]
    assert [name for name in modules if f"{name}`" not in text] == []


def test_paths_and_names_in_the_architecture_exist() -> None:
    text = re.sub(r"```.*?```", "", (ROOT / "ARCHITECTURE.md").read_text("utf-8"), flags=re.DOTALL)
    cited = re.findall(r"`([^`]+)`", text)
    paths = [each for each in cited if re.fullmatch(r"[\w.]+/[\w./]*|[\w/]+\.(?:py|yaml)", each)]
    folders = [ROOT / each for each in ("", "provision", "provision/config", *TEST_FOLDERS)]
    assert [path for path in paths if not any((top / path).exists() for top in folders)] == []
    names = [each for each in cited if each.isidentifier() or re.fullmatch(r"[A-Z]\w+\.\w+", each)]
    known = {name for path in MODULES for name in defined(ast.parse(path.read_text("utf-8")))}
    known |= {"StepContract", "doing"}  # in tests/, and a key of the state's files
    assert [name for name in names if not known.issuperset(name.split("."))] == []


def test_two_classes_have_one_name_only_as_configuration_and_resource() -> None:
    places: dict[str, set[str]] = {}
    for path in MODULES:
        if path.is_relative_to(ROOT / "provision") and "templates" not in path.parts:
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.ClassDef):
                    places.setdefault(node.name, set()).add(module_of(path))
    shared = {name: found for name, found in places.items() if len(found) > 1}
    assert shared == {name: set(pair) for name, pair in PAIRS.items()}
    by_name = {
        f"{path.relative_to(ROOT)}: {name} of {source}"
        for path in MODULES
        for source, name in imported(ast.parse(path.read_text("utf-8")))
        if name in PAIRS
        and source == PAIRS[name][0]
        and not module_of(path).startswith("provision.config")
    }
    assert by_name == set(), "import the module, and write config.Table or iam.Permission"


def test_errors_are_not_changed_after_they_were_raised() -> None:
    changed = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in MODULES
        if path.is_relative_to(ROOT / "provision")
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store)
        if node.attr in {"message", "more", "hint", "args"} and ast.unparse(node.value) != "self"
    ]
    assert changed == [], "raise a new one: ProvisionError.reworded"


def test_docstrings_and_comments_use_the_fields_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in (*MODULES, *TESTS)
        for line, text in sorted(prose(path.read_text("utf-8")))
        for word in avoided(text)
    ]
    assert found == [], "ARCHITECTURE.md, The words"


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_pages_use_the_fields_words(path: Path) -> None:
    text = path.read_text("utf-8")
    if path.name == "CHANGELOG.md":
        text = text[: text.index("\n## ", text.index("\n## ") + 1)]  # older sections are history
    found = [f"{line}: {word}" for line, part in paragraphs(text) for word in avoided(part)]
    assert found == [], "ARCHITECTURE.md, The words"


def test_no_text_has_the_marks_of_an_unfinished_merge() -> None:
    marks = re.compile(r"^(?:<{7}|>{7}|\|{7}) |^={7}$", re.MULTILINE)
    folders = ("provision", "function", "layer", "bench", "tests", "docs", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*")]
    files += [path for path in ROOT.glob("*") if path.name != ".git"]
    texts = [path for path in files if path.suffix in TEXTS and path.is_file()]
    assert len(texts) > 1000
    broken = [path for path in texts if marks.search(path.read_text("utf-8", "replace"))]
    assert broken == []


def test_words_are_found_in_the_paragraphs_of_a_page() -> None:
    page = """# What holds

What `goes
on`

```
somebody
```

    nobody types

- one that stands
- as
  it comes
  to
| told | `told` |
"""
    assert [(line, avoided(text)) for line, text in paragraphs(page) if avoided(text)] == [
        (3, ["What"]),
        (12, ["stands"]),
        (13, ["comes to"]),
        (16, ["told"]),
    ]


def test_texts_that_users_read_use_the_fields_words() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {word}"
        for path in MODULES
        if path.is_relative_to(ROOT / "provision")
        for line, text in sorted(shown(path.read_text("utf-8")))
        for word in avoided(text)
        if text not in KEPT_TEXTS
    ]
    assert found == [], "ARCHITECTURE.md, The words"


def test_words_are_found_in_texts_and_not_in_what_prints_nothing() -> None:
    code = '''
"""A module whose docstring nobody prints."""
raise Error(f"{name} stands in {place}, and `whoever`", hint="decide anew here")
LIMIT = "anew"
@keys.command("list")
def list() -> None:
    """What somebody sees."""
'''
    assert [(line, avoided(text)) for line, text in sorted(shown(code))] == [
        (3, ["stands"]),
        (3, ["anew"]),
        (6, ["What", "somebody"]),
    ]


def test_words_are_found_in_prose_and_not_in_what_it_quotes() -> None:
    code = '''
"""Nobody does `whatever` or "anew" here.

What replaces: one that goes live."""
LIMIT = "lately"  # as it stands
"""An attribute of a key that somebody
told."""
# It comes
# to the same (L24).
@keys.command("list")
def list() -> None:
    """What whoever reads --help sees."""
class Table(ConfigSection):
    """What tables have."""
'''
    assert [(line, avoided(text)) for line, text in sorted(prose(code))] == [
        (2, ["Nobody", "What"]),
        (5, ["stands"]),
        (6, ["somebody", "told"]),
        (8, ["comes to"]),
    ]


def defined(tree: ast.AST) -> Iterator[str]:
    """Yield the names of classes, functions, constants and fields."""
    for node in ast.walk(tree):
        match node:
            case ast.ClassDef(name=name) | ast.FunctionDef(name=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()):
                yield name


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """Yield module and name of each `from module import name`.

    A name from `provision.config` is given with the module that defines it.
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for alias in node.names:
                from_package = node.module == "provision.config" and alias.name in PAIRS
                source = PAIRS[alias.name][0] if from_package else node.module
                yield str(source), alias.name


def avoided(text: str) -> list[str]:
    """Return the words of a text that are to be avoided, but for code and quotations in it."""
    return IN_PROSE.findall(QUOTED.sub("_", " ".join(text.split())))


def paragraphs(page: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of each paragraph, list item, heading and row, without blocks of code."""
    without = re.sub(
        r"^```.*?^```", lambda m: "\n" * m[0].count("\n"), page, flags=re.MULTILINE | re.DOTALL
    )
    begun = 0
    part: list[str] = []
    for number, line in enumerate([*without.splitlines(), ""], start=1):
        starts = re.match(r"\s*(?:[-*|#]|\d+\.\s|$)|    ", line)
        if starts and part:
            yield begun, re.sub(r"^(?:[-|]|\d+\.)\s*", "", " ".join(part))
            part = []
        if line.strip() and not (line.startswith("    ") and not part):
            begun = begun if part else number
            part.append(line.strip())


def shown(code: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of strings that a user may read: of several words, or printed as help."""
    tree = ast.parse(code)
    bare = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        text = ""
        match node:
            case ast.JoinedStr(values=values):
                bare |= {id(part) for part in values}
                text = "".join(str(p.value) if isinstance(p, ast.Constant) else "_" for p in values)
            case ast.Constant(value=str(value)) if id(node) not in bare:
                text = value
            case ast.FunctionDef() | ast.ClassDef() if is_printed(node):
                text = ast.get_docstring(node) or ""
        if " " in text.strip():
            assert isinstance(node, ast.expr | ast.stmt)
            yield node.lineno, text


def prose(code: str) -> Iterator[tuple[int, str]]:
    """Yield line and text of docstrings and comments, but for docstrings that are printed."""
    tree = ast.parse(code)
    printed = {id(node.body[0]) for node in ast.walk(tree) if is_printed(node)}
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str(text))) if id(node) not in printed:
                yield node.lineno, text
    comments: list[list[tokenize.TokenInfo]] = []
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start  # a sentence may continue below
            if comments and comments[-1][-1].start == (row - 1, column):
                comments[-1].append(token)
            else:
                comments.append([token])
    for block in comments:
        yield block[0].start[0], " ".join(each.string.strip("# ") for each in block)


def is_printed(node: ast.AST) -> TypeGuard[ast.FunctionDef | ast.ClassDef]:
    """Return whether the docstring is a command's --help or a section's description."""
    match node:
        case ast.FunctionDef():
            return any(
                re.search(r"\.(?:command|group)\(", ast.unparse(each))
                for each in node.decorator_list
            )
        case ast.ClassDef():
            return any(ast.unparse(base) == "ConfigSection" for base in node.bases)
    return False


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
