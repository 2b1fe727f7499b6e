"""MultiStepLR: milestones, one twice, at the start, none, beyond the end, resumed."""

from parity.case import DemoCase

TRACE = "schedules.multi_step_lr:trace"

CASES = [
    DemoCase(TRACE, "milestones", config={"schedule": ("MultiStepLR", {"milestones": [30, 80]})}),
    DemoCase(TRACE, "twice", config={"schedule": ("MultiStepLR", {"milestones": [10, 10, 40], "gamma": 0.5})}),
    DemoCase(TRACE, "unsorted", config={"schedule": ("MultiStepLR", {"milestones": [60, 20]})}),
    DemoCase(TRACE, "at-the-start", config={"schedule": ("MultiStepLR", {"milestones": [0, 1, 2], "gamma": 0.5})}),
    DemoCase(TRACE, "none", config={"schedule": ("MultiStepLR", {"milestones": []})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("MultiStepLR", {"milestones": [2, 4, 4], "gamma": 0.3}), "steps": 6, "epochs": (1, 2, 5, 4, 3, 0)}),
    DemoCase(TRACE, "resumed-at-a-milestone", config={"schedule": ("MultiStepLR", {"milestones": [50, 90], "gamma": 0.3}), "resume_at": 50}),
]
