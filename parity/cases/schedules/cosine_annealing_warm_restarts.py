"""CosineAnnealingWarmRestarts: equal and growing falls, fractions of an epoch, jumps, resumed."""

from parity.case import DemoCase

TRACE = "schedules.cosine_annealing_warm_restarts:trace"

CASES = [
    DemoCase(TRACE, "equal", config={"schedule": ("CosineAnnealingWarmRestarts", {"T_0": 15})}),
    DemoCase(TRACE, "doubling", config={"schedule": ("CosineAnnealingWarmRestarts", {"T_0": 10, "T_mult": 2, "eta_min": 0.01})}),
    DemoCase(TRACE, "tripling", config={"schedule": ("CosineAnnealingWarmRestarts", {"T_0": 1, "T_mult": 3})}),
    DemoCase(
        TRACE,
        "fractions",
        config={
            "schedule": ("CosineAnnealingWarmRestarts", {"T_0": 2, "T_mult": 2}),
            "steps": 12,
            "epochs": (0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.5, 5.5, 6.25, 9.0, 14.5),
        },
    ),
    DemoCase(TRACE, "jumps", config={"schedule": ("CosineAnnealingWarmRestarts", {"T_0": 3}), "steps": 6, "epochs": (7, 2, 0, 30, 3.5, 1)}),
    DemoCase(TRACE, "resumed", config={"schedule": ("CosineAnnealingWarmRestarts", {"T_0": 8, "T_mult": 2}), "resume_at": 50}),
]
