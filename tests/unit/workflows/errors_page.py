"""docs/errors.md: every code with its explanation; as `make errors` writes it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from provision.workflows.explanations.lookup import ERRORS, ERRORS_PAGE
from tests.support.sample_stack import ROOT

PAGE: Final = ROOT / ERRORS_PAGE
HEAD: Final = """# Errors

Written by `make errors` from what `provision explain` prints. The code of an error is printed
behind its message, `[locked]`, and is `error.code` in [documents](json.md#error); it does not
change. The exit code says how a script should go on.
"""


def whole_page() -> str:
    return HEAD + "".join(_lines())


def _lines() -> Iterator[str]:
    for code, entry in ERRORS.items():
        yield f"\n## {code}\n\nExit code {entry.exit_code}. {entry.meaning}\n\nUsual causes:\n\n"
        yield from (f"- {cause}\n" for cause in entry.causes)
        yield "\nTo do:\n\n"
        yield from (f"- {remedy}\n" for remedy in entry.remedies)


if __name__ == "__main__":
    PAGE.write_text(whole_page(), encoding="utf-8")
