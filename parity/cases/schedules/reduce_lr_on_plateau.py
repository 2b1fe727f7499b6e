"""ReduceLROnPlateau: both modes, relative and absolute, patience, cooldown, floor, eps, NaN, resumed."""

from parity.case import DemoCase

TRACE = "schedules.reduce_lr_on_plateau:trace"

FLAT = (1.0,) * 100
FALLING = tuple(0.97**t for t in range(100))
SLOWLY = tuple(100.0 - 0.005 * t for t in range(100))  # by half of 1e-4 of itself
WAVES = tuple(2.0 + (t * 7 % 13) / 13 - t / 100 for t in range(100))
NEGATIVE = tuple(-1.0 - (t * 5 % 11) / 11 for t in range(100))
BROKEN = tuple(float("nan") if t % 4 == 0 else float("inf") if t % 9 == 0 else 1.0 / (t + 1) for t in range(100))


def _case(name: str, metrics: tuple[float, ...], resume_at: int | None = None, **config) -> DemoCase:
    return DemoCase(TRACE, name, config={"schedule": ("ReduceLROnPlateau", config), "metrics": metrics, "resume_at": resume_at})


CASES = [
    _case("flat", FLAT),
    _case("flat-patience-2", FLAT, patience=2, factor=0.5),
    _case("no-patience", WAVES, patience=0, factor=0.9),
    _case("falling", FALLING, patience=1),
    _case("slowly-relative", SLOWLY, patience=3, factor=0.5),
    _case("slowly-absolute", SLOWLY, patience=3, factor=0.5, threshold_mode="abs"),
    _case("max", WAVES, mode="max", patience=4, factor=0.7),
    _case("max-absolute", WAVES, mode="max", patience=4, factor=0.7, threshold=0.1, threshold_mode="abs"),
    _case("min-relative-below-zero", NEGATIVE, patience=5, factor=0.6, threshold=0.05),
    _case("cooldown", FLAT, patience=2, cooldown=5, factor=0.8),
    _case("floor", FLAT, patience=1, factor=0.3, min_lr=0.003),
    _case("floor-list", FLAT, patience=1, factor=0.3, min_lr=[0.02]),
    _case("eps", FLAT, patience=1, factor=0.5, eps=0.01),
    _case("nan-and-inf", BROKEN, patience=3, factor=0.5),
    _case("resumed", WAVES, patience=3, factor=0.7, cooldown=2, resume_at=50),
]
