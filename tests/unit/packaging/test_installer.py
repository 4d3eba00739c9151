"""uv gets a list of pins that we wrote, an empty folder and an environment without credentials."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import uv

from provision.packaging.cache import Cache
from provision.packaging.installer import (
    PASSED_ON,
    WheelInstallFailed,
    environment,
    without_secrets,
)
from provision.packaging.layers import build_layer
from tests.unit.packaging.test_archive import names_in, write
from tests.unit.packaging.wheels import Wheel, listening, make_wheel

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "AKIAPRECIOUS",
    "AWS_SECRET_ACCESS_KEY": "precious-secret",
    "AWS_SESSION_TOKEN": "precious-token",
    "GITHUB_TOKEN": "precious-github",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "precious-oidc",
}
UV_INDEXES = ("UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "PIP_INDEX_URL")


@pytest.fixture(autouse=True)
def no_index(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let uv use only the index that a test names, and no earlier downloads."""
    for name in (*UV_INDEXES, "UV_NO_INDEX", "UV_FIND_LINKS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


@pytest.fixture
def wheel(tmp_path: Path) -> Wheel:
    return make_wheel(tmp_path / "wheels", "plain", {"plain.py": "x = 1\n"})


def build(tmp_path: Path, text: str, runtime: str = "local") -> list[str]:
    source = write(tmp_path / "layer", {"requirements.txt": text})
    cache = Cache(tmp_path / "cache")
    bundle = build_layer(source, runtime=runtime, architecture="arm64", cache=cache)
    return names_in(bundle.content)


SPY = """\
#!{python}
import json, os, pathlib, sys
seen = {{"environment": dict(os.environ), "words": sys.argv[1:], "files": os.listdir("."),
         "pins": pathlib.Path("pins.txt").read_text(), "folder": os.getcwd()}}
pathlib.Path({file!r}).write_text(json.dumps(seen))
pathlib.Path("packages").mkdir()
pathlib.Path("packages", "plain.py").write_text("")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="a script with a first line")
def test_it_gets_pins_and_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spy, seen_file = tmp_path / "spy", tmp_path / "seen.json"
    spy.write_text(SPY.format(python=sys.executable, file=str(seen_file)))
    spy.chmod(0o755)
    monkeypatch.setattr(uv, "find_uv_bin", lambda: str(spy))
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("UV_INDEX_OURS_PASSWORD", "index-login")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy:1")
    zeros = "0" * 64
    build(tmp_path, f"Plain == 1.0 \\\n  --hash=sha256:{zeros}  # ours\n")
    seen = json.loads(seen_file.read_text())
    allowed = PASSED_ON | {"UV_INDEX_OURS_PASSWORD", "LC_CTYPE", "__CF_USER_TEXT_ENCODING"}
    assert set(seen["environment"]) <= allowed
    assert "precious" not in json.dumps(seen)
    assert "PATH" not in seen["environment"]
    assert seen["environment"]["UV_INDEX_OURS_PASSWORD"] == "index-login"
    assert seen["environment"]["HTTPS_PROXY"] == "http://proxy:1"
    assert seen["files"] == ["pins.txt"]
    assert seen["pins"] == f"plain==1.0 --hash=sha256:{zeros}\n"
    assert not Path(seen["folder"]).is_relative_to(tmp_path / "layer")
    assert "--no-config" in seen["words"]
    assert seen["words"][seen["words"].index("--only-binary") + 1] == ":all:"


def test_nothing_that_could_hold_a_credential_of_aws_is_passed_on() -> None:
    assert not [name for name in PASSED_ON if name.upper().startswith(("AWS", "GITHUB", "CI"))]
    assert environment(CREDENTIALS, None) == {}


def test_settings_beside_the_layer_are_not_read(
    tmp_path: Path, wheel: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings of uv: in the layer, above it, in the current directory, the user's; and pip's."""
    monkeypatch.setenv("UV_FIND_LINKS", str(wheel.path.parent))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    home = tmp_path / "home"
    with listening(tmp_path / "none") as heard:
        index = f'index-url = "{heard.address}"\nextra-index-url = ["{heard.address}"]\n'
        more = f'no-binary = [":all:"]\n[[index]]\nurl = "{heard.address}"\n'
        for folder in (tmp_path / "layer", tmp_path, home / ".config" / "uv"):
            write(folder, {"uv.toml": f"{index}{more}", ".netrc": "machine 127.0.0.1 login x"})
            write(folder, {"pyproject.toml": f"[tool.uv]\n{index}[[tool.uv.index]]\n{more}"})
        write(home, {".config/pip/pip.conf": f"[global]\nindex-url = {heard.address}\n"})
        monkeypatch.chdir(tmp_path / "layer")
        monkeypatch.setenv("HOME", str(home))
        assert "python/plain.py" in build(tmp_path, wheel.pin)
        assert heard.asked == []


@pytest.mark.parametrize(
    ("variable", "login"),
    [
        ("UV_DEFAULT_INDEX", ""),
        ("UV_INDEX_URL", "reader:secret-login@"),
        ("UV_INDEX", ""),
        ("PIP_INDEX_URL", "reader:secret-login@"),
    ],
)
def test_the_index_of_the_users_environment_is_the_one_asked(
    tmp_path: Path, wheel: Wheel, variable: str, login: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(wheel.path.parent) as heard:
        address = heard.address.replace("//", f"//{login}")
        monkeypatch.setenv(variable, f"ours={address}" if variable == "UV_INDEX" else address)
        assert "python/plain.py" in build(tmp_path, wheel.pin)
        assert "/simple/plain/" in heard.asked
        assert bool(login) == any(heard.logins)


@pytest.mark.parametrize(
    ("value", "asks"), [("1", False), ("true", False), ("0", True), ("", True)]
)
def test_no_index_is_asked_where_the_user_says_so(
    tmp_path: Path, wheel: Wheel, value: str, asks: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """uv has an option for that and no variable, so the user's setting was ignored."""
    with listening(tmp_path / "none") as heard:
        monkeypatch.setenv("UV_DEFAULT_INDEX", heard.address)
        monkeypatch.setenv("UV_FIND_LINKS", str(wheel.path.parent))
        monkeypatch.setenv("UV_NO_INDEX", value)
        assert "python/plain.py" in build(tmp_path, wheel.pin)
        assert bool(heard.asked) == asks


def test_pips_index_counts_only_where_uv_has_none() -> None:
    ours = {"UV_DEFAULT_INDEX": "https://uv.test", "PIP_INDEX_URL": "https://pip.test"}
    assert environment(ours, None) == {"UV_DEFAULT_INDEX": "https://uv.test"}


def test_paths_of_the_environment_begin_where_the_user_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ours = {
        "UV_CACHE_DIR": "uv",
        "UV_FIND_LINKS": "wheels,https://a.test/x",
        "SSL_CERT_FILE": "/etc/ca",
    }
    assert environment(ours, None) == {
        "UV_CACHE_DIR": str(tmp_path / "uv"),
        "UV_FIND_LINKS": f"{tmp_path / 'wheels'},https://a.test/x",
        "SSL_CERT_FILE": str(Path("/etc/ca").absolute()),
    }
    assert environment(ours, tmp_path / "kept")["UV_CACHE_DIR"] == str(tmp_path / "kept")


ZEROS = "0" * 64
UNREACHABLE = "http://reader:secret-login@127.0.0.1:9/secret-path/simple?token=secret-query"


@pytest.mark.parametrize(
    ("text", "given", "message", "hint"),
    [
        (f"plain==1.0 --hash=sha256:{ZEROS}", {}, "Hash mismatch", "--generate-hashes"),
        (f"plain==2.0 --hash=sha256:{ZEROS}", {}, "plain==2.0", "requirements.txt"),
        (
            f"plain==1.0 --hash=sha256:{ZEROS}",
            {"UV_OFFLINE": "1", "UV_FIND_LINKS": ""},
            "plain",
            "check the network",
        ),
        *(
            (
                f"plain==1.0 --hash=sha256:{ZEROS}",
                {name: UNREACHABLE, "UV_FIND_LINKS": ""},
                "127.0.0.1:9",
                "check the network",
            )
            for name in ("UV_DEFAULT_INDEX", "UV_INDEX_URL", "UV_EXTRA_INDEX_URL", "UV_INDEX")
        ),
        (f"built==1.0 --hash=sha256:{ZEROS}", {}, "built==1.0", "has a wheel for python3.14"),
    ],
)
def test_what_uv_cannot_do_is_said_with_a_remedy_and_without_secrets(
    tmp_path: Path,
    wheel: Wheel,
    text: str,
    given: dict[str, str],
    message: str,
    hint: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The package `built` exists only as a source distribution."""
    write(wheel.path.parent, {"built-1.0.tar.gz": b"x"})
    named = any(value.startswith("http") for value in given.values())
    settings = {"UV_FIND_LINKS": str(wheel.path.parent)} | given
    if not named and "UV_OFFLINE" not in given:
        settings["UV_NO_INDEX"] = "1"
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(WheelInstallFailed) as caught:
        build(tmp_path, text, "python3.14")
    assert message in str(caught.value)
    assert "python3.14 on arm64" in caught.value.message
    assert hint in caught.value.hint
    assert "secret" not in str(caught.value) + caught.value.hint


def test_words_about_addresses_keep_what_is_no_secret() -> None:
    said = "Failed to fetch: `https://files.example/simple/six/` (https://a:b@x.test/y?z=1#w)"
    assert without_secrets(said, {}) == (
        "Failed to fetch: `https://files.example/simple/six/` (https://***@x.test/y)"
    )
    given = {"UV_INDEX_OURS_PASSWORD": "hidden", "UV_INDEX": "ours=https://h.test/t0k/simple/"}
    said = "401 for https://ours:hidden@h.test/t0k/simple/six/: hidden is wrong"
    assert without_secrets(said, given) == "401 for https://***@h.test/***/six/: *** is wrong"
