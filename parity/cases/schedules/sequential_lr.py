"""SequentialLR: warm-up and cosine, three in a row, a milestone at once, one within another, resumed on both sides of a milestone."""

from parity.case import DemoCase

TRACE = "schedules.sequential_lr:trace"
WARM_UP = ("LinearLR", {"start_factor": 0.1, "total_iters": 10})
COSINE = ("CosineAnnealingLR", {"T_max": 90, "eta_min": 0.001})
DECAY = ("ExponentialLR", {"gamma": 0.95})
CYCLE = ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 7, "cycle_momentum": False})


def _case(name: str, *schedulers, milestones: list[int], **words) -> DemoCase:
    return DemoCase(TRACE, name, config={"schedule": ("SequentialLR", {"schedulers": schedulers, "milestones": milestones}), **words})


CASES = [
    _case("warm-up-and-cosine", WARM_UP, COSINE, milestones=[10]),
    _case("three", ("ConstantLR", {"total_iters": 20}), WARM_UP, ("StepLR", {"step_size": 15, "gamma": 0.5}), milestones=[20, 40]),
    _case("multi-step-and-polynomial", ("MultiStepLR", {"milestones": [5]}), ("PolynomialLR", {"total_iters": 50}), milestones=[30]),
    _case("restarts-after-decay", DECAY, ("CosineAnnealingWarmRestarts", {"T_0": 10}), milestones=[25]),
    _case("functions", ("LambdaLR", {"lr_lambda": "warm-up"}), ("MultiplicativeLR", {"lr_lambda": "0.97"}), milestones=[40]),
    _case("second-at-once", WARM_UP, DECAY, milestones=[0]),
    _case("single", COSINE, milestones=[]),
    _case("cyclic-last", WARM_UP, CYCLE, milestones=[12]),
    _case("within", ("SequentialLR", {"schedulers": [WARM_UP, DECAY], "milestones": [10]}), COSINE, milestones=[50]),
    _case("resumed-before-the-milestone", WARM_UP, COSINE, milestones=[51], resume_at=50),
    _case("resumed-after-the-milestone", WARM_UP, COSINE, milestones=[20], resume_at=50),
]
