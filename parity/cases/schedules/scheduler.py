"""Schedulers in general: before or after the update, per epoch or per update."""

from parity.case import DemoCase

CASES = [
    DemoCase("schedules.scheduler:order"),
    DemoCase("schedules.scheduler:granularity", "epochs", config={"epochs": 5, "steps_per_epoch": 4}),
    DemoCase("schedules.scheduler:granularity", "updates", config={"epochs": 20, "steps_per_epoch": 1}),
]
