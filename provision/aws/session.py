"""The SDK as it is set up here: whose credentials it finds, and how it reads its models of AWS,
which is most of making a client.
"""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, Final

import botocore.session
import msgspec
from botocore.config import Config
from botocore.loaders import JSONFileLoader, Loader

from provision import __version__
from provision.aws.access import Access
from provision.aws.credential_guard import guard_credentials
from provision.aws.one_time_code import ask_people_only

_READERS: Final[dict[str, Callable[[bytes], bytes]]] = {
    ".json": lambda content: content,
    ".json.gz": gzip.decompress,
}


class FastModelFiles(JSONFileLoader):
    """The same files by a quicker parser, as plain dictionaries: they take half the memory of
    botocore's ordered ones, and keep the order too."""

    def load_file(self, file_path: str) -> Any:
        """`file_path` is without its ending. None where there is no such file."""
        for ending, read in _READERS.items():
            file = Path(file_path + ending)
            if file.is_file():
                return msgspec.json.decode(read(file.read_bytes()))
        return None


class ModelLoader(Loader):
    """botocore asks for the list of all services, four times over, before it opens the files of
    one: that is thousands of files asked for on the disk. Here a service is a folder."""

    def list_available_services(self, type_name: str) -> list[str]:  # noqa: ARG002
        """Names of all folders. One that lacks the file is told when it is opened."""
        there = (Path(path) for path in self.search_paths if Path(path).is_dir())
        return sorted({folder.name for path in there for folder in path.iterdir()})


@cache
def model_loader(data_path: str | None) -> ModelLoader:
    """`data_path`: as AWS_DATA_PATH has it, further folders with models."""
    paths = (data_path or "").split(os.pathsep)
    # Without a home, pathlib raises an error; this leaves the path as it is.
    own = [os.path.expanduser(os.path.expandvars(path)) for path in paths if path]  # noqa: PTH111
    return ModelLoader(extra_search_paths=own, file_loader=FastModelFiles())


def new_botocore_session(access: Access) -> botocore.session.Session:
    """An emulator needs nobody's profile, so AWS_PROFILE is not even looked at for it."""
    if access.credentials:
        core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
    else:
        core = botocore.session.Session(profile=access.profile)
        if not access.anywhere:
            guard_credentials(core, os.environ)
        ask_people_only(core)
    core.register_component("data_loader", model_loader(core.get_config_variable("data_path")))
    return core


def client_config(core: botocore.session.Session, access: Access) -> Config:
    """Of every client. Who calls is put into words here, or botocore does it anew for each call."""
    config = Config(
        retries={"total_max_attempts": 1, "mode": "standard"},  # trying again is retry.py's
        max_pool_connections=32,
        connect_timeout=5,
        read_timeout=60,
        user_agent=f"provision/{__version__} {core.user_agent()}",
    )
    return config.merge(Config(proxies={})) if access.endpoint else config


def patience(config: Config, service: str) -> Config:
    """STS answers at once or not at all, and is asked first: nobody is to wait a minute for it."""
    return config.merge(Config(read_timeout=10)) if service == "sts" else config
