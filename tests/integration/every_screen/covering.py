"""A covering array: few rows in which every two choices of two factors meet at least once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

Row = dict[str, str]
Pair = frozenset[tuple[str, str]]


def pairs_of(row: Mapping[str, str]) -> set[Pair]:
    """Return every two choices that meet in the row."""
    return {frozenset(two) for two in combinations(row.items(), 2)}


def all_pairs(factors: Mapping[str, Sequence[str]]) -> set[Pair]:
    return {
        frozenset(((one, choice), (other, another)))
        for one, other in combinations(factors, 2)
        for choice in factors[one]
        for another in factors[other]
    }


def covering_array(factors: Mapping[str, Sequence[str]]) -> list[Row]:
    """Return the rows, chosen greedily and without chance.

    Each row begins with two choices that have not met yet, and takes for each other factor the
    choice with the most new pairs.
    """
    left = all_pairs(factors)
    order = {(name, choice): n for n, name in enumerate(factors) for choice in factors[name]}
    uses = dict.fromkeys(order, 0)
    rows = []
    while left:
        first = min(left, key=lambda pair: sorted((order[c], c[1]) for c in pair))
        row = dict(first)
        for name in (*factors,):
            if name not in row:
                row[name] = max(
                    factors[name],
                    key=lambda choice, name=name, row=row: (  # type: ignore[misc]
                        sum(frozenset(((name, choice), met)) in left for met in row.items()),
                        -uses[name, choice],
                    ),
                )
        row = {name: row[name] for name in factors}
        left -= pairs_of(row)
        for choice in row.items():
            uses[choice] += 1
        rows.append(row)
    return rows
