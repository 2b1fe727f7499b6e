"""ConstantLR: the defaults, long, none at all, all the way, resumed inside."""

from parity.case import DemoCase

TRACE = "schedules.constant_lr:trace"

CASES = [
    DemoCase(TRACE, "defaults", config={"schedule": ("ConstantLR", {})}),
    DemoCase(TRACE, "half", config={"schedule": ("ConstantLR", {"factor": 0.5, "total_iters": 40})}),
    DemoCase(TRACE, "no-steps", config={"schedule": ("ConstantLR", {"factor": 0.25, "total_iters": 0})}),
    DemoCase(TRACE, "factor-one", config={"schedule": ("ConstantLR", {"factor": 1, "total_iters": 10})}),
    DemoCase(TRACE, "all-the-way", config={"schedule": ("ConstantLR", {"factor": 0.1, "total_iters": 1000})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("ConstantLR", {"factor": 0.5, "total_iters": 3}), "steps": 6, "epochs": (1, 2, 3, 5, 2, 0)}),
    DemoCase(TRACE, "resumed-inside", config={"schedule": ("ConstantLR", {"factor": 0.3, "total_iters": 60}), "resume_at": 50}),
]
