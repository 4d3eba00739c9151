"""Recognizes a region that the account has not enabled: it refuses credentials that are valid."""

from __future__ import annotations

from typing import Any, Final

import botocore.session
from botocore.exceptions import ClientError

from provision.aws.error_codes import UNKNOWN_KEY
from provision.aws.failed_call import NO_GOOD_ANSWER
from provision.errors import RegionDisabled

_HOMES: Final = {"aws": "us-east-1", "aws-cn": "cn-north-1", "aws-us-gov": "us-gov-west-1"}
"""By partition, a region that is enabled in every account."""


def region_disabled(
    error: ClientError, core: botocore.session.Session, region: str
) -> RegionDisabled | None:
    """Return the error if AWS refused the credentials because the region is not enabled.

    It refuses them in the same words as invalid ones, so another region is asked whether they are
    valid. Returns None for another cause.
    """
    code = error.response.get("Error", {}).get("Code", "")
    home = _HOMES.get(core.get_partition_for_region(region), region)
    if code not in UNKNOWN_KEY or home == region:
        return None
    try:
        sts: Any = core.create_client("sts", region_name=home)
        sts.get_caller_identity()
    except NO_GOOD_ANSWER:
        return None
    return RegionDisabled(
        f"these credentials work in {home} but not in {region} ({code}): the account has not"
        " enabled the region",
        hint=f"`aws account enable-region --region-name {region} --region {home}` (minutes to"
        f" hours; `aws account get-region-opt-status --region-name {region} --region {home}`"
        " shows the status), or choose another region in config.yaml. If it is enabled, the token"
        " is from STS's global endpoint, which such regions refuse: log in through a regional"
        " endpoint",
    )
