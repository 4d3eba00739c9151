"""The step contract, and that every field `observe` answers with was read from AWS."""

from __future__ import annotations

from dataclasses import replace

from provision.step import Step
from tests.steps.contract import StepContract
from tests.workshop import Workshop, new_aws, one_node


class ObservedContract(StepContract):
    def test_every_field_is_read_and_none_assumed(self, step: Step, workshop: Workshop) -> None:
        """A field copied from the value asked with would hide drift when that says the same."""
        made = workshop.run(one_node(step), "up").steps["it"]
        seen = made.observe(new_aws())
        for name, value in {**self.edits, **self.fixed_edits}.items():
            if name not in step.IDENTITY:
                assert replace(made, **{name: value}).observe(new_aws()) == seen, name
