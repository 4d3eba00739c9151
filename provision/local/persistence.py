"""The emulator's data folders, and the environment that makes MiniStack write only to them."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path
from typing import Final

FOLDERS: Final = ("state", "s3", "tmp", "home")
_DATA: Final = re.compile(r"data-[0-9a-f]{32}")
_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "SYSTEMROOT", "PYTHONDONTWRITEBYTECODE")


def make_folders(data: Path) -> None:
    """Create all folders that MiniStack writes to, and delete unpacked code that it has left."""
    data.mkdir(mode=0o700, exist_ok=True)
    for name in FOLDERS:
        (data / name).mkdir(mode=0o700, exist_ok=True)
    shutil.rmtree(data / "tmp", ignore_errors=True)
    (data / "tmp").mkdir(mode=0o700)


def delete_data(root: Path) -> None:
    """Delete the data of every user, also where it was before its folder had a secret name."""
    found = [each for each in root.iterdir() if _DATA.fullmatch(each.name)]
    for each in (*found, *(root / name for name in FOLDERS)):
        shutil.rmtree(each, ignore_errors=True)


def environment(data: Path, port: int) -> dict[str, str]:
    """Return the emulator's environment, which the functions inherit.

    It has none of the user's settings, and directs all files below `data`.
    """
    passed_on = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    return passed_on | {
        "GATEWAY_PORT": str(port),
        "PERSIST_STATE": "1",
        "STATE_DIR": str(data / "state"),
        "S3_PERSIST": "1",
        "S3_DATA_DIR": str(data / "s3"),
        "TMPDIR": str(data / "tmp"),
        "TEMP": str(data / "tmp"),
        "TMP": str(data / "tmp"),
        "HOME": str(data / "home"),
        "USERPROFILE": str(data / "home"),
        "PYTHONNOUSERSITE": "1",
        "AWS_EC2_METADATA_DISABLED": "true",
        "DOCKER_HOST": f"unix://{data / 'no-docker'}",  # never touch the user's containers
        "IOT_MTLS_ENABLED": "0",  # otherwise it listens on port 8883 of every address
        "SFTP_ENABLED": "0",
        "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.2",  # AWS: a minute
    }
