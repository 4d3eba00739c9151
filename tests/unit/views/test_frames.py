"""Paths of tracebacks, as Lambda and the emulator have them, and as a screen shows them."""

from __future__ import annotations

import pytest

from provision.views.frames import with_short_frames

EMULATOR = "/home/me/shop/.provision/emulator/data-1f/tmp/ministack-lambda-shop-items-n35s3s6_"


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/var/task/app.py", "function/app.py"),
        ("/var/task/orders/app.py", "function/orders/app.py"),
        (f"{EMULATOR}/code/app.py", "function/app.py"),
        (f"{EMULATOR}/_worker.py", "emulator/_worker.py"),
        (f"{EMULATOR}/code/_worker.py", "function/_worker.py"),
        ("/opt/python/boto3/session.py", "…/boto3/session.py"),
        ("/opt/python/lib/python3.13/site-packages/boto3/session.py", "…/boto3/session.py"),
        (f"{EMULATOR}/layer_0/python/boto3/session.py", "…/boto3/session.py"),
        ("/home/me/.venv/lib/python3.12/site-packages/boto3/x.py", "…/boto3/x.py"),
        ("/var/task/site-packages/x.py", "…/x.py"),
        ("/var/lang/lib/python3.13/json/decoder.py", "python3.13/json/decoder.py"),
        ("<frozen os>", "<frozen os>"),
        ("/srv/other.py", "/srv/other.py"),
    ],
)
def test_a_path_is_the_projects(path: str, shown: str) -> None:
    text = f'  File "{path}", line 4, in handler'
    assert with_short_frames(text, "function") == f"  {shown}:4, in handler"


def test_all_frames_of_a_text_and_nothing_else() -> None:
    text = 'x File "/var/task/a.py", line 1, in f\nFile "/var/task/b.py", line 22\n/var/task/c.py'
    assert with_short_frames(text, "") == "x a.py:1, in f\nb.py:22\n/var/task/c.py"


def test_hostile_text_takes_no_time() -> None:
    assert with_short_frames('File "' + "/" * 200_000, "f").startswith('File "/')
    assert with_short_frames('File "/ministack-lambda-' * 20_000, "f")


def test_lambdas_indentation_becomes_blanks() -> None:
    said = (
        'x\u00a0y\n\u00a0\u00a0File "/var/task/app.py", line 4, in f\r\u00a0\u00a0\u00a0\u00a0g()'
    )
    assert with_short_frames(said, "function") == "x\u00a0y\n  function/app.py:4, in f\r    g()"
