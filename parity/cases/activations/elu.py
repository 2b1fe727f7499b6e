"""ELU and CELU: the gradient at 0 (Keras' own CELU doubles it), small and large negative inputs, positives whose exponential overflows."""

from parity.case import Case, array, curve, image

EDGES = (0.0, -0.0, -1e-7, 1e-7, -20.0, -100.0, 100.0, 1000.0)

CASES = [
    Case("activations.elu:ELU", "default", inputs={"input": image(3, 5, 7, 6, edges=EDGES[:7])}),
    *(Case("activations.elu:ELU", f"alpha{a}", config={"alpha": a, "inplace": a > 1}, inputs={"input": array(7, 13, edges=EDGES)}) for a in (0.3, 1.7)),
    Case("activations.elu:CELU", "default", inputs={"input": image(3, 5, 7, 6, edges=EDGES[:7])}),
    *(Case("activations.elu:CELU", f"alpha{a}", config={"alpha": a, "inplace": a > 1}, inputs={"input": array(7, 13, edges=EDGES)}) for a in (0.5, 0.7, 2.0)),
    curve("activations.elu:ELU", "ELU"),
    curve("activations.elu:CELU", "CELU, alpha 2", alpha=2.0),
]
