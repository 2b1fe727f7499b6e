"""ChainedScheduler: factors, an overruling function, a sequence inside, one alone, resumed."""

from parity.case import DemoCase

TRACE = "schedules.chained_scheduler:trace"
CONSTANT = ("ConstantLR", {"factor": 0.1, "total_iters": 20})
DECAY = ("ExponentialLR", {"gamma": 0.97})
STEPS = ("StepLR", {"step_size": 25, "gamma": 0.5})
WARM_UP = ("LinearLR", {"start_factor": 0.1, "total_iters": 10})


def _case(name: str, *schedulers, **words) -> DemoCase:
    return DemoCase(TRACE, name, config={"schedule": ("ChainedScheduler", {"schedulers": schedulers}), **words})


CASES = [
    _case("two", CONSTANT, DECAY),
    _case("three", WARM_UP, DECAY, STEPS),
    _case("overruled", STEPS, ("LambdaLR", {"lr_lambda": "0.95^t"})),
    _case("cosine-last", STEPS, ("CosineAnnealingLR", {"T_max": 50})),
    _case("sequence-inside", ("SequentialLR", {"schedulers": [WARM_UP, DECAY], "milestones": [10]}), STEPS),
    _case("single", STEPS),
    _case("resumed", CONSTANT, DECAY, STEPS, resume_at=50),
]
