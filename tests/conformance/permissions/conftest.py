"""One stack's life cycle, run once for all tests of this folder."""

from __future__ import annotations

import pytest
from moto import mock_aws

from tests.conformance.permissions.lifecycle import Life, lived
from tests.support.moto_patches import teach_moto
from tests.support.speedups import make_cheap


@pytest.fixture(scope="session")
def life(tmp_path_factory: pytest.TempPathFactory) -> Life:
    """Return the records of a life cycle that ended before the first test begins."""
    with pytest.MonkeyPatch.context() as patch:
        make_cheap(patch)
        teach_moto(patch)
        with mock_aws():
            return lived(tmp_path_factory.mktemp("life"))
