"""Cases of the schedules concepts."""
