"""GET /hello: the event is what API Gateway sends, the answer what it passes on to the caller."""

from __future__ import annotations

from typing import Any

from api_helpers import answer, failure

LONGEST = 100  # characters of a name


def handler(event: dict[str, Any], _context: object) -> dict[str, Any]:
    """Greet the caller by the name in the query."""
    name = (event.get("queryStringParameters") or {}).get("name") or "world"
    if len(name) > LONGEST:
        return failure(event, 400, f"The name has more than {LONGEST} characters.")
    return answer(event, 200, {"message": f"Hello, {name}."})
