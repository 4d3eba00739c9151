"""Application Auto Scaling of tables' capacity."""
