"""Application Auto Scaling of tables' capacity.

`target` holds the step `ScalingTarget`: the bounds of one capacity of a table. `policy` holds the
step `ScalingPolicy`: the utilization that auto scaling aims at between these bounds.
"""
