"""Security policies of API Gateway: their minimum TLS version, and which of two is weaker.

https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-security-policies.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from provision.model.risks import Impact, Risk

if TYPE_CHECKING:
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef

LEAST: Final = "TLS_1_2"
UNSAID: Final = "TLS_1_0"
"""The policy of a Regional API that was created without one (A37)."""
STRICT: Final = "STRICT"
_ENHANCED: Final = "SecurityPolicy_"
_VERSIONS: Final = {
    "TLS_1_0": 0,
    "TLS_1_2": 1,
    "TLS12": 2,
    "TLS13_1_2": 2,
    "TLS13_1_3": 3,
    "TLS13_2025": 3,
}
"""Prefix of a policy's name → rank of its minimum TLS version. The legacy policy of TLS 1.2 accepts
more ciphers than the others of that version, so it ranks below them."""
_STRENGTHS: Final = frozenset({"FIPS", "PFS", "PQ"})
_MORE_CIPHERS: Final = frozenset({"Ext1", "Ext2"})


def access_mode(policy: str) -> str:
    """Return the endpoint access mode that a request with this policy needs (A38).

    Empty if the request must not contain a mode.
    """
    return STRICT if policy.startswith(_ENHANCED) else ""


def _weaker(have: Any, want: Any) -> bool:
    """Return whether `want` accepts something that `have` refuses.

    That may hold in both directions or in none, as two policies can refuse different things.
    """
    if _version(want) != _version(have):
        return _version(want) < _version(have)
    old, new = set(str(have).split("_")), set(str(want).split("_"))
    return bool((old & _STRENGTHS) - new or (new & _MORE_CIPHERS) - old)


def tls_patches(policy: str, mode: str, have_mode: str) -> list[PatchOperationTypeDef]:
    """Return the patches of policy and mode, for one request (A38).

    The mode is left out if neither the wanted nor the observed resource has one.
    """
    patches: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": "/securityPolicy", "value": policy}
    ]
    if mode or have_mode:
        patches.append({"op": "replace", "path": "/endpointAccessMode", "value": mode})
    return patches


def _version(policy: Any) -> int:
    """Return the rank of the policy's minimum TLS version; an unknown policy has the highest."""
    name = str(policy).removeprefix(_ENHANCED)
    ranks = [rank for known, rank in _VERSIONS.items() if name.startswith(known)]
    return max(ranks, default=len(_VERSIONS))


def _stronger(have: Any, want: Any) -> bool:
    return _weaker(want, have)


def _loosened(have: Any, want: Any) -> bool:  # noqa: ARG001  (the two differ)
    return bool(have == STRICT)


TLS_RISKS: Final = {
    "security_policy": (
        Risk(
            Impact.WEAKER,
            "clients with older TLS or ciphers are let in",
            when=_weaker,
        ),
        Risk(
            Impact.DOWNTIME,
            "clients that know no newer TLS or ciphers are refused",
            when=_stronger,
        ),
        Risk(Impact.SLOW, "API Gateway changes what its endpoint speaks", 900, 1800),  # (A37)
    ),
    "access_mode": (
        Risk(
            Impact.WEAKER,
            "requests may name another host in TLS than in HTTP",
            when=_loosened,
        ),
        Risk(Impact.SLOW, "API Gateway changes what its endpoint speaks", 900, 1800),
    ),
}
"""Risks by field, the same for an API and a domain name."""
