"""Recording: both sides are given the same numbers, and what they did comes back whole, under torch's names and in torch's layout."""

import contextlib
from dataclasses import replace

import numpy as np
import pytest
from trees.cases import ROOTS

from parity.case import Build, Case, DemoCase, Draw, OptimizerCase, array, curve, image, labels, mask, tokens, uniform, values
from parity.frameworks import get
from parity.frameworks.base import FrameworkError, find, moved_in, moved_out
from parity.recording import Move, initial_value, record_case
from parity.training import batches, checkpoints

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")
SIDES = ("torch", "keras")
WEIGHTED = Case("recorded:Weighted", inputs={"x": array(5, 3)}, roots=ROOTS)


def arrays(trace, *roles: str) -> dict[str, np.ndarray]:
    return {record.name: record.array for record in trace if record.role in roles}


def facts(trace) -> dict:
    return {record.name: record.fact for record in trace if record.role == "fact"}


def both(case, dtype="float64", **words):
    return [record_case(case, side, dtype, **words) for side in SIDES]


def same(a, b) -> bool:
    return a.keys() == b.keys() and all(np.array_equal(a[name], b[name], equal_nan=True) and a[name].dtype == b[name].dtype for name in a)


# What both sides are given


@pytest.mark.parametrize("side", SIDES)
def test_the_same_case_gives_the_same_bits(side):
    first, again, other = (record_case(WEIGHTED, side, "float32", seed=seed) for seed in (0, 0, 1))
    assert [record.key for record in first] == [record.key for record in again]
    assert all(np.array_equal(a.array, b.array) for a, b in zip(first, again, strict=True))
    assert not np.array_equal(first["output:output"].array, other["output:output"].array)


def test_both_sides_start_from_the_same_weights():
    torch, keras = (arrays(trace, "weight") for trace in both(WEIGHTED))
    assert same(torch, keras)
    assert set(torch) == {"weight", "kernel", "bias", "running_mean", "running_var", "num_batches_tracked"}


@pytest.mark.parametrize("draw", [array(40, 50), image(2, 3, 4, 5), uniform(100, low=-3, high=7), values([0.1, 0.2]), array(7, edges=(0.1, -0.0))])
def test_floats_are_exact_in_float32(draw):
    assert draw.draw("words").dtype == np.float32


def test_a_draw_depends_on_its_words_alone():
    assert np.array_equal(array(9).draw("a", 1), array(9).draw("a", 1))
    assert not np.array_equal(array(9).draw("a", 1), array(9).draw("a", 2))
    # pinned, because recordings of two machines are compared:
    assert array(3).draw("this", "very").tolist() == pytest.approx([1.908562183380127, 0.8755872845649719, 0.1974869966506958], abs=1e-6)


def test_draws_are_what_they_say():
    assert set(np.unique(tokens(500, vocabulary=4).draw(0))) == {0, 1, 2, 3}
    assert labels(4, 5, classes=3).draw(0).dtype == np.int64
    assert mask(50, 40, keep=0.7).draw(0).dtype == bool
    assert 0.6 < mask(50, 40, keep=0.7).draw(0).mean() < 0.8
    assert array(4, edges=(1.0, float("inf"))).draw(0)[:2].tolist() == [1.0, float("inf")]
    assert values([1, 2]).draw(0).dtype == np.int64
    assert abs(array(4000, mean=50.0, std=2.0).draw(0).mean() - 50) < 0.2


@pytest.mark.parametrize(
    ("name", "shape", "low", "high"),
    [
        ("a.weight", (50,), 0.5, 1.5),
        ("running_var", (50,), 0.5, 2.0),
        ("bias", (50,), -3.0, 3.0),
        ("b.running_mean", (50,), -3.0, 3.0),
        ("weight", (8, 90), -0.6, 0.6),
    ],
)
def test_nothing_starts_at_zero_or_one(name, shape, low, high):
    start = initial_value(name, shape, (0,))
    assert low <= start.min() < start.max() <= high
    assert not np.isin(start, (0.0, 1.0)).any()
    assert len(np.unique(start)) > 40


def test_counters_start_as_integers():
    assert initial_value("norm.num_batches_tracked", (), (0,)).dtype == np.int64


def test_weights_can_be_given():
    case = replace(WEIGHTED, weights={"bias": values([1.0, 2.0, 3.0, 4.0])})
    for trace in both(case):
        assert trace["weight:bias"].array.tolist() == [1.0, 2.0, 3.0, 4.0]


def test_channels_last_on_the_keras_side_only():
    case = DemoCase("recorded:given", inputs={"x": image(2, 3, 4, 5)}, roots=ROOTS)
    torch, keras = (facts(trace) for trace in both(case))
    assert (torch["shape"], keras["shape"]) == ([2, 3, 4, 5], [2, 4, 5, 3])


def test_outputs_come_back_in_torchs_layout():
    case = Case("functions:double", inputs={"x": image(2, 3, 4, 5)}, roots=ROOTS)
    torch, keras = (arrays(trace, "output", "input_grad") for trace in both(case))
    assert same(torch, keras)
    assert torch["output"].shape == (2, 3, 4, 5)
    assert all(a.flags.c_contiguous for a in keras.values())


@pytest.mark.parametrize(("layout", "shape"), [("channels_last", (2, 4, 5, 3)), ("channels_last_unbatched", (3, 4, 5, 2)), ("same", (2, 3, 4, 5))])
def test_moving_in_and_out_are_inverse(layout, shape):
    x = np.arange(120.0).reshape(2, 3, 4, 5)
    assert moved_in(x, layout).shape == shape
    assert np.array_equal(moved_out(moved_in(x, layout), layout), x)


def test_nested_inputs_and_absent_ones():
    case = DemoCase("recorded:given", inputs={"x": array(2), "states": (array(3), array(4)), "mask": None}, config={"scale": values(0.5)}, roots=ROOTS)
    for trace in both(case):
        assert facts(trace)["others"] == [[[3], [4]], None]
        assert trace["output:scale"].array.shape == (2,)


def test_an_implementation_inside_a_configuration():
    case = replace(WEIGHTED, config={"activation": Build("functions:double")})
    for trace, plain in zip(both(case), both(WEIGHTED), strict=True):
        assert np.array_equal(trace["output:output"].array, 2 * plain["output:output"].array)


def test_a_move_moves_floats_by_its_size_and_nothing_else():
    x = np.array([1.0, -2.0, 0.0, 1e10])
    moved = Move(2.0**-40)("weight", x)
    assert np.allclose(np.abs(moved - x), np.abs(x) * 2.0**-40, rtol=1e-3)
    assert np.array_equal(Move(2.0**-40)("weight", x), moved)
    assert not np.array_equal(Move(2.0**-40, draw=1)("weight", np.ones(99)), Move(2.0**-40)("weight", np.ones(99)))
    assert Move(2.0**-40)("ids", np.arange(3)).tolist() == [0, 1, 2]
    plain, near = record_case(WEIGHTED, "torch", "float64"), record_case(WEIGHTED, "torch", "float64", move=Move(2.0**-40))
    distance = np.abs(near["output:output"].array - plain["output:output"].array).max()
    assert 0 < distance < 1e-10
    assert np.array_equal(near["weight:weight"].array, plain["weight:weight"].array), "the recorded start is the one before the move"


# What comes back


@pytest.mark.parametrize("side", SIDES)
def test_a_module_with_steps(side):
    trace = record_case(replace(WEIGHTED, training=True, steps=2), side, "float64")
    trained, kept = ("weight", "kernel", "bias"), ("running_mean", "running_var", "num_batches_tracked")
    keys = [record.key for record in trace]
    assert keys.count("output:output") == 1
    assert set(keys) == {
        "output:output", "input_grad:x", *(f"weight:{n}" for n in (*trained, *kept)), *(f"grad:{n}" for n in trained),
        *(f"step:{n}@{s}" for n in trained for s in (1, 2)), *(f"buffer:{n}{at}" for n in kept for at in ("", "@2")),
    }  # fmt: skip
    begin = trace["weight:num_batches_tracked"].array
    assert trace["buffer:num_batches_tracked"].array == begin + 1
    assert trace["buffer:num_batches_tracked@2"].array == begin + 2
    assert np.allclose(trace["step:bias@1"].array, -0.0625 * trace["grad:bias"].array, rtol=1e-12)


@pytest.mark.parametrize("side", SIDES)
def test_steps_without_recorded_gradients(side):
    trace = record_case(replace(WEIGHTED, gradients=False, steps=1), side, "float64")
    assert arrays(trace, "step").keys() == {"weight@1", "kernel@1", "bias@1"}
    assert arrays(trace, "grad", "input_grad") == {}
    assert np.abs(trace["step:bias@1"].array).min() > 0


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_everything_has_the_precision_that_was_asked_for(side, dtype):
    trace = record_case(replace(WEIGHTED, steps=1), side, dtype)
    for name, value in {**arrays(trace, "output", "input_grad", "grad", "buffer")}.items():
        assert value.dtype == (np.int64 if name.startswith("num_batches") else dtype), name
    assert trace.dtype == dtype


@pytest.mark.parametrize("case", [WEIGHTED, Case("functions:refuses", inputs={"x": array(2)}, roots=ROOTS)], ids=str)
def test_global_state_is_as_before(case):
    import keras
    import torch

    before = keras.config.floatx(), keras.config.dtype_policy().name, torch.get_default_dtype()
    for side in SIDES:
        for dtype in ("float64", "float32"):
            with contextlib.suppress(ValueError):
                record_case(case, side, dtype)
            assert (keras.config.floatx(), keras.config.dtype_policy().name, torch.get_default_dtype()) == before


def test_what_a_model_returns_is_named():
    case = Case("recorded:nested", inputs={"x": array(2, 3)}, roots=ROOTS)
    for trace in both(case):
        assert list(arrays(trace, "output")) == ["first", "rest.sum", "rest.parts.0", "rest.parts.2.0"]
    assert same(*(arrays(trace, "output", "input_grad") for trace in both(case)))


def test_a_gradient_that_is_not_connected_is_zero():
    case = Case("recorded:ignores_second", inputs={"x": array(2), "y": array(3)}, roots=ROOTS)
    for trace in both(case):
        assert trace["input_grad:y"].array.tolist() == [0.0, 0.0, 0.0]
        assert np.abs(trace["input_grad:x"].array).min() > 0


def test_integers_and_masks_have_no_gradient():
    case = Case("recorded:ignores_second", inputs={"x": array(2, differentiable=False), "y": tokens(3, vocabulary=5)}, roots=ROOTS)
    for trace in both(case):
        assert arrays(trace, "input_grad") == {}


@pytest.mark.parametrize("power", [2.0, 3.0])
def test_a_loss_and_its_targets(power):
    case = replace(WEIGHTED, loss=Build("recorded:Loss", {"power": power}), targets=array(5, 4), steps=1)
    torch, keras = both(case)
    for trace in (torch, keras):
        distance = np.abs(trace["output:output"].array - array(5, 4).draw(0, case.id, "targets"))
        assert np.allclose(trace["loss:loss"].array, _inner(distance**power, case), rtol=1e-12)
    assert np.allclose(torch["grad:kernel"].array, keras["grad:kernel"].array, rtol=1e-12)


def _inner(loss: np.ndarray, case: Case) -> float:
    """A loss that is no number is multiplied with a random cotangent."""
    from parity.case import seeded

    return float((loss * seeded(0, case.id, "cotangent", "loss").normal(0.0, 1.0, loss.shape).astype(np.float32)).sum())


def test_facts_are_json():
    for trace in both(DemoCase("functions:told", inputs={"x": array(2)}, roots=ROOTS)):
        assert facts(trace)["kinds"] == ["a", 1, None]
        assert isinstance(facts(trace)["contiguous"], bool)


@pytest.mark.parametrize("side", SIDES)
def test_an_optimizer_on_seeded_gradients(side):
    case = OptimizerCase(
        "optimizers.sgd:SGD", config={"lr": 0.5}, parameters={"w": array(3)}, steps=12, gradient_scale=(1.0, 0.0), learning_rates={4: 0.25}, roots=ROOTS
    )
    steps = arrays(record_case(case, side, "float64"), "step")
    assert list(steps) == ["w@1", "w@2", "w@3", "w@5", "w@10", "w@12", "w@1-12"]
    assert not steps["w@2"].any(), "every second gradient is scaled by 0"
    from parity.case import seeded

    gradient = [seeded(0, case.id, "gradient", step, "w").normal(0.0, 1.0, 3).astype(np.float32) for step in range(12)]
    assert np.allclose(steps["w@1"], -0.5 * gradient[0], rtol=1e-12)
    assert np.allclose(steps["w@5"], -0.25 * gradient[4], rtol=1e-12)


@pytest.mark.parametrize("side", SIDES)
def test_a_trace_says_how_it_was_made(side):
    trace = record_case(WEIGHTED, side, "float32", seed=3)
    assert trace.subject == WEIGHTED.id
    assert trace.framework == trace.made["framework"] == side
    assert trace.made["seed"] == 3
    assert trace.made["device"] == "cpu"
    assert 0 <= trace.seconds["build"] <= trace.seconds["total"]


# What cannot be


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("nowhere:f", "trees.twin.nowhere does not exist: write trees/twin/nowhere.py, or correct the case's target 'nowhere:f'."),
        ("nowhere.at.all:f", "trees.twin.nowhere.at.all does not exist: write trees/twin/nowhere/at/all.py"),
        ("functions:only_here", "trees.twin.functions has no only_here; it has double, by_another_constant"),
    ],
)
def test_an_implementation_that_is_not_there(target, sentence):
    with pytest.raises(FrameworkError) as error:
        find("trees.twin", target)
    assert sentence in str(error.value)
    assert error.value.exit_code == 3


def test_an_import_that_fails_inside_an_implementation_is_not_taken_for_a_missing_one(tmp_path, monkeypatch):
    (tmp_path / "grown").mkdir()
    (tmp_path / "grown" / "__init__.py").write_text("")
    (tmp_path / "grown" / "twig.py").write_text("import a_package_that_is_not_there\n")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ModuleNotFoundError, match="a_package_that_is_not_there"):
        find("grown", "twig:f")


def test_an_output_that_is_no_tensor():
    with pytest.raises(FrameworkError, match="output is a str, expected a tensor or a tuple, list, dict or dataclass of tensors"):
        record_case(Case("functions:gives_text", inputs={"x": array(2)}, roots=ROOTS), "keras", "float32")


def test_an_unknown_framework():
    with pytest.raises(FrameworkError, match="Unknown framework 'mxnet'; there are torch, keras"):
        get("mxnet")


@pytest.mark.parametrize("side", SIDES)
def test_a_gpu_that_is_not_there(side):
    import torch

    if torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    with pytest.raises(FrameworkError, match="sees no GPU here; use --device cpu"):
        record_case(WEIGHTED, side, "float32", device="cuda")


# Training runs


def test_batches_visit_every_example_once_an_epoch():
    from parity.case import TrainingCase

    case = TrainingCase("models.lenet:LeNet", batch=4, steps=7)
    order = batches(case, 14, seed=0)
    assert order.shape == (7, 4)
    assert [len(set(order[i : i + 3].ravel())) for i in (0, 3)] == [12, 12], "three whole batches an epoch, the two left over are dropped"
    assert not np.array_equal(order[:3], order[3:6])
    assert not np.array_equal(order, batches(case, 14, seed=1))


def test_checkpoints_are_the_fibonacci_numbers_and_the_last():
    assert checkpoints(1) == [1]
    assert checkpoints(2) == [1, 2]
    assert checkpoints(10) == [1, 2, 3, 5, 8, 10]
    assert checkpoints(13) == [1, 2, 3, 5, 8, 13]


def test_draws_of_literal_values_keep_their_kind():
    assert Draw("values", values=[True, False]).draw(0).dtype == bool


# Seeds


def test_seeding_gives_the_same_draws_whatever_was_drawn_before():
    """The adapter skips TensorFlow's own seed where nothing was drawn from it."""
    import keras
    import tensorflow as tf

    def draws() -> list:
        dense = keras.layers.Dense(2)
        dense.build((None, 3))
        return [tf.random.normal((2,)).numpy().tolist(), keras.random.normal((2,)).numpy().tolist(), float(np.random.rand()), dense.kernel.numpy().tolist()]

    def after(seed: int) -> list:
        get("keras").seed(seed)
        return draws()

    first, other = after(0), after(1)
    get("keras").seed(0)
    keras.random.normal((2,))
    assert after(0) == first == after(0) != other == after(1)
    keras.utils.set_random_seed(0)
    assert draws() == first


# Further words of a case


@pytest.mark.parametrize("side", SIDES)
def test_arguments_are_keywords_of_the_call_on_both_sides(side):
    inputs = {name: array(5, 2, 6) for name in ("query", "key", "value")}
    case = Case("layers.multihead_attention:MultiheadAttention", config={"embed_dim": 6, "num_heads": 2}, inputs=inputs)
    assert set(arrays(record_case(case, side, "float64"), "output")) == {"output.0", "output.1"}
    assert set(arrays(record_case(replace(case, arguments={"need_weights": False}), side, "float64"), "output")) == {"output.0"}


@pytest.mark.parametrize("side", SIDES)
def test_a_cotangent_of_ones_makes_the_input_gradient_the_slope(side):
    case = curve("activations.leaky_relu:LeakyReLU", "LeakyReLU", negative_slope=0.25)
    slope = arrays(record_case(case, side, "float64"), "input_grad")["input"]
    np.testing.assert_array_equal(slope, [0.25] * 81 + [1.0] * 80)  # at 0 that of the left


def test_what_figures_draw_is_kept_with_the_judgement():
    from parity.judging import judge

    case = curve("activations.relu:ReLU", "ReLU")
    sides = [{dtype: record_case(case, side, dtype) for dtype in ("float64", "float32")} for side in SIDES]
    curves = judge(case, *sides).curves
    assert {name: set(told) for name, told in curves.items()} == {"input": {"given"}, "output:output": set(SIDES), "input_grad:input": set(SIDES)}
    assert curves["output:output"]["torch"] == [[max(0.0, x) for x in curves["input"]["given"][0]]]
