"""What `up` would ask of AWS, held against AWS's limits before the first call."""

from provision.foreseen.check import foresee, foresee_first

__all__ = ["foresee", "foresee_first"]
