"""PolynomialLR: the defaults, powers, beyond the end, resumed inside."""

from parity.case import DemoCase

TRACE = "schedules.polynomial_lr:trace"

CASES = [
    DemoCase(TRACE, "defaults", config={"schedule": ("PolynomialLR", {})}),
    DemoCase(TRACE, "deeplab", config={"schedule": ("PolynomialLR", {"total_iters": 90, "power": 0.9})}),
    DemoCase(TRACE, "square", config={"schedule": ("PolynomialLR", {"total_iters": 50, "power": 2})}),
    DemoCase(TRACE, "constant", config={"schedule": ("PolynomialLR", {"total_iters": 50, "power": 0})}),
    DemoCase(TRACE, "two-steps", config={"schedule": ("PolynomialLR", {"total_iters": 2})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("PolynomialLR", {"total_iters": 4, "power": 1.5}), "steps": 5, "epochs": (1, 3, 4, 6, 0)}),
    DemoCase(TRACE, "resumed-inside", config={"schedule": ("PolynomialLR", {"total_iters": 80, "power": 3.0}), "resume_at": 50}),
]
