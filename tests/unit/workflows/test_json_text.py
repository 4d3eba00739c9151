"""JSON as its standard has it: what is read, what is cut out of a record, what is written again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from provision.views.json_head import as_text
from provision.workflows import json_text


@pytest.mark.parametrize("text", ["NaN", "[-Infinity]", '{"a": Infinity}', "", "[" * 200_000])
def test_what_is_no_json(text: str) -> None:
    with pytest.raises(ValueError, match=r"is no JSON|Expecting|too deeply"):
        json_text.parse(text)


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("1E400", False),
        ('{"a": [1, {"b": -1e999}]}', False),
        ("7" * 5000, False),
        ("[" * 101 + "]" * 101, False),
        ("[" * 99 + "1" + "]" * 99, True),
        ('{"a": [1.5, null, "x"]}', True),
    ],
)
def test_what_fits_a_document(text: str, fits: bool) -> None:
    value = json_text.parse(text)
    assert json_text.fits_document(value) == fits
    if fits:
        assert json.loads(json.dumps(value, indent=2, allow_nan=False)) == value


def test_a_document_is_strictly_json() -> None:
    given = {"a": float("inf"), "b": [float("nan"), {"c": -float("inf")}], "d": (1.5, "NaN")}
    text = as_text(given)
    assert json.loads(text, parse_constant=pytest.fail) == {
        "a": "Infinity",
        "b": ["NaN", {"c": "-Infinity"}],
        "d": [1.5, "NaN"],
    }
    assert as_text({"x": Path("a")}, str) == json.dumps({"x": "a"}, indent=2)
    assert json.loads(as_text({"x": Path("a"), "y": float("inf")}, str))["x"] == "a"


@pytest.mark.parametrize(
    ("text", "member"),
    [
        ('{"x":1}', "1"),
        (' {"a": {"x": 2}, "x" :\t[1E400, "}"] , "b": "\\""}\n', '[1E400, "}"]'),
        ('{"x": 1, "\\u0078": 2.50}', "2.50"),
        ('{"x": "\\ud83d", "a": {}}', '"\\ud83d"'),
        ('{"a": 1}', ""),
        ("{ }", ""),
    ],
)
def test_a_member_is_cut_out_as_it_is_written(text: str, member: str) -> None:
    assert json_text.member_text(text, "x") == member


def test_as_bytes_and_as_a_line_it_is_the_same_json() -> None:
    text = '["\ud83d", "é\U0001f600",\r\n1.10]'
    assert json_text.as_bytes(text) == '["\\ud83d", "é\U0001f600",\r\n1.10]'.encode()
    line = json_text.as_ascii_line(text)
    assert line == '["\\ud83d", "\\u00e9\\ud83d\\ude00",  1.10]'
    assert json.loads(line) == ["\ud83d", "é\U0001f600", 1.1]
