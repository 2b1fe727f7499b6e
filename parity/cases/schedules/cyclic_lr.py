"""CyclicLR: the three modes, uneven sides, own scales, momentum and first beta, without, resumed."""

from parity.case import DemoCase

TRACE = "schedules.cyclic_lr:trace"
ADAM = ("Adam", {"lr": 0.1, "betas": (0.8, 0.99)})


def _case(name: str, optimizer=("SGD", {"lr": 0.1, "momentum": 0.9}), resume_at: int | None = None, **config) -> DemoCase:
    schedule = ("CyclicLR", {"base_lr": 0.01, "max_lr": 0.1, "step_size_up": 12, **config})
    return DemoCase(TRACE, name, config={"schedule": schedule, "optimizer": optimizer, "resume_at": resume_at})


CASES = [
    _case("triangular"),
    _case("defaults", step_size_up=2000),
    _case("uneven", step_size_up=5, step_size_down=14),
    _case("triangular2", mode="triangular2"),
    _case("exp-range", mode="exp_range", gamma=0.97),
    _case("own-scale-of-cycles", scale_fn="1/(1+x)"),
    _case("own-scale-of-steps", scale_fn="1/(1+x)", scale_mode="iterations"),
    _case("momentum-range", base_momentum=0.5, max_momentum=0.95, mode="triangular2"),
    _case("momentum-to-zero", base_momentum=0.0, max_momentum=0.9),
    _case("no-momentum-before", optimizer=("SGD", {"lr": 0.1})),
    _case("nesterov", optimizer=("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True})),
    _case("rmsprop", optimizer=("RMSprop", {"lr": 0.1, "momentum": 0.9}), base_lr=0.001, max_lr=0.01),
    _case("without-momentum", cycle_momentum=False),
    _case("lists", base_lr=[0.02], max_lr=[0.05]),
    _case("adam", optimizer=ADAM),
    _case("adamw", optimizer=("AdamW", {"lr": 0.1}), mode="exp_range", gamma=0.99),
    _case("nadam", optimizer=("NAdam", {"lr": 0.1})),
    _case("radam", optimizer=("RAdam", {"lr": 0.1})),
    _case("adamax", optimizer=("Adamax", {"lr": 0.1})),
    _case("resumed", resume_at=50),
    _case("adam-resumed", optimizer=ADAM, resume_at=50),
]
