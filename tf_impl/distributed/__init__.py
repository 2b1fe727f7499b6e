"""Several devices on one machine: the same gradients, updates and statistics as one."""
