"""GaussianNLLLoss: every shape of the variance, variances below eps (whose gradient goes on), the constant, reductions."""

from parity.case import Case, array, image, uniform, values

TARGET = "losses.gaussian_nll:GaussianNLLLoss"
PAIR = {"input": array(6, 4), "target": array(6, 4)}
EACH = PAIR | {"var": uniform(6, 4, low=0.25, high=2.0)}

CASES = [
    *(Case(TARGET, r, config={"reduction": r}, inputs=EACH) for r in ("mean", "sum", "none")),
    Case(TARGET, "full", config={"full": True, "reduction": "none"}, inputs=EACH),
    Case(TARGET, "clamped", config={"eps": 0.5, "reduction": "none"}, inputs=PAIR | {"var": uniform(6, 4, edges=(0.5, 0.0))}),
    Case(TARGET, "clamped-default", inputs={"input": values([1.0, 2.0, 3.0]), "target": values([1.0, 2.0, 3.5]), "var": values([0.0, 1e-9, 1e-6])}),
    Case(TARGET, "one-variance", inputs=PAIR | {"var": uniform(6, low=0.25)}),
    Case(TARGET, "one-variance-kept", config={"reduction": "none"}, inputs=PAIR | {"var": uniform(6, 1, low=0.25)}),
    Case(TARGET, "image", inputs={"input": image(2, 3, 5, 4), "target": image(2, 3, 5, 4), "var": uniform(2, 1, 5, 4, low=0.25, layout="channels_last")}),
    Case(TARGET, "broadcast-target", inputs={"input": array(6, 4), "target": array(4), "var": uniform(6, 4, low=0.25)}),
]
