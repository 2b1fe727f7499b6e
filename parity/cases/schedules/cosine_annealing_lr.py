"""CosineAnnealingLR: to the end, up again, a floor, one step, resumed on the way up."""

from parity.case import DemoCase

TRACE = "schedules.cosine_annealing_lr:trace"

CASES = [
    DemoCase(TRACE, "to-the-end", config={"schedule": ("CosineAnnealingLR", {"T_max": 100})}),
    DemoCase(TRACE, "up-again", config={"schedule": ("CosineAnnealingLR", {"T_max": 30})}),
    DemoCase(TRACE, "floor", config={"schedule": ("CosineAnnealingLR", {"T_max": 23, "eta_min": 0.01})}),
    DemoCase(TRACE, "floor-above-the-start", config={"schedule": ("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.15})}),
    DemoCase(TRACE, "one-step", config={"schedule": ("CosineAnnealingLR", {"T_max": 1, "eta_min": 0.02})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("CosineAnnealingLR", {"T_max": 4, "eta_min": 0.01}), "steps": 6, "epochs": (1, 3, 4, 6, 0, 9)}),
    DemoCase(TRACE, "resumed", config={"schedule": ("CosineAnnealingLR", {"T_max": 40, "eta_min": 0.001}), "resume_at": 50}),
    DemoCase(TRACE, "adam", config={"schedule": ("CosineAnnealingLR", {"T_max": 60}), "optimizer": ("Adam", {"lr": 0.05})}),
]
