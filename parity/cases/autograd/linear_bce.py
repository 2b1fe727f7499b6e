"""The notes' wx + b under a cross-entropy of logits: ones, random inputs, soft targets, logits of 200 and of 0."""

from parity.case import DemoCase, array, uniform, values

# The notes' w and b are random and not shown. These logits, ln(p / (1 - p)) with p = 3 x gradient, are the ones that give the printed gradients.
_B = [2.92772, 5.37709, 0.21604]
_PRINTED = [0.3164, 0.3318, 0.1846]


def _case(name: str, printed=None, decimals: int = 4, **inputs) -> DemoCase:
    return DemoCase("autograd.linear_bce:linear_bce", name, inputs=inputs, printed=printed or {}, decimals=decimals, backends=("tensorflow",))


CASES = [
    _case(
        "notes",
        x=values([1.0] * 5),
        y=values([0.0] * 3),
        w=values([[0.0] * 3] * 5),
        b=values(_B),
        printed={"w_gradient": [_PRINTED] * 5, "b_gradient": _PRINTED, "w_gradient_rows_are_b_gradient": True},
    ),
    _case("ones", x=values([1.0] * 5), y=values([0.0] * 3), w=array(5, 3), b=array(3)),
    _case("random", x=array(4), y=uniform(7), w=array(4, 7), b=array(7)),
    _case("hard-targets", x=array(6), y=values([0.0, 1.0]), w=array(6, 2), b=array(2)),
    _case(
        "far-logits",
        x=values([1.0, -1.0]),
        y=values([0.0, 1.0, 1.0, 0.5]),
        w=values([[150.0, -150.0, 90.0, 0.0], [-50.0, 50.0, 0.0, 0.0]]),
        b=array(4, std=0.0),
    ),
    _case("zero-inputs", x=values([0.0, 0.0, 1.5]), y=uniform(2), w=array(3, 2), b=array(2)),
    _case("one-by-one", x=array(1), y=uniform(1), w=array(1, 1), b=array(1)),
]
