"""TripletMarginLoss with several norms, swapped and not, equal vectors (where only eps keeps them apart); and with another distance."""

from parity.case import Build, Case, array, values

TARGET = "losses.triplet_margin:TripletMarginLoss"
DISTANCE = "losses.triplet_margin:TripletMarginWithDistanceLoss"
TRIPLET = {"anchor": array(6, 5), "positive": array(6, 5), "negative": array(6, 5)}
SQUARED = Build("losses.triplet_margin:squared_distance")
EQUAL = {
    "anchor": values([[1.0, 2.0, 0.0], [0.0, 0.0, 0.0]]),
    "positive": values([[1.0, 2.0, 0.0], [3.0, 4.0, 0.0]]),
    "negative": values([[1.5, 2.0, 0.25], [3.0, 4.0, 1.0]]),
}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=TRIPLET) for r in ("mean", "sum", "none")),
    *(Case(TARGET, f"p{p}", config={"p": p, "margin": 2.0, "reduction": "none"}, inputs=TRIPLET) for p in (1.0, 1.5, 3.0, float("inf"))),
    Case(TARGET, "swap", config={"swap": True, "reduction": "none"}, inputs=TRIPLET),
    Case(TARGET, "swap-tie", config={"swap": True, "eps": 0.0}, inputs=EQUAL | {"positive": EQUAL["anchor"]}),
    Case(TARGET, "equal", config={"reduction": "none"}, inputs=EQUAL),
    Case(TARGET, "eps", config={"eps": 0.5, "margin": 0.25}, inputs=TRIPLET),
    Case(TARGET, "one-triplet", inputs={"anchor": array(5), "positive": array(5), "negative": array(5)}),
    Case(TARGET, "sequences", config={"reduction": "none"}, inputs={"anchor": array(2, 3, 4), "positive": array(2, 3, 4), "negative": array(2, 3, 4)}),
    Case(TARGET, "old-words", config={"size_average": False}, inputs=TRIPLET),
    *(Case(DISTANCE, r, config={"reduction": r}, inputs=TRIPLET) for r in ("mean", "sum", "none")),
    Case(DISTANCE, "squared", config={"distance_function": SQUARED, "margin": 2.0, "reduction": "none"}, inputs=TRIPLET),
    Case(DISTANCE, "squared-swap", config={"distance_function": SQUARED, "swap": True}, inputs=TRIPLET),
]
