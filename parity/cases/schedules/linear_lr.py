"""LinearLR: warm-up, down, down to zero, beyond the end, resumed inside."""

from parity.case import DemoCase

TRACE = "schedules.linear_lr:trace"

CASES = [
    DemoCase(TRACE, "defaults", config={"schedule": ("LinearLR", {})}),
    DemoCase(TRACE, "warm-up", config={"schedule": ("LinearLR", {"start_factor": 0.01, "total_iters": 30})}),
    DemoCase(TRACE, "down", config={"schedule": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.1, "total_iters": 70})}),
    DemoCase(TRACE, "to-zero", config={"schedule": ("LinearLR", {"start_factor": 1.0, "end_factor": 0.0, "total_iters": 50})}),
    DemoCase(TRACE, "flat", config={"schedule": ("LinearLR", {"start_factor": 0.5, "end_factor": 0.5, "total_iters": 10})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("LinearLR", {"start_factor": 0.25, "total_iters": 4}), "steps": 6, "epochs": (1, 2, 3, 5, 2, 0)}),
    DemoCase(TRACE, "resumed-inside", config={"schedule": ("LinearLR", {"start_factor": 0.1, "total_iters": 75}), "resume_at": 50}),
]
