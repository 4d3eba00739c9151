"""Valid configurations round trip; a misspelt key is reported at its line; nothing crashes."""

from __future__ import annotations

import string
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from provision.config import effective
from provision.config.reference import _Dumper
from provision.config.yaml.reader import read
from tests.unit.config.sample import SAMPLE, furnish, load_text, problems_of

FOLDER = TemporaryDirectory()
PATH = furnish(Path(FOLDER.name))

names = st.text("ab1-", max_size=8).map(lambda rest: f"n{rest}z")
texts = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=20)
tag_texts = st.text(string.ascii_letters + string.digits + " _.:/=+-@", max_size=20)
secrets = st.fixed_dictionaries(
    {"secret": st.sampled_from(["ssm:/tap/db", "ssm:db", "secretsmanager:tap/db@home"])},
    optional={"key": st.sampled_from([None, "alias/our-key"])},
)
variables = st.text("Ab1_", max_size=8).map(lambda rest: f"X{rest}Z")


@st.composite
def capacities(draw: st.DrawFn) -> dict[str, int]:
    low = draw(st.integers(5, 40_000))
    return {
        "min": low,
        "max": draw(st.integers(low, 40_000)),
        "target": draw(st.integers(20, 90)),
    }


def tables() -> st.SearchStrategy[dict[str, Any]]:
    table = st.fixed_dictionaries(
        {"key": st.sampled_from(["id", {"id": "N"}, {"id": "S"}])},
        optional={
            "sort_key": st.sampled_from([None, "at", {"at": "B"}]),
            "read": capacities(),
            "write": capacities(),
            "expire": st.none()
            | st.fixed_dictionaries(
                {"attribute": st.just("expires_at")}, optional={"days": st.integers(1, 3650)}
            ),
            "protect": st.booleans(),
        },
    )
    return st.dictionaries(names, table, max_size=3)


@st.composite
def functions(draw: st.DrawFn, table_names: list[str]) -> dict[str, Any]:
    grants = st.sampled_from(["read", "write"])
    tables = st.dictionaries(st.sampled_from(table_names), grants) if table_names else st.just({})
    function = st.fixed_dictionaries(
        {"source": st.just("function"), "handler": st.just("app.handler"), "tables": tables},
        optional={
            "memory": st.integers(128, 10_240),
            "timeout": st.integers(1, 29),
            "environment": st.dictionaries(variables, texts | secrets, max_size=3),
            "retries": st.fixed_dictionaries({}, optional={"attempts": st.integers(0, 2)}),
            "log": st.fixed_dictionaries({"retention": st.sampled_from([1, 30, 3653])}),
        },
    )
    found: dict[str, Any] = draw(st.dictionaries(names, function, min_size=1, max_size=3))
    return found


@st.composite
def configurations(draw: st.DrawFn) -> dict[str, Any]:
    some_tables = draw(tables())
    some_functions = draw(functions(sorted(some_tables)))
    methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD"])
    paths = st.lists(names | st.just("{id}"), unique=True, max_size=3)
    routes = st.builds(lambda method, parts: f"{method} /{'/'.join(parts)}", methods, paths)
    return {
        "name": draw(names),
        "environment": draw(names),
        "region": draw(st.sampled_from(["us-east-1", "cn-north-1", "us-gov-west-1"])),
        "account": draw(st.none() | st.text("0189", min_size=12, max_size=12)),
        "tags": draw(
            st.dictionaries(
                tag_texts.filter(lambda key: key and ":" not in key).map(str.lower), tag_texts
            )
        ),
        "tables": some_tables,
        "functions": some_functions,
        "api": {
            "routes": draw(
                st.dictionaries(routes, st.sampled_from(sorted(some_functions)), min_size=1)
            )
        },
    }


def written(document: Any) -> str:
    """Return the document as YAML 1.2.

    PyYAML's own dumper writes `0E0` without quotes, which is a text in 1.1 and a number in 1.2.
    """
    return yaml.dump(document, Dumper=_Dumper, allow_unicode=True)


def test_text_that_is_a_number_in_one_yaml_alone_stays_text() -> None:
    texts = {"a": "0E0", "b": "1_000", "c": "on", "d": "1:30", "e": "0o7", "f": "1e3", "g": "~"}
    path = PATH.parent / "texts.yaml"
    path.write_text(written(texts), encoding="utf-8")
    assert read(path)[0].to_python() == texts
    assert yaml.safe_load(written(texts)) == texts


@settings(max_examples=25, deadline=None)
@given(configurations())
def test_valid_configurations_round_trip(document: dict[str, Any]) -> None:
    config = load_text(PATH, written(document))
    assert config.tags == document["tags"]
    assert list(config.functions) == sorted(document["functions"])
    assert load_text(PATH, effective(config)) == config


LINES = SAMPLE.splitlines()
FREE = {"items", "local", "prod", "Environment", "LOG_LEVEL", "dependencies", "Item", "GET /items"}
KEYS = [
    (number, key)
    for number, line in enumerate(LINES)
    for key in [line.split(":")[0].strip()]
    if key.isidentifier() and key not in FREE
]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(KEYS), st.integers(0, 20), st.sampled_from(string.ascii_lowercase))
def test_a_typo_in_a_key_is_always_reported_at_its_line(
    place: tuple[int, str], at: int, letter: str
) -> None:
    number, key = place
    assume((key, letter) != ("environment", "s"))  # nearer to `environments`, another key
    typo = key[: at % (len(key) + 1)] + letter + key[at % (len(key) + 1) :]
    lines = [*LINES]
    lines[number] = lines[number].replace(key, typo, 1)
    problems = problems_of(PATH, "\n".join(lines))
    about = [each for each in problems if each.line == number + 1 and each.key.endswith(typo)]
    assert [each.message for each in about] == ["unknown key"]
    assert f'did you mean "{key}"?' in about[0].suggestion or len(key) < 4


WEIRD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=4,
)


def ways(node: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Return the path of every place in a document."""
    inner: list[tuple[Any, Any]] = []
    if isinstance(node, dict):
        inner = list(node.items())
    if isinstance(node, list):
        inner = list(enumerate(node))
    return [way, *(found for key, each in inner for found in ways(each, (*way, key)))]


def replaced(node: Any, way: tuple[Any, ...], value: Any) -> Any:
    if not way:
        return value
    key, *rest = way
    if isinstance(node, list):
        return [replaced(each, tuple(rest), value) if at == key else each
                for at, each in enumerate(node)]  # fmt: skip
    return {**node, key: replaced(node[key], tuple(rest), value)}


DOCUMENT = yaml.safe_load(SAMPLE)


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(ways(DOCUMENT)), WEIRD)
def test_anything_anywhere_is_loaded_or_explained(way: tuple[Any, ...], value: Any) -> None:
    text = written(replaced(DOCUMENT, way, value))
    for problem in problems_of(PATH, text):
        assert problem.message
        assert problem.line or problem.message == "the file is empty"


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=60) | st.text("{}[]:,&*!|>-'\"#%@` \n\tab1", max_size=60))
def test_any_text_is_loaded_or_explained(text: str) -> None:
    assert problems_of(PATH, text)
