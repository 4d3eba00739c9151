"""Schedules and time zones: accepted as AWS does, refused with what to write."""

from __future__ import annotations

import pytest

from provision.config.schema.schedules import expression, timezone
from provision.config.schema.types import InvalidValue


@pytest.mark.parametrize(
    "text",
    [
        "cron(0 3 * * ? *)",
        "cron(0/15 8-18 ? * MON-FRI *)",
        "cron(0 8 1,15 JAN,jul ? 2030-2040)",
        "cron(0 8 L * ? *)",
        "cron(0 8 L-3 * ? *)",
        "cron(0 8 LW * ? *)",
        "cron(0 8 1W * ? *)",
        "cron(0 8 ? * 6L *)",
        "cron(0 8 ? * TUE#2 *)",
        "cron(*/5 * ? * * *)",
        "rate(5 minutes)",
        "rate(1 day)",
        "at(2030-01-31T03:00:00)",
    ],
)
def test_what_aws_takes_is_taken(text: str) -> None:
    assert expression(text) == text


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        ("0 3 * * *", 'write "cron(0 3 * * ? *)"'),
        ("0 3 * * 1-5", 'write "cron(0 3 ? * MON-FRI *)"'),
        ("0 3 * * 7", 'write "cron(0 3 ? * SUN *)"'),
        ("0 3 15 * *", 'write "cron(0 3 15 * ? *)"'),
        ("0 3 1 * 1", 'such as "cron(0 3 * * ? *)"'),
        ("@daily", 'such as "cron(0 3 * * ? *)"'),
        ("Cron(0 3 * * ? *)", 'such as "cron(0 3 * * ? *)"'),
        ("cron(0 3 * * *)", 'write "cron(0 3 * * ? *)"'),
        ("cron(0  3 * * ? *)", 'write "cron(0 3 * * ? *)"'),
        ("cron(0 3 * * * *)", 'write "cron(0 3 * * ? *)"'),
        ("cron(0 3 ? * ? *)", 'write "cron(0 3 * * ? *)"'),
        ("cron(0 3 1 * MON *)", 'write "cron(0 3 ? * MON *)"'),
        ("cron(0 22-4 * * ? *)", 'write "22-23,0-4"'),
        ("cron(60 3 * * ? *)", 'such as "cron(0 3 * * ? *)"'),
        ("cron(0 3 ? * 0 *)", 'such as "cron(0 3 * * ? *)"'),
        ("cron(0 3 * FOO ? *)", 'such as "cron(0 3 * * ? *)"'),
        ("cron(0 3 */0 * ? *)", 'such as "cron(0 3 * * ? *)"'),
        ("cron(0 3 * * ? 1969)", 'such as "cron(0 3 * * ? *)"'),
        ("rate(1 days)", 'write "rate(1 day)"'),
        ("rate(5 minute)", 'write "rate(5 minutes)"'),
        ("rate(0 minutes)", 'write "rate(1 minute)"'),
        ("rate(5 weeks)", 'write it like "rate(5 minutes)"'),
        ("at(2030-02-31T03:00:00)", 'write it like "at(2030-01-31T03:00:00)", without a zone'),
        ("at(2030-01-31T03:00)", 'write it like "at(2030-01-31T03:00:00)", without a zone'),
        (f"cron({'0,' * 130}0 3 * * ? *)", "shorten it"),
    ],
)
def test_what_aws_refuses_is_refused_with_a_suggestion(text: str, suggestion: str) -> None:
    with pytest.raises(InvalidValue) as refused:
        expression(text)
    assert refused.value.suggestion == suggestion
    if suggestion.startswith('write "cron'):
        assert expression(suggestion.removeprefix('write "').removesuffix('"'))


def test_a_zone_is_one_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    assert timezone("UTC") == "UTC"
    assert timezone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(InvalidValue) as refused:
        timezone("Europa/Berlin")
    assert refused.value.suggestion == 'did you mean "Europe/Berlin"?'
    monkeypatch.setattr("zoneinfo.available_timezones", set[str])
    assert timezone("Europa/Berlin") == "Europa/Berlin", "the machine knows none"
