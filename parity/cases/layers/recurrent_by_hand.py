"""A recurrent net from U, V, W: gradients that vanish, explode, last, or die in saturation; an LSTM with its forget gates half open and open."""

from parity.case import DemoCase, Figure, array, values


def _rotation(share: float):
    """Two quarter turns, which keep lengths, times a share."""
    return values([[0.0, -share, 0.0, 0.0], [share, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0, share], [0.0, 0.0, -share, 0.0]])


def _over_time(title: str) -> tuple[Figure, ...]:
    label = {"output:gradient_norms": "norm of the last output's gradient at each step"}
    return (Figure(title, label, axes=("step", "norm"), logarithmic=True),)


def _rnn(name: str, w, std: float, steps: int = 25, title: str = "") -> DemoCase:
    inputs = {"x": array(steps, 3, std=std), "u": array(4, 3), "w": w, "v": array(2, 4)}
    return DemoCase("layers.recurrent_by_hand:unroll_rnn", name, inputs=inputs, backends=("tensorflow",), figures=_over_time(title) if title else ())


def _lstm(name: str, forget_bias: float, std: float = 1.0, steps: int = 25, title: str = "") -> DemoCase:
    inputs = {"x": array(steps, 3, std=std), "weight_ih": array(16, 3, std=0.3), "weight_hh": array(16, 4, std=0.3), "bias": array(16, std=0.1)}
    figures = _over_time(title) if title else ()
    return DemoCase("layers.recurrent_by_hand:unroll_lstm", name, inputs=inputs, config={"forget_bias": forget_bias}, backends=("tensorflow",), figures=figures)


CASES = [
    _rnn("vanishing", _rotation(0.5), 0.01, title="RNN, W half a rotation: the gradient vanishes"),
    _rnn("lasting", _rotation(1.0), 0.001, title="RNN, W a rotation: it lasts"),
    _rnn("exploding", _rotation(1.5), 1e-6, title="RNN, W one and a half rotations: it explodes"),
    _rnn("saturated", _rotation(1.5), 3.0, steps=7),
    _rnn("any", array(4, 4, std=0.5), 1.0),
    _rnn("one-step", array(4, 4), 1.0, steps=1),
    _lstm("half-open", 0.0, title="LSTM, forget gates half open: it vanishes"),
    _lstm("open", 4.0, title="LSTM, forget gates open to 0.98: it lasts"),
    _lstm("one-step", 1.0, steps=1),
]
