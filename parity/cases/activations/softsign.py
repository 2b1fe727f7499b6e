"""Softsign: the kink of |x| at 0 and the slow tails."""

from parity.case import Case, array, curve, image

CASES = [
    Case("activations.softsign:Softsign", "tails", inputs={"input": array(7, 13, std=5.0, edges=(0.0, -0.0, 1e4, -1e4))}),
    Case("activations.softsign:Softsign", "image", inputs={"input": image(3, 5, 7, 6)}),
    curve("activations.softsign:Softsign", "Softsign", -8.0, 8.0),
]
