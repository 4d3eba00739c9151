"""The digest of all that a deployment of an API freezes."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict
from typing import Any

from provision.steps.apigateway.rest_api.contents import Contents


def digest_of(contents: Contents, others: dict[str, Any]) -> str:
    """Return the digest of the contents and of the other settings that take effect with them."""
    text = json.dumps(
        {"contents": _document(contents), **others}, sort_keys=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).hexdigest()


def _document(contents: Contents) -> dict[str, Any]:
    """Return the contents without empty members that earlier versions of this tool did not have.

    So the digest of an API that does not use them stays the same, and nothing is deployed again.
    """
    document = asdict(contents)
    if not document["authorizers"]:
        del document["authorizers"]
    for methods in document["resources"].values():
        for method in methods.values():
            for name in ("authorizer", "scopes"):
                if not method[name]:
                    del method[name]
    return document
