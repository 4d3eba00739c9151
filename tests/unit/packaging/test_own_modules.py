"""A layer's own modules are packed with its wheels, and never hide one of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from provision.packaging.archive import Archive
from provision.packaging.cache import Cache
from provision.packaging.folder import PackagingFailed
from provision.packaging.layers import build_layer
from provision.packaging.modules import layer_faults
from provision.packaging.own_modules import check_separate
from tests.unit.packaging.test_archive import write
from tests.unit.packaging.test_layers import contents
from tests.unit.packaging.wheels import Wheel, make_wheel


def built(tmp_path: Path, files: dict[str, bytes | str], *wheels: Wheel) -> Archive:
    pins = {"requirements.txt": "".join(each.pin for each in wheels)} if wheels else {}
    source = write(tmp_path / "layer", {**files, **pins})
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("UV_NO_INDEX", "1")
        patch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
        patch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
        cache = Cache(tmp_path / "cache")
        return build_layer(source, runtime="local", architecture="arm64", cache=cache)


OWN: dict[str, bytes | str] = {
    "README.md": "not packed",
    "python/shared/__init__.py": "",
    "python/shared/money.py": "CENT = 1\n",
    "python/shared/__pycache__/money.pyc": b"not packed",
    "python/.hidden": "not packed",
    "python/one.py": "ONE = 1\n",
}
IN_ZIP = {"python/shared/__init__.py", "python/shared/money.py", "python/one.py"}


def test_own_modules_alone_need_no_requirements(tmp_path: Path) -> None:
    made = contents(built(tmp_path, OWN))
    assert made.keys() == IN_ZIP
    assert made["python/one.py"] == b"ONE = 1\n"


def test_own_modules_and_wheels_are_in_one_zip(tmp_path: Path) -> None:
    wheel = make_wheel(tmp_path / "wheels", "fast", {"fast.py": "FAST = 1\n"})
    made = contents(built(tmp_path, OWN, wheel))
    assert IN_ZIP | {"python/fast.py"} < made.keys()


def test_the_same_modules_are_the_same_zip_and_others_are_not(tmp_path: Path) -> None:
    one = built(tmp_path / "one", OWN)
    assert built(tmp_path / "two", dict(reversed(list(OWN.items())))).sha256 == one.sha256
    again = built(tmp_path / "one", {"python/one.py": "ONE = 2\n"})  # not the one in the cache
    assert again.sha256 != one.sha256
    assert contents(again)["python/one.py"] == b"ONE = 2\n"


@pytest.mark.parametrize("own", ["fast.py", "fast/__init__.py", "fast/more.py", "Fast.txt"])
def test_a_module_that_a_wheel_brings_too_is_refused(tmp_path: Path, own: str) -> None:
    wheel = make_wheel(tmp_path / "wheels", "fast", {"fast.py": "", "Fast.txt": ""})
    with pytest.raises(PackagingFailed, match=r"python/.* is your own and in a wheel"):
        built(tmp_path, {f"python/{own}": "x = 1\n"}, wheel)


def test_parts_of_a_namespace_may_be_in_both(tmp_path: Path) -> None:
    check_separate({"google/ours/a.py"}, {"google/theirs/b.py"}, tmp_path)
    for own, wheels in (
        ({"google/ours/a.py"}, {"google/__init__.py"}),
        ({"google/a.py"}, {"google/a.py"}),
        ({"google/a.py"}, {"google.cpython-313-x86_64-linux-gnu.so"}),
    ):
        with pytest.raises(PackagingFailed):
            check_separate(own, wheels, tmp_path)


@pytest.mark.parametrize(
    ("handler", "doubt"),
    [
        ("from shared import money", ""),
        ("import shared.money", ""),
        ("import one", "app.handler does not seem to import it"),
    ],
)
def test_modules_are_compiled_as_those_of_functions_are(
    tmp_path: Path, handler: str, doubt: str
) -> None:
    layer = write(tmp_path / "layer", {**OWN, "python/shared/money.py": "CENT = = 1\n"})
    folder = write(tmp_path / "function", {"app.py": f"{handler}\ndef handler(a, b): ...\n"})
    (fault,) = layer_faults(layer, "python3.13", [(folder, "app.handler")])
    assert fault.file == layer / "python/shared/money.py"
    assert fault.line == 1
    assert doubt in fault.doubt
    assert bool(fault.doubt) is bool(doubt)


def test_a_functions_own_module_hides_the_layers(tmp_path: Path) -> None:
    layer = write(tmp_path / "layer", {"python/one.py": "= 1\n"})
    files: dict[str, bytes | str] = {"app.py": "import one\n", "one.py": ""}
    folder = write(tmp_path / "function", files)
    (fault,) = layer_faults(layer, "python3.13", [(folder, "app.handler")])
    assert fault.doubt


def test_of_a_layer_that_no_function_uses_a_fault_is_no_error(tmp_path: Path) -> None:
    layer = write(tmp_path / "layer", {"python/one.py": "= 1\n"})
    (fault,) = layer_faults(layer, "python3.13", [])
    assert "no function does not seem" not in fault.doubt
    assert fault.doubt
