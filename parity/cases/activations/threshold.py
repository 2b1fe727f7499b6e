"""Threshold: inputs exactly at the threshold, NaN, thresholds and values of both signs."""

from parity.case import Case, array, image, values

NAN, INF = float("nan"), float("inf")

CASES = [
    Case("activations.threshold:Threshold", "kink", config={"threshold": 0.5, "value": -20.0}, inputs={"input": array(7, 13, edges=(0.5, 0.50000006))}),
    Case("activations.threshold:Threshold", "negative", config={"threshold": -1.0, "value": 0.1, "inplace": True}, inputs={"input": image(2, 3, 5, 4)}),
    Case("activations.threshold:Threshold", "nan", config={"threshold": 0.0, "value": 3.0}, inputs={"input": values([NAN, INF, -INF, 0.0, 1.0])}),
]  # fmt: skip
