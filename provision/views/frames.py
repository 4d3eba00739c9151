"""Shortens the paths in a traceback to those of the project: documents keep them as they are."""

from __future__ import annotations

import re
from typing import Final

_FRAME: Final = re.compile(r'File "([^"\r\n]{1,4000})", line (\d{1,9})')
_INDENT: Final = re.compile("(?:^|(?<=[\r\n]))\N{NO-BREAK SPACE}+")
"""The indentation that Lambda's runtime writes, which not every terminal shows as blanks."""
_PLACES: Final = (
    # A layer, or packages inside of the function's folder.
    (re.compile(r".*/(?:site|dist)-packages/"), "…/"),
    (re.compile(r"/opt/(?:python/)?|.*/ministack-lambda-[^/]+/layer_\d+/(?:python/)?"), "…/"),
    (re.compile(r".*/lib(?:64)?/(?=python3\.\d+/)"), ""),
    (re.compile(r".*/ministack-lambda-[^/]+/(?=_[a-z]+\.py$)"), "emulator/"),
)
"""Beginnings of the paths of code that is not the function's own, and what is shown for each."""
_OWN: Final = re.compile(r"/var/task/|.*/ministack-lambda-[^/]+/code/")


def with_short_frames(text: str, source: str) -> str:
    """Return a text in which `File "/var/task/app.py", line 4` is `function/app.py:4`.

    `source` is the folder of the function's code as config.yaml names it, empty if it is not known.
    """
    text = _INDENT.sub(lambda found: " " * len(found[0]), text)
    return _FRAME.sub(lambda found: f"{_short(found[1], source)}:{found[2]}", text)


def _short(path: str, source: str) -> str:
    for beginning, shown in _PLACES:
        if found := beginning.match(path):
            return shown + path[found.end() :]
    if found := _OWN.match(path):
        own = path[found.end() :]
        return f"{source}/{own}" if source else own
    return path
