"""LambdaLR and MultiplicativeLR: a decay, a warm-up, a list of one, resumed."""

from parity.case import DemoCase

TRACE = "schedules.lambda_lr:trace"


def _case(name: str, scheduler: str, function: str, **words) -> DemoCase:
    return DemoCase(TRACE, name, config={"schedule": (scheduler, {"lr_lambda": function}), **words})


CASES = [
    _case("decay", "LambdaLR", "0.95^t"),
    _case("warm-up", "LambdaLR", "warm-up"),
    _case("inverse-time", "LambdaLR", "1/(1+x)"),
    _case("by-epoch", "LambdaLR", "0.95^t", steps=5, epochs=(3, 1, 7, 0, 2)),
    _case("resumed", "LambdaLR", "0.95^t", resume_at=50),
    _case("constant-factor", "MultiplicativeLR", "0.97"),
    _case("warm-up-of-factors", "MultiplicativeLR", "warm-up"),
    _case("factors-resumed", "MultiplicativeLR", "0.97", resume_at=50),
]
