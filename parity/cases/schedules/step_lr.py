"""StepLR: several drops, one step, no drop, growth, resumed, by epoch, another optimizer."""

from parity.case import DemoCase

TRACE = "schedules.step_lr:trace"

CASES = [
    DemoCase(TRACE, "drops", config={"schedule": ("StepLR", {"step_size": 30})}),
    DemoCase(TRACE, "every-step", config={"schedule": ("StepLR", {"step_size": 1, "gamma": 0.9})}),
    DemoCase(TRACE, "never", config={"schedule": ("StepLR", {"step_size": 101})}),
    DemoCase(TRACE, "growth", config={"schedule": ("StepLR", {"step_size": 7, "gamma": 1.1}), "optimizer": ("SGD", {"lr": 0.01})}),
    DemoCase(TRACE, "resumed-after-a-drop", config={"schedule": ("StepLR", {"step_size": 25, "gamma": 0.5}), "resume_at": 50}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("StepLR", {"step_size": 3, "gamma": 0.7}), "steps": 8, "epochs": (5, 1, 2, 3, 9, 0, 4, 6)}),
    DemoCase(TRACE, "adam", config={"schedule": ("StepLR", {"step_size": 30, "gamma": 0.3}), "optimizer": ("Adam", {"lr": 0.05})}),
    DemoCase(
        TRACE,
        "nesterov-weight-decay",
        config={
            "schedule": ("StepLR", {"step_size": 20, "gamma": 0.5}),
            "optimizer": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.01}),
        },
    ),
]
