"""One REST API with everything in it.

`api.RestApi` is the step. `contents` is what an API holds, in one shape for wanted and observed;
`reading` and `writing` have the calls; `routes` and `responses` turn the step's fields into it.
"""
