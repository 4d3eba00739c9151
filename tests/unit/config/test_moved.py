"""Each wrong line under `moved` is one problem, at its line, with the text to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.config.sample import SAMPLE, changed, load_text, problems_of

# In the sample there are table items, function items, layer dependencies.
TWO_TABLES = changed("tables:\n", "tables:\n  orders: {key: id}\n")


def moved(*lines: str, text: str = SAMPLE) -> str:
    return text + "moved:\n" + "".join(f"  {line}\n" for line in lines)


def test_what_was_renamed_keeps_its_name_in_aws(path: Path) -> None:
    config = load_text(path, moved("table.things: table.items", "layer.libs: layer.dependencies"))
    assert config.former_keys == {"table.items": "things", "layer.dependencies": "libs"}


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (moved("table.old: table.itmes"), 'moved."table.old"', 'mean "items"?'),
        (moved("table.old: table.zzz"), 'moved."table.old"', "tables has: items"),
        (
            moved("table.items: table.orders", text=TWO_TABLES),
            'moved."table.items"',
            'tables.items is still there, so it has not moved; rename it to "orders" there',
        ),
        (
            moved("table.items: table.items"),
            'moved."table.items"',
            "table.items leads back to itself; remove this line",
        ),
        (
            moved("table.a: table.items", "table.b: table.items"),
            'moved."table.b"',
            "table.a is table.items already; remove this line",
        ),
        (
            moved("table.a: table.b", "table.b: table.items"),
            'moved."table.a"',
            'write "table.a: table.items", and remove the line of table.b',
        ),
        (
            moved("table.a: function.items"),
            'moved."table.a"',
            'a table cannot become a function; write "table.items"',
        ),
        (moved("table.a: items"), 'moved."table.a"', "a node such as table.items"),
        (moved("tabel.a: table.items"), 'moved."tabel.a"', "a node such as table.items"),
        (moved("table.A: table.items"), 'moved."table.A"', "a node such as table.items"),
        (moved("table.a:"), 'moved."table.a"', "write a value, or remove the line"),
    ],
)
def test_one_wrong_line(path: Path, text: str, key: str, says: str) -> None:
    (problem,) = problems_of(path, text)
    assert problem.key == key
    assert says in str(problem)
    wrong = next(n for n, line in enumerate(text.splitlines(), 1) if f"  {key[7:-1]}:" in line)
    assert problem.line == wrong


def test_a_circle(path: Path) -> None:
    found = problems_of(path, moved("table.a: table.b", "table.b: table.a"))
    assert ["leads back to itself" in each.message for each in found] == [True, True]


def test_a_name_too_long_is_the_one_aws_has(path: Path) -> None:
    text = moved(f"table.{'x' * 120}: table.items")
    assert problems_of(path, text) == ()
    long = changed("  items:\n    key: id", f"  {'y' * 120}:\n    key: id")
    long = long.replace("tables: {items: write}", f"tables: {{{'y' * 120}: write}}")
    assert problems_of(path, moved(f"table.items: table.{'y' * 120}", text=long)) == ()


def test_an_environment_that_has_no_such_table_says_so(path: Path) -> None:
    text = changed(
        "  local: {}\n",
        "  local: {tables: {items: null}, functions: {items: {tables: {items: null}}}}\n",
    )
    (problem,) = problems_of(path, moved("table.old: table.items", text=text))
    assert 'there is no table "items" (in environment local)' in str(problem)
    both = text.replace("local: {", 'local: {moved: {"table.old": null}, ')
    assert problems_of(path, moved("table.old: table.items", text=both)) == ()
