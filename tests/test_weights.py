"""The map between Keras variables and PyTorch parameters: invertible for every kind, and the right one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parity.case import seeded
from parity.weights import KINDS, Part, part_of, qualified, same

ONE_AXIS = {"bias", "gamma", "beta", "moving_mean", "moving_variance", "scale", "alpha"}
GATES = {"LSTMCell": 4, "GRUCell": 3, "SimpleRNNCell": 1}


def shapes(kind, variable):
    """Shapes that a Keras layer of this kind gives its variable."""
    side = st.integers(1, 5)
    if kind in GATES:
        lead = [st.just(2)] if (kind, variable) == ("GRUCell", "bias") else [side] if variable != "bias" else []
        return st.tuples(*lead, side.map(lambda n: n * GATES[kind]))
    if variable in ONE_AXIS:
        return st.tuples(side)
    if "Conv" in kind:
        return st.lists(side, min_size=3, max_size=5).map(tuple)
    return st.tuples(side, side)


VARIABLES = [(kind, variable) for kind, parts in KINDS.items() for variable in [*parts, *(["kernel"] if kind == "BaseDepthwiseConv" else [])]]


@pytest.mark.parametrize(("kind", "variable"), VARIABLES, ids="-".join)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_every_kind_is_invertible(kind, variable, data):
    value = np.arange(np.prod(shape := data.draw(shapes(kind, variable)))).reshape(shape)
    part = part_of(["Twin", "Middle", kind, "Layer"], variable, shape)
    arrays = part.to_torch(value)
    assert len(arrays) == len(part.names) == len(set(part.names))
    assert sorted(np.concatenate([array.reshape(-1) for array in arrays])) == list(range(value.size)), "nothing lost, nothing twice"
    back = part.to_keras(arrays)
    assert np.array_equal(back, value)
    again = part.to_torch(part.to_keras(tuple(array + 1 for array in arrays)))
    assert all(np.array_equal(a, b + 1) for a, b in zip(again, arrays, strict=True)), "also from torch and back"


def test_every_kind_is_covered():
    assert {kind for kind, _ in VARIABLES} == set(KINDS)


def mapped(kind, variable, value) -> dict[str, np.ndarray]:
    part = part_of([kind], variable, value.shape)
    return dict(zip(part.names, part.to_torch(value), strict=True))


def normal(*shape):
    return seeded("weights", *shape).standard_normal(shape)


class TestWhatIsComputed:
    """The same numbers out of both layouts, by each framework's own formula."""

    def test_dense(self):
        x, kernel = normal(2, 3), normal(3, 5)
        np.testing.assert_allclose(x @ mapped("Dense", "kernel", kernel)["weight"].T, x @ kernel)

    @pytest.mark.parametrize("kind", ["BaseConv", "BaseConvTranspose"])
    def test_convolution(self, kind):
        kernel = normal(2, 3, 4, 5)  # height, width, then Keras' last two
        weight = mapped(kind, "kernel", kernel)["weight"]
        assert weight.shape == (5, 4, 2, 3)
        assert weight[4, 1, 0, 2] == kernel[0, 2, 1, 4]

    @pytest.mark.parametrize("space", [(3,), (3, 2), (2, 3, 4)])
    def test_convolution_of_any_rank(self, space):
        assert mapped("BaseConv", "kernel", normal(*space, 4, 5))["weight"].shape == (5, 4, *space)

    def test_depthwise_outputs_of_a_channel_are_neighbours(self):
        kernel = normal(2, 3, 4, 5)  # height, width, channels, multiplier
        weight = mapped("BaseDepthwiseConv", "kernel", kernel)["weight"]
        assert weight.shape == (20, 1, 2, 3)
        assert weight[2 * 5 + 3, 0, 1, 2] == kernel[1, 2, 2, 3]

    def test_lstm_gates_stand_in_one_order(self):
        kernel = normal(3, 8)
        assert np.array_equal(mapped("LSTMCell", "kernel", kernel)["weight_ih"], kernel.T)
        assert list(mapped("LSTMCell", "recurrent_kernel", normal(2, 8))) == ["weight_hh"]

    def test_gru(self):
        """One step of Keras' GRU (z, r, h; reset after) against one of PyTorch's (r, z, n)."""
        x, h, w, u, b = normal(4, 3), normal(4, 2), normal(3, 6), normal(2, 6), normal(2, 6)
        sigmoid = lambda a: 1 / (1 + np.exp(-a))  # noqa: E731
        (xz, xr, xh), (hz, hr, hh) = np.split(x @ w + b[0], 3, 1), np.split(h @ u + b[1], 3, 1)
        z = sigmoid(xz + hz)
        keras = z * h + (1 - z) * np.tanh(xh + sigmoid(xr + hr) * hh)
        w_ih, w_hh = mapped("GRUCell", "kernel", w)["weight_ih"], mapped("GRUCell", "recurrent_kernel", u)["weight_hh"]
        bias = mapped("GRUCell", "bias", b)
        (ir, iz, in_), (hr, hz, hn) = np.split(x @ w_ih.T + bias["bias_ih"], 3, 1), np.split(h @ w_hh.T + bias["bias_hh"], 3, 1)
        z = sigmoid(iz + hz)
        np.testing.assert_allclose((1 - z) * np.tanh(in_ + sigmoid(ir + hr) * hn) + z * h, keras)

    def test_a_gru_that_resets_before_has_one_bias(self):
        bias = np.arange(6.0)
        assert mapped("GRUCell", "bias", bias)["bias_ih"].tolist() == [2, 3, 0, 1, 4, 5]

    @pytest.mark.parametrize("kind", ["BatchNormalization", "LayerNormalization", "GroupNormalization"])
    def test_statistics_do_not_change_places(self, kind):
        names = {variable: part.names for variable, part in KINDS[kind].items()}
        assert names == {"gamma": ("weight",), "beta": ("bias",), "moving_mean": ("running_mean",), "moving_variance": ("running_var",)}


class TestChoice:
    def test_the_most_derived_class_decides(self):
        kernel = normal(3, 4)
        assert part_of(["Dense", "BaseConv"], "kernel", (3, 4)).to_torch(kernel)[0].shape == (4, 3)

    def test_a_variable_that_no_kind_names_keeps_its_name(self):
        for classes in (["Twin", "Dense"], ["Twin"], []):
            part = part_of(classes, "alpha_dropout", (2,))
            assert part.names == ("alpha_dropout",)
            assert part.to_torch(normal(2))[0].tolist() == normal(2).tolist()

    def test_gradients_and_slots_go_the_same_way(self):
        """The map is linear: of a sum, the sum of the maps."""
        for kind, variable in VARIABLES:
            shape = {"kernel": (2, 3, 4, 6), "bias": (6,)}.get(variable, (6,)) if "Conv" in kind else (2, 12)
            a, b = normal(*shape), normal(*shape) ** 2
            part = part_of([kind], variable, shape)
            for total, x, y in zip(part.to_torch(a + b), part.to_torch(a), part.to_torch(b), strict=True):
                np.testing.assert_allclose(total, x + y)


class TestNames:
    @pytest.mark.parametrize(
        ("path", "name", "is_cell", "expected"),
        [
            (["conv1"], "weight", False, "conv1.weight"),
            ([], "weight", False, "weight"),
            (["encoder", "l0"], "weight_ih", True, "encoder.weight_ih_l0"),
            (["encoder", "l12_reverse"], "bias_hh", True, "encoder.bias_hh_l12_reverse"),
            (["l0"], "weight_hh", True, "weight_hh_l0"),
            (["l0"], "weight", False, "l0.weight"),  # a layer that happens to be called so
            (["cell"], "weight_ih", True, "cell.weight_ih"),
            (["linear"], "weight_ih", True, "linear.weight_ih"),
            ([], "weight_ih", True, "weight_ih"),
        ],
    )
    def test_as_torch_names_them(self, path, name, is_cell, expected):
        assert qualified(path, name, is_cell) == expected

    def test_same_is_the_identity(self):
        part = same("x")
        assert isinstance(part, Part)
        value = normal(2, 3)
        assert part.to_torch(value)[0] is value
        assert part.to_keras((value,)) is value
