"""w -= lr * g by hand and by the optimizer: the notes' y = 2x, several weights, large and tiny steps."""

from parity.case import DemoCase, array, values

_KNOWN = {
    "fact:tracked_update_*": "PyTorch refuses to change in place a leaf that requires gradients: wrap the update in torch.no_grad(). assign_sub always works."
}


def _case(name: str, w, x, y, lr: float, steps: int, printed=None) -> DemoCase:
    inputs = {"w": w, "x": x, "y": y}
    return DemoCase(
        "autograd.manual_update:manual_update",
        name,
        inputs=inputs,
        config={"lr": lr, "steps": steps},
        printed=printed or {},
        known=_KNOWN,
        backends=("tensorflow",),
    )


CASES = [
    # w goes to 2: each step shrinks the error by 1 - 0.01 * 15
    _case("notes", values([0.0]), values([[1.0], [2.0], [3.0], [4.0]]), values([2.0, 4.0, 6.0, 8.0]), 0.01, 100, {"by_hand": [2.0], "by_optimizer": [2.0]}),
    _case("one-step", array(3), array(5, 3), array(5), 0.1, 1),
    _case("several", array(4), array(7, 4), array(7), 0.0625, 10),
    _case("zero-rate", array(2), array(3, 2), array(3), 0.0, 2),
    _case("diverging", array(2), array(6, 2, std=2.0), array(6), 1.0, 6),
    _case("tiny-rate", array(2, mean=1e3), array(4, 2), array(4), 1e-6, 3),
]
