"""ExponentialLR: slow, fast, growing, constant, resumed, another optimizer."""

from parity.case import DemoCase

TRACE = "schedules.exponential_lr:trace"

CASES = [
    DemoCase(TRACE, "slow", config={"schedule": ("ExponentialLR", {"gamma": 0.97})}),
    DemoCase(TRACE, "fast", config={"schedule": ("ExponentialLR", {"gamma": 0.5})}),
    DemoCase(TRACE, "grows", config={"schedule": ("ExponentialLR", {"gamma": 1.01})}),
    DemoCase(TRACE, "constant", config={"schedule": ("ExponentialLR", {"gamma": 1.0})}),
    DemoCase(TRACE, "by-epoch", config={"schedule": ("ExponentialLR", {"gamma": 0.9}), "steps": 4, "epochs": (3, 1, 7, 2)}),
    DemoCase(TRACE, "resumed", config={"schedule": ("ExponentialLR", {"gamma": 0.95}), "resume_at": 50}),
    DemoCase(TRACE, "rmsprop", config={"schedule": ("ExponentialLR", {"gamma": 0.9}), "optimizer": ("RMSprop", {"lr": 0.01, "momentum": 0.5})}),
]
