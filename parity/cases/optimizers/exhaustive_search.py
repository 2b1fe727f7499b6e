"""Exhaustive search: the notes' data over ω and over (ω, b), noisy data, narrowing."""

from parity.case import DemoCase, Figure, array, values

X, Y = values([1.0, 2.0, 3.0, 4.0]), values([2.0, 4.0, 6.0, 8.0])
WEIGHTS = values([i / 10 for i in range(41)])
BIASES = values([i / 10 - 2 for i in range(41)])
CURVE = Figure("The cost of every ω", {"output:costs": "cost"}, x="weights", axes=("ω", "cost"))
SURFACE = Figure(
    "The cost of every (ω, b), in contours of half the height each",
    {"output:costs": "cost", "output:best": "lowest"},
    kind="surface",
    ground=("weights", "biases"),
    axes=("ω", "b"),
)
NOISY = {"x": array(17), "y": array(17, mean=1.0)}


def _case(function: str, name: str, inputs: dict, **words) -> DemoCase:
    return DemoCase(f"optimizers.exhaustive_search:{function}", name, inputs=inputs, **words)


CASES = [
    _case("over_weight", "notes", {"x": X, "y": Y, "weights": WEIGHTS}, figures=(CURVE,)),
    _case("over_weight", "noisy", NOISY | {"weights": values([i / 8 - 3 for i in range(49)])}),
    _case("over_weight_and_bias", "notes", {"x": X, "y": Y, "weights": WEIGHTS, "biases": BIASES}, figures=(SURFACE,)),
    _case("over_weight_and_bias", "noisy", NOISY | {"weights": values([i / 4 - 3 for i in range(25)]), "biases": values([i / 8 for i in range(17)])}),
    _case("narrowing", "notes", {"x": X, "y": Y}, config={"low": 0.0, "high": 5.0, "points": 8, "rounds": 12}),
    _case("narrowing", "noisy", NOISY, config={"low": -3.0, "high": 3.0, "points": 12, "rounds": 8}),
]
