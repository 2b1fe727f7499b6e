"""SmoothL1Loss and HuberLoss: every reduction, distances of exactly 0 and exactly the bend, other bends, no bend."""

from parity.case import Case, array, image, values

KINKS = {"input": values([0.0, 1.0, -1.0, 0.5, -0.5, 2.0, -2.0, 100.0, -100.0]), "target": values([0.0] * 9)}

PAIRS = {"input": array(7, 5, std=2.0), "target": array(7, 5)}

CASES = [
    *(Case("losses.smooth_l1:SmoothL1Loss", r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    *(Case("losses.smooth_l1:SmoothL1Loss", f"beta{beta}", config={"beta": beta, "reduction": "none"}, inputs=KINKS) for beta in (0.0, 0.5, 1.0, 2.0, 0.3)),
    Case("losses.smooth_l1:SmoothL1Loss", "image", config={"beta": 0.1}, inputs={"input": image(2, 3, 5, 4), "target": image(2, 3, 5, 4)}),
    Case("losses.smooth_l1:SmoothL1Loss", "broadcast", inputs={"input": array(7, 1), "target": array(5, differentiable=False)}),
    *(Case("losses.smooth_l1:HuberLoss", r, config={"reduction": r}, inputs=PAIRS) for r in ("mean", "sum", "none")),
    *(Case("losses.smooth_l1:HuberLoss", f"delta{delta}", config={"delta": delta, "reduction": "none"}, inputs=KINKS) for delta in (0.5, 1.0, 2.0, 0.3)),
    Case("losses.smooth_l1:HuberLoss", "image", config={"delta": 0.1}, inputs={"input": image(2, 3, 5, 4), "target": image(2, 3, 5, 4)}),
]  # fmt: skip
