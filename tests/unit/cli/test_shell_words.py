"""Words of a line that is not finished: quotes, the home folder and variables as in a shell."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.cli.shell_words import Word, words_of


@pytest.mark.parametrize(
    ("line", "texts"),
    [
        ("", [""]),
        ("a", ["a"]),
        ("a ", ["a", ""]),
        ("  a\tb\nc", ["a", "b", "c"]),
        ("a 'b c' d", ["a", "b c", "d"]),
        ('a "b c"d', ["a", "b cd"]),
        (r"a b\ c", ["a", "b c"]),
        (r'a "b\"c\d\\" e', ["a", r'b"c\d' + "\\", "e"]),
        ("a 'b c", ["a", "b c"]),
        ('a "b c', ["a", "b c"]),
        ('a "b\\', ["a", "b"]),
        ("a b\\", ["a", "b"]),
        ("a '' b", ["a", "", "b"]),
        ("a $(b c) d", ["a", "$(b c)", "d"]),
        ("a `b c`", ["a", "`b c`"]),
    ],
)
def test_quotes_are_removed(line: str, texts: list[str]) -> None:
    assert [word.text for word in words_of(line)] == texts


@pytest.mark.parametrize(
    ("typed", "expanded"),
    [
        ("~", "{home}"),
        ("~/a", "{home}/a"),
        ("~nobody-has-this-name/a", "~nobody-has-this-name/a"),
        ("a~", "a~"),
        ("--config=~/a", "--config=~/a"),
        ("'~/a'", "~/a"),
        ('"~/a"', "~/a"),
        (r"\~/a", "~/a"),
        ("$PLACE/a", "{home}/a"),
        ("${PLACE}a", "{home}a"),
        ("--config=$PLACE/a", "--config={home}/a"),
        ('"$PLACE"/a', "{home}/a"),
        ("'$PLACE/a'", "$PLACE/a"),
        (r"\$PLACE/a", "$PLACE/a"),
        (r'"\$PLACE/a"', "$PLACE/a"),
        ("$UNSET/a", "$UNSET/a"),
        ("$(touch planted)/$PLACE", "$(touch planted)/{home}"),
        ("`touch planted`", "`touch planted`"),
        ("${PLACE:-$(touch planted)}", "${PLACE:-$(touch planted)}"),
    ],
)
def test_only_the_home_folder_and_variables_are_expanded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str, expanded: str
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("HOME", "PLACE"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.delenv("UNSET", raising=False)
    assert words_of(f"a {typed}")[1].expanded == expanded.replace("{home}", str(tmp_path))
    assert list(tmp_path.iterdir()) == []


def test_a_quote_that_is_open() -> None:
    assert words_of("a --b='c d")[1] == Word("--b='c d", "--b=c d", "--b=c d", 5)
    assert words_of('a "c')[1].open_at == 1
    assert words_of("a 'c'")[1].open_at is None
    assert words_of("a 'c' ")[2].open_at is None
