"""Random numbers drawn freely by both sides come from the same distribution; initializers work inside Keras; every layer starts as PyTorch's does.

Two samples are compared by Kolmogorov and Smirnov. Everything is seeded, so a run cannot flicker; had the seeds been drawn at random, one of all the
comparisons here would fail by chance once in a million such runs (FALSE_ALARM, shared out evenly).
"""

import inspect
import math

import keras
import numpy as np
import pytest
import torch
from keras import ops
from scipy import stats

import tf_impl.initializers
import tf_impl.layers
import torch_ref.initializers
import torch_ref.layers
from parity.case import Build, Case, Draw
from parity.discovery import all_cases
from parity.frameworks import get
from parity.frameworks.base import find

pytestmark = pytest.mark.filterwarnings("ignore:enable_nested_tensor is True:UserWarning")  # torch, where batches do not come first
FALSE_ALARM, COMPARISONS = 1e-6, 1000  # about 500 are made
THRESHOLD = FALSE_ALARM / COMPARISONS
KERAS, TORCH = get("keras"), get("torch")


@pytest.fixture(autouse=True)
def _seeded():
    KERAS.seed(20)
    torch.manual_seed(21)


def same_distribution(reference: np.ndarray, actual: np.ndarray) -> bool:
    """Numbers that are all alike must be equal; others must pass the two-sample test, and, where they are uniform, end at the same bound."""
    if np.ptp(reference) == 0 or np.ptp(actual) == 0:
        return np.array_equal(np.unique(reference), np.unique(actual))
    if stats.ks_2samp(reference.ravel(), actual.ravel(), method="asymp").pvalue < THRESHOLD:
        return False
    ends = [np.abs(sample).max() for sample in (reference, actual)]
    if stats.kstest(reference.ravel() / ends[0], "uniform", (-1, 2)).pvalue < 1e-3:
        return True
    # the larger of n uniform numbers is below 1 − x/n of the bound with probability e⁻ˣ
    return abs(ends[0] / ends[1] - 1) < -math.log(THRESHOLD / 2) / min(reference.size, actual.size)


FREE = [
    ("Uniform", {"a": -0.5, "b": 2.0}, (300, 200)),
    ("Normal", {"mean": 0.3, "std": 0.02}, (300, 200)),
    ("TruncNormal", {"std": 0.02}, (300, 200)),
    ("TruncNormal", {"std": 0.02, "a": -0.04, "b": 0.04}, (300, 200)),
    ("TruncNormal", {"a": 1.0, "b": 3.0}, (100, 100)),
    ("TruncNormal", {"mean": 0.5, "std": 0.5, "a": 1.5, "b": 3.0}, (100, 100)),
    ("XavierUniform", {}, (300, 200)),
    ("XavierUniform", {"gain": 2.0}, (50, 20, 3, 5)),
    ("XavierNormal", {}, (50, 20, 3, 5)),
    ("KaimingUniform", {}, (300, 200)),
    ("KaimingUniform", {"a": 5**0.5}, (300, 200)),
    ("KaimingUniform", {"mode": "fan_out", "nonlinearity": "relu"}, (20, 50, 3, 5)),
    ("KaimingNormal", {}, (300, 200)),
    ("KaimingNormal", {"mode": "fan_out", "nonlinearity": "tanh"}, (640, 1, 3, 5)),
]


@pytest.mark.parametrize(("name", "config", "shape"), FREE, ids=lambda value: str(value).replace(" ", ""))
def test_drawn_freely(name, config, shape):
    reference = getattr(torch_ref.initializers, name)(**config)(shape).numpy()
    outputs, inputs, *space = shape
    actual = ops.convert_to_numpy(getattr(tf_impl.initializers, name)(**config)((*space, inputs, outputs)))
    assert same_distribution(reference, actual)


def test_orthogonal_drawn_freely():
    """Elements of one orthogonal matrix depend on each other: one place of many matrices is compared."""
    reference, actual = torch_ref.initializers.Orthogonal(), tf_impl.initializers.Orthogonal(layout="weight")
    many = [np.stack([np.asarray(draw((3, 5))) for _ in range(600)]) for draw in (reference, actual)]
    for place in ((0, 0), (1, 3), (2, 4)):
        assert same_distribution(many[0][:, *place], many[1][:, *place])


def test_sparse_drawn_freely():
    reference, actual = torch_ref.initializers.Sparse(0.3)((101, 300)).numpy(), ops.convert_to_numpy(tf_impl.initializers.Sparse(0.3)((300, 101))).T
    assert [set((sample == 0).sum(0)) for sample in (reference, actual)] == [{31}, {31}]
    assert same_distribution(reference[reference != 0], actual[actual != 0])
    zeros_a_row = [(sample == 0).sum(1) for sample in (reference, actual)]  # 300 choices each
    assert abs(zeros_a_row[0].mean() - zeros_a_row[1].mean()) < 1e-9
    assert stats.ks_2samp(*zeros_a_row).pvalue > THRESHOLD


@pytest.mark.parametrize(
    "other",
    [
        keras.initializers.GlorotUniform(),
        keras.initializers.VarianceScaling(1 / 3 * 1.01**2, "fan_in", "uniform"),  # a bound 1 % too wide
        keras.initializers.VarianceScaling(1 / 3, "fan_in", "untruncated_normal"),
        keras.initializers.Zeros(),
    ],
    ids=["glorot", "bound-1%-off", "normal", "zeros"],
)
def test_another_distribution_is_found_out(other):
    reference = torch_ref.initializers.KaimingUniform(a=5**0.5)((300, 200)).numpy()
    assert not same_distribution(reference, ops.convert_to_numpy(other((200, 300))))


# --- inside Keras


def test_variables_are_filled_in_their_own_axes():
    """fan_in of a kernel (in, out) is in, of an embedding (rows, dim), as PyTorch counts it, dim."""
    kernel = keras.layers.Dense(1000)
    kernel.build((None, 4))
    embedding = keras.layers.Embedding(1000, 4)
    embedding.build()
    for variable in (kernel.kernel, embedding.embeddings):
        assert tf_impl.initializers.kaiming_uniform_(variable, a=5**0.5) is variable
        assert 0.49 < np.abs(np.asarray(variable)).max() <= 0.5


@pytest.mark.parametrize("function", [name for name in vars(torch_ref.initializers) if name.endswith("_") and not name.startswith("_")])
def test_in_place_functions_are_named_and_called_as_pytorchs(function):
    there, here = (inspect.signature(getattr(package, function)).parameters for package in (torch_ref.initializers, tf_impl.initializers))
    assert [(p.name, p.default) for p in here.values()] == [(p.name, p.default) for p in there.values()]
    variable = keras.Variable(np.full((3, 3, 4, 4), 7.0, "float32"), name="kernel")
    if function in ("eye_", "sparse_"):
        variable = keras.Variable(np.full((4, 4), 7.0, "float32"), name="kernel")
    required = {"val": 0.5, "sparsity": 0.25}
    getattr(tf_impl.initializers, function)(variable, **{p.name: required[p.name] for p in here.values() if p.name in required})
    assert not np.any(np.asarray(variable) == 7.0)


def test_draws_advance_and_seeds_repeat():
    """Keras' own initializers repeat themselves: two layers that share one start equal."""
    ours, of_keras = tf_impl.initializers.Normal(), keras.initializers.RandomNormal()
    assert not np.array_equal(ours((3, 3)), ours((3, 3)))
    assert np.array_equal(of_keras((3, 3)), of_keras((3, 3)))
    first, second = (tf_impl.initializers.Normal(seed=5) for _ in range(2))
    drawn = [np.asarray(first((3, 3))) for _ in range(2)], [np.asarray(second((3, 3))) for _ in range(2)]
    assert np.array_equal(drawn[0], drawn[1])
    assert not np.array_equal(*drawn[0])
    generator = keras.random.SeedGenerator(5)
    assert np.array_equal(tf_impl.initializers.Normal(seed=generator)((3, 3)), drawn[0][0])


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16", "bfloat16"])
def test_dtypes(dtype):
    for initializer in (tf_impl.initializers.TruncNormal(), tf_impl.initializers.Orthogonal(), tf_impl.initializers.Constant(0.1)):
        assert keras.backend.standardize_dtype(initializer((4, 3), dtype=dtype).dtype) == dtype
    if dtype == "float64":
        assert np.asarray(tf_impl.initializers.Constant(0.1)((1, 1), dtype="float64")).item() == 0.1


CONFIGURED = [
    tf_impl.initializers.Uniform(-1.0, 2.0),
    tf_impl.initializers.Normal(std=0.5, seed=3),
    tf_impl.initializers.TruncNormal(std=0.5, a=-0.25),
    tf_impl.initializers.Constant(0.3),
    tf_impl.initializers.Eye(),
    tf_impl.initializers.Dirac(groups=2),
    tf_impl.initializers.XavierUniform(2.0),
    tf_impl.initializers.XavierNormal(layout="weight"),
    tf_impl.initializers.KaimingUniform(0.1, "fan_out"),
    tf_impl.initializers.KaimingNormal(nonlinearity="relu", seed=keras.random.SeedGenerator(7)),
    tf_impl.initializers.Orthogonal(1.5),
    tf_impl.initializers.Sparse(0.5),
]


@pytest.mark.parametrize("initializer", CONFIGURED, ids=lambda initializer: type(initializer).__name__)
def test_configuration_survives(initializer):
    again = keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(initializer))
    assert type(again) is type(initializer)
    assert {k: v for k, v in again.get_config().items() if k != "seed"} == {k: v for k, v in initializer.get_config().items() if k != "seed"}


def test_model_with_initializers_is_saved(tmp_path):
    layers = [keras.Input((4,)), keras.layers.Dense(4, kernel_initializer=tf_impl.initializers.Eye(), bias_initializer=tf_impl.initializers.Constant(0.5))]
    keras.Sequential(layers).save(tmp_path / "model.keras")
    model = keras.models.load_model(tmp_path / "model.keras")
    assert np.array_equal(model(np.ones((1, 4), "float32")), np.full((1, 4), 1.5))
    assert isinstance(model.layers[0].kernel_initializer, tf_impl.initializers.Eye)


REFUSED = [
    ("XavierUniform", {}, (3,), "tensor"),
    ("KaimingNormal", {}, (3,), "tensor"),
    ("KaimingNormal", {"mode": "fan_all"}, (3, 4), "mode"),
    ("KaimingUniform", {"nonlinearity": "gelu"}, (3, 4), "nonlinearity"),
    ("Orthogonal", {}, (3,), "tensor"),
    ("Eye", {}, (3, 4, 5), "tensor"),
    ("Dirac", {}, (3, 4), "tensor"),
    ("Dirac", {"groups": 2}, (3, 4, 3), "groups"),
    ("Sparse", {"sparsity": 0.5}, (3, 4, 5), "tensor"),
]


@pytest.mark.parametrize(("name", "config", "shape", "argument"), REFUSED)
def test_what_pytorch_refuses_is_refused(name, config, shape, argument):
    with pytest.raises(ValueError):  # noqa: PT011 - PyTorch's words
        getattr(torch_ref.initializers, name)(**config)(shape)
    with pytest.raises(ValueError, match=f"`{argument}`"):
        getattr(tf_impl.initializers, name)(layout="weight", **config)(shape)


def test_other_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"keras\.Variable"):
        tf_impl.initializers.normal_(np.zeros((3, 4)))
    with pytest.raises(ValueError, match="`layout`"):
        tf_impl.initializers.Normal(layout="channels_first")
    for package in (torch_ref, tf_impl):
        with pytest.warns(UserWarning, match="more than 2 std"):
            package.initializers.TruncNormal(mean=-4.5, std=1.0)((2, 3))


# --- what layers start from

LAYERS: dict[str, list[dict]] = {
    "Linear": [{"in_features": 50, "out_features": 64}],
    "Bilinear": [{"in1_features": 20, "in2_features": 7, "out_features": 16}],
    **{
        f"Conv{n}d": [{"in_channels": 6, "out_channels": 32, "kernel_size": 3}, {"in_channels": 8, "out_channels": 32, "kernel_size": 2, "groups": 4}]
        for n in (1, 2, 3)
    },
    **{
        f"ConvTranspose{n}d": [{"in_channels": 32, "out_channels": 6, "kernel_size": 3}, {"in_channels": 32, "out_channels": 8, "kernel_size": 2, "groups": 4}]
        for n in (1, 2, 3)
    },
    "Embedding": [{"num_embeddings": 60, "embedding_dim": 20}, {"num_embeddings": 60, "embedding_dim": 20, "padding_idx": 3}],
    "EmbeddingBag": [{"num_embeddings": 60, "embedding_dim": 20}, {"num_embeddings": 60, "embedding_dim": 20, "padding_idx": 3}],
    **{f"{p}{c}": [{"input_size": 7, "hidden_size": 20, "num_layers": 2, "bidirectional": True}] for c in ("RNN", "LSTM", "GRU") for p in ("", "Packed")},
    **{f"{c}Cell": [{"input_size": 7, "hidden_size": 20}] for c in ("RNN", "LSTM", "GRU")},
    **{f"BatchNorm{n}d": [{"num_features": 5}] for n in (1, 2, 3)},
    **{f"InstanceNorm{n}d": [{"num_features": 5, "affine": True, "track_running_stats": True}] for n in (1, 2, 3)},
    "SyncBatchNorm": [{"num_features": 5}],
    "GroupNorm": [{"num_groups": 2, "num_channels": 6}],
    "LayerNorm": [{"normalized_shape": [4, 5]}],
    "RMSNorm": [{"normalized_shape": [4, 5]}],
    "PReLU": [{}, {"num_parameters": 5, "init": 0.5}],
    "MultiheadAttention": [{"embed_dim": 32, "num_heads": 4, "add_bias_kv": True}, {"embed_dim": 32, "num_heads": 4, "kdim": 20, "vdim": 12}],
    **{f"Transformer{c}Layer": [{"d_model": 32, "nhead": 4, "dim_feedforward": 48}] for c in ("Encoder", "Decoder")},
    "Transformer": [{"d_model": 32, "nhead": 4, "num_encoder_layers": 2, "num_decoder_layers": 1, "dim_feedforward": 48}],
    "TransformerEncoder": [
        {"encoder_layer": Build("layers.transformer:TransformerEncoderLayer", {"d_model": 16, "nhead": 4, "dim_feedforward": 24}), "num_layers": 2}
    ],
    "TransformerDecoder": [
        {"decoder_layer": Build("layers.transformer:TransformerDecoderLayer", {"d_model": 16, "nhead": 4, "dim_feedforward": 24}), "num_layers": 2}
    ],
    **{f"AdaptiveLogSoftmax{c}": [{"in_features": 32, "n_classes": 100, "cutoffs": [20, 50]}] for c in ("", "WithLoss")},
    "SeparableConv2d": [{"in_channels": 8, "out_channels": 12, "kernel_size": 3, "depth_multiplier": 2}],
}
EAGER = ["Linear", *(f"{name}{n}d" for name in ("Conv", "ConvTranspose", "BatchNorm", "InstanceNorm") for n in (1, 2, 3))]
LAYERS |= {f"Lazy{name}": LAYERS[name][:1] for name in EAGER}  # their first argument comes from the input
TARGETS = {case.target.partition(":")[2]: case.target for case in all_cases() if isinstance(case, Case) and case.area in ("layers", "activations")}
STARTS = [(name, config) for name, configs in LAYERS.items() for config in configs if name in TARGETS]
BUILDS, ENOUGH = 30, 150_000


@pytest.mark.parametrize(("name", "config"), STARTS, ids=lambda value: value if isinstance(value, str) else "-".join(map(str, value.values())) or "default")
def test_a_layer_starts_as_pytorchs(name, config):
    reference, actual = (_starts(adapter, find(root, TARGETS[name]), config) for adapter, root in ((TORCH, "torch_ref"), (KERAS, "tf_impl")))
    assert reference.keys() == actual.keys()
    for key in reference:
        assert reference[key].shape == actual[key].shape, key
        zero = [np.all(sample == 0, axis=0) for sample in (reference[key], actual[key])]  # padding rows, biases
        assert np.array_equal(*zero), key
        if not zero[0].all():
            assert same_distribution(reference[key][:, ~zero[0]], actual[key][:, ~zero[0]]), key


def _starts(adapter, layer: type, config: dict) -> dict[str, np.ndarray]:
    """{name: one start a row}."""
    found: dict[str, list[np.ndarray]] = {}
    for _ in range(BUILDS):
        for slot in adapter.slots(_lazy(adapter, layer, config) if layer.__name__.startswith("Lazy") else layer(**_made(adapter, config))):
            for name, array in slot.canonical(adapter.read(slot.variable)).items():
                found.setdefault(name, []).append(array)
        if sum(len(arrays) * arrays[0].size for arrays in found.values()) > ENOUGH:
            break
    return {name: np.stack(arrays) for name, arrays in found.items()}


def _lazy(adapter, layer: type, config: dict):
    """A lazy layer after its first call."""
    (_, features), *others = config.items()
    space = (5,) * int(layer.__name__[-2]) if layer.__name__.endswith("d") else ()
    made = layer(**dict(others))
    adapter.call(made, [adapter.tensor(np.zeros((2, features, *space)), "channels_last" if space else "same")], training=False)
    return made


def _made(adapter, config: dict) -> dict:
    """A case's configuration with its layers and tensors made."""
    root = "torch_ref" if adapter is TORCH else "tf_impl"
    made = {key: find(root, value.target)(**value.config) for key, value in config.items() if isinstance(value, Build)}
    drawn = {key: adapter.tensor(value.draw(key), value.layout) for key, value in config.items() if isinstance(value, Draw)}
    return {**config, **made, **drawn}


def test_copies_start_alike():
    """PyTorch's encoder copies its layer, weights and all."""
    for adapter, package in ((TORCH, torch_ref), (KERAS, tf_impl)):
        (config,) = LAYERS["TransformerEncoder"]
        start = _starts(adapter, package.layers.TransformerEncoder, config)
        assert np.array_equal(start["layers.0.linear1.weight"], start["layers.1.linear1.weight"])


def test_no_layer_with_parameters_is_left_out():
    left_out = set()
    for case in all_cases():
        name = case.target.partition(":")[2]
        if TARGETS.get(name) == case.target and name not in LAYERS:
            layer = find("torch_ref", case.target)
            if isinstance(layer, type) and any(True for _ in layer(**_made(TORCH, case.config)).parameters()):
                left_out.add(name)
    assert not left_out, f"give {sorted(left_out)} a line in LAYERS"
    assert not LAYERS.keys() - TARGETS.keys(), "these have no case"


def test_layers_that_share_nothing_start_apart():
    first, second = (tf_impl.layers.Linear(5, 5) for _ in range(2))
    assert not np.array_equal(first.kernel, second.kernel)
