"""OneCycleLR: both curves, three phases, shares of the rise, momentum and first beta, without, resumed."""

from parity.case import DemoCase

TRACE = "schedules.one_cycle_lr:trace"
ADAM = ("Adam", {"lr": 0.001})


def _case(name: str, optimizer=("SGD", {"lr": 0.1, "momentum": 0.9}), resume_at: int | None = None, **config) -> DemoCase:
    schedule = ("OneCycleLR", {"max_lr": 0.1, "total_steps": 101, **config})
    return DemoCase(TRACE, name, config={"schedule": schedule, "optimizer": optimizer, "resume_at": resume_at})


CASES = [
    _case("cosine"),
    _case("linear", anneal_strategy="linear"),
    _case("three-phases", three_phase=True),
    _case("three-phases-linear", three_phase=True, anneal_strategy="linear", pct_start=0.4),
    _case("epochs", total_steps=None, epochs=26, steps_per_epoch=4),
    _case("exactly-all", total_steps=100),
    _case("longer", total_steps=1000),
    _case("quick-rise", pct_start=0.05),
    _case("only-rise", pct_start=1.0),
    _case("factors", div_factor=10.0, final_div_factor=100.0),
    _case("momentum-range", base_momentum=0.6, max_momentum=0.8),
    _case("lists", max_lr=[0.05], base_momentum=[0.7], max_momentum=[0.9]),
    _case("without-momentum", cycle_momentum=False),
    _case("no-momentum-before", optimizer=("SGD", {"lr": 0.1})),
    _case("adam", optimizer=ADAM),
    _case("adamw", optimizer=("AdamW", {"lr": 0.001}), three_phase=True),
    _case("resumed", resume_at=50),
    _case("adam-resumed", optimizer=ADAM, resume_at=50),
]
