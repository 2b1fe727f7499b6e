"""L1, L2 and the penalty behind weight decay: value and gradient, zeros among the weights."""

from parity.case import Case, array

CASES = [
    *(
        Case(f"losses.penalties:{name}", f"factor{factor}", config={"factor": factor}, inputs={"weight": array(5, 7, edges=(0.0, -0.0))})
        for name in ("l1_penalty", "l2_penalty", "weight_decay_penalty")
        for factor in (0.01, 0.5)
    ),
    Case("losses.penalties:l2_penalty", "kernel", inputs={"weight": array(3, 3, 2, 4)}),
]
