"""`parity.check`: right ports agree, wrong ones are told where and why, nobody's models change, and what makes no sense gets one sentence."""

import json
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np
import pytest
import torch
from torch import nn

import parity
from parity.errors import CannotRunError, ParityUsageError

RNG = np.random.default_rng(0)
IMAGES = RNG.standard_normal((2, 3, 9, 11)).astype("float32")
ROWS = RNG.standard_normal((5, 6)).astype("float32")
L = keras.layers


def trained(model: nn.Module) -> nn.Module:
    """Statistics and biases as after training."""
    torch.manual_seed(0)
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if tensor.is_floating_point():
                tensor.copy_(torch.rand_like(tensor) + 0.5 if "var" in name else 0.5 * torch.randn_like(tensor))
    return model.eval()


def torch_cnn(stride: int = 2) -> nn.Module:
    return trained(nn.Sequential(nn.Conv2d(3, 4, 3, stride, 1), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 5 * 6, 7)))


def keras_cnn(padding: str = "explicit", epsilon: float = 1e-5) -> keras.Model:
    conv = [L.ZeroPadding2D(1), L.Conv2D(4, 3, 2)] if padding == "explicit" else [L.Conv2D(4, 3, 2, padding="same")]
    return keras.Sequential([*conv, L.BatchNormalization(momentum=0.9, epsilon=epsilon), L.ReLU(), L.Flatten(), L.Dense(7)])


def torch_mlp(end: nn.Module | None = None) -> nn.Module:
    return trained(nn.Sequential(nn.Linear(6, 5), nn.Tanh(), nn.Linear(5, 3), *([end] if end else [])))


def keras_mlp(activation: str = "tanh") -> keras.Model:
    return keras.Sequential([L.Input((6,)), L.Dense(5, activation=activation), L.Dense(3)])


def functional() -> keras.Model:
    given = keras.Input((6,))
    return keras.Model(given, L.Dense(3, name="out")(keras.ops.tanh(L.Dense(5, name="hidden")(given))))


class Subclassed(keras.Model):
    def __init__(self, stop: bool = False):
        super().__init__()
        self.one, self.two, self.stop = L.Dense(5), L.Dense(3), stop

    def call(self, x):
        x = keras.ops.tanh(self.one(x))
        return self.two(keras.ops.stop_gradient(x) if self.stop else x)


def nested() -> keras.Model:
    return keras.Sequential([keras.Sequential([L.Dense(5, activation="tanh")]), keras.Sequential([keras.Sequential([L.Dense(3)])])])


def differences(report) -> dict[str, str]:
    return {finding.layer: finding.cause for finding in report.findings if finding.severity == "difference"}


@pytest.mark.parametrize("build", [keras_mlp, functional, Subclassed, nested], ids=lambda build: build.__name__)
def test_a_right_port_agrees_however_it_is_written(build):
    report = parity.check(torch_mlp(), build(), ROWS)
    assert report.ok and bool(report), str(report)
    assert report.verdict in ("identical", "equivalent")
    assert differences(report) == {}


@pytest.fixture(scope="module")
def two_faults():
    """Padding at the wrong side (stride 2, even height) and Keras' default epsilon."""
    images = RNG.standard_normal((2, 3, 10, 12)).astype("float32")
    return parity.check(torch_cnn(), lambda: keras_cnn("same", 1e-3), images)


def test_two_faults_are_both_found_confirmed_and_mended(two_faults):
    assert not two_faults.ok and two_faults.verdict == "different" and two_faults.exit_code == 1
    found = {finding.layer: finding for finding in two_faults.findings if finding.severity == "difference"}
    assert set(found) == {"0", "1"}
    assert all(finding.confirmed and finding.fix and finding.cause for finding in found.values())
    assert found["1"].cause == "bn-eps" and "1e-05" in found["1"].fix


def test_the_flatten_seam_is_told():
    report = parity.check(torch_cnn(), keras_cnn(), IMAGES)
    assert any("flatten" in text.lower() for text in (*report.notes, *(finding.message for finding in report.findings)))


def test_the_flatten_seam_is_handled():
    report = parity.check(torch_cnn(), keras_cnn(), IMAGES)
    assert report.ok, str(report)


def test_weights_as_they_are_in_the_wrong_gate_order():
    model = trained(nn.LSTM(6, 4, batch_first=True))
    mine = keras.Sequential([L.Input((5, 6)), L.LSTM(4, return_sequences=True)])
    state = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    order = np.r_[0:4, 8:12, 4:8, 12:16]  # i, g, f, o where Keras too has i, f, g, o
    mine.set_weights([state["weight_ih_l0"][order].T, state["weight_hh_l0"][order].T, (state["bias_ih_l0"] + state["bias_hh_l0"])[order]])
    builder = type("Sequences", (nn.Module,), {"__init__": lambda self: (nn.Module.__init__(self), setattr(self, "rnn", model))[0]})
    builder.forward = lambda self, x: self.rnn(x)[0]
    sequences = RNG.standard_normal((3, 5, 6)).astype("float32")
    report = parity.check(builder(), mine, sequences, weights="as-is")
    assert not report.ok
    assert set(differences(report)) == {"rnn"}
    assert "gate" in next(f for f in report.findings if f.layer == "rnn").cause, str(report)


def test_live_models_come_back_bit_for_bit():
    theirs, mine = torch_cnn().train(), keras_cnn("same", 1e-3)
    theirs[0].eval()
    theirs[4].weight.requires_grad_(False)
    mine.build((None, 9, 11, 3))
    mine.layers[0].trainable = False
    mine.compile(keras.optimizers.Adam(), "mse")
    mine.optimizer.build(mine.trainable_variables)
    handed = [parameter.grad for parameter in theirs.parameters()]

    def state():
        return {
            "torch": {name: tensor.numpy().tobytes() for name, tensor in theirs.state_dict().items()},
            "keras": [variable.numpy().tobytes() for variable in mine.variables],
            "optimizer": [variable.numpy().tobytes() for variable in mine.optimizer.variables],
            "modes": [module.training for module in theirs.modules()],
            "frozen": [parameter.requires_grad for parameter in theirs.parameters()],
            "trainable": [layer.trainable for layer in mine.layers],
            "gradients": [parameter.grad for parameter in theirs.parameters()] == handed,
            "hooks": [len(module._forward_hooks) for module in theirs.modules()],
            "dtypes": [str(parameter.dtype) for parameter in theirs.parameters()],
            "own": [sorted(vars(layer)) for layer in mine.layers],
            "globals": (
                keras.config.floatx(),
                keras.config.dtype_policy().name,
                torch.get_default_dtype(),
                torch.backends.cuda.matmul.allow_tf32,
                torch.is_grad_enabled(),
                torch.get_rng_state().numpy().tobytes(),
                str(np.random.get_state()),
                torch.are_deterministic_algorithms_enabled(),
            ),
        }

    before = state()
    report = parity.check(theirs, mine, IMAGES)
    assert not report.ok
    after = state()
    assert {key for key in before if before[key] != after[key]} == set()


class TwoIn(nn.Module):
    def __init__(self, as_dict: bool):
        super().__init__()
        self.words, self.row, self.as_dict = nn.Embedding(9, 4), nn.Linear(6, 4), as_dict

    def forward(self, ids, row):
        both = self.words(ids).mean(1) + self.row(row)
        return {"sum": both, "half": both / 2} if self.as_dict else (both, both / 2)


def keras_two_in(as_dict: bool, factor: float = 0.5) -> keras.Model:
    ids, row = keras.Input((3,), dtype="int64", name="ids"), keras.Input((6,), name="row")
    both = keras.ops.mean(L.Embedding(9, 4)(ids), 1) + L.Dense(4)(row)
    return keras.Model([ids, row], {"sum": both, "half": both * factor} if as_dict else [both, both * factor])


@pytest.mark.parametrize("as_dict", [True, False])
def test_several_inputs_integers_and_structured_outputs(as_dict):
    ids = RNG.integers(0, 9, (5, 3))
    given = {"ids": ids, "row": ROWS} if as_dict else (ids, ROWS)
    right = parity.check(trained(TwoIn(as_dict)), keras_two_in(as_dict), given)
    assert right.ok, str(right)
    assert len([row for row in right.rows if row.role == "output"]) == 2
    wrong = parity.check(trained(TwoIn(as_dict)), keras_two_in(as_dict, 0.25), given)
    assert [row.verdict.value for row in wrong.rows if row.role == "output"].count("different") == 1


def test_a_map_of_layers_with_globs_and_its_errors():
    model = trained(nn.Sequential(nn.Linear(6, 6), nn.Linear(6, 6)))
    mine = keras.Sequential([L.Input((6,)), L.Dense(6, name="dense_0"), L.Dense(6, name="dense_1")])
    assert parity.check(model, mine, ROWS, layers={"*": "dense_*"}).ok
    crossed = parity.check(model, mine, ROWS, layers={"0": "dense_1", "1": "dense_0"})
    assert not crossed.ok
    with pytest.raises(ParityUsageError, match="dense_7"):
        parity.check(model, mine, ROWS, layers={"0": "dense_7"})
    with pytest.raises(ParityUsageError, match="nothing_here"):
        parity.check(model, mine, ROWS, layers={"nothing_here": "dense_0"})


def test_known_differences_pass_and_expire():
    wrong = parity.check(torch_mlp(), keras_mlp("relu"), ROWS, known={"*:*": "a ReLU on purpose"})
    assert wrong.ok, str(wrong)
    assert any(row.known == "a ReLU on purpose" for row in wrong.rows)
    assert not parity.check(torch_mlp(), keras_mlp(), ROWS, known=["output:*"]).ok, "nothing differs any more: the declaration has to go"


def test_the_place_of_adams_epsilon_is_named():
    report = parity.check(
        torch_mlp(),
        keras_mlp(),
        ROWS,
        targets=RNG.standard_normal((5, 3)).astype("float32"),
        loss=(nn.functional.mse_loss, keras.losses.MeanSquaredError()),
        optimizer=(lambda p: torch.optim.Adam(p, lr=2**-6, eps=2**-7), lambda: keras.optimizers.Adam(2**-6, epsilon=2**-7)),
    )
    assert not report.ok
    assert set(differences(report)) == {"optimizer"}, str(report)
    assert "eps" in differences(report)["optimizer"]
    assert {"step", "loss", "grad", "output"} <= set(report.table["role"])


def frozen(model: nn.Module) -> nn.Module:
    model[0].requires_grad_(False)
    return model


def keras_frozen() -> keras.Model:
    mine = keras_mlp()
    mine.layers[0].trainable = False
    return mine


def test_a_layer_frozen_on_both_sides_agrees():
    assert parity.check(frozen(torch_mlp()), keras_frozen(), ROWS).ok


def test_a_layer_frozen_in_keras_only_is_told():
    report = parity.check(torch_mlp(), keras_frozen(), ROWS)
    assert not report.ok
    assert "0" in differences(report), str(report)


def test_a_layer_frozen_in_torch_only_is_told():
    assert not parity.check(frozen(torch_mlp()), keras_mlp(), ROWS).ok


def test_a_stopped_gradient_is_located():
    report = parity.check(torch_mlp(), Subclassed(stop=True), ROWS)
    assert not report.ok
    assert {row.role for row in report.rows if row.failing} <= {"grad", "input_grad"}
    assert set(differences(report)) & {"0", "1", "2"}, str(report)


def test_the_table_has_the_columns_and_roles_of_the_contract(two_faults):
    table = two_faults.table
    assert list(table.columns)[:10] == ["name", "role", "verdict", "difference", "torch_error", "keras_error", "scale", "worst_slice", "shape", "layer"]
    assert set(table["role"]) <= {"output", "activation", "input_grad", "grad", "step", "buffer", "loss", "slot"}
    assert {"output", "input_grad", "grad"} <= set(table["role"])


def test_the_report_as_text_page_markdown_json_and_csv(two_faults, tmp_path):
    page = two_faults.to_html(tmp_path / "deep" / "check.html")
    assert (tmp_path / "deep" / "check.html").read_text() == page
    assert page.lstrip().lower().startswith("<!doctype html>") and "bn-eps" in page
    assert "http://" not in page.replace("http://www.w3.org", "") and "<script src" not in page
    assert "bn-eps" in two_faults._repr_html_() and "<html" not in two_faults._repr_html_()
    assert "| `1`" in two_faults.to_markdown()
    told = json.loads(two_faults.to_json(tmp_path / "check.json"))
    assert (told["ok"], told["verdict"], told["schema"]) == (False, "different", 1)
    assert {finding["layer"] for finding in told["findings"]} >= {"0", "1"}
    assert two_faults.to_csv().count("\n") == len(two_faults.rows) + 1
    assert "fix:" in str(two_faults) and "bn-eps" in str(two_faults)


# What makes no sense


class Broken(nn.Module):
    def forward(self, x):
        raise KeyError("no such feature")


class Odd(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x):
        return self.linear(x), "a word"


class Noisy(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(6, 3)

    def forward(self, x):
        return self.linear(x) + torch.randn(3)


class KerasBroken(Subclassed):
    def call(self, x):
        raise KeyError("no such feature")


class KerasNoisy(Subclassed):
    def call(self, x):
        return super().call(x) + keras.random.normal((3,))


def two_outputs() -> keras.Model:
    given = keras.Input((6,))
    out = L.Dense(3)(L.Dense(5, activation="tanh")(given))
    return keras.Model(given, [out, out])


def poisoned() -> nn.Module:
    model = torch_mlp()
    with torch.no_grad():
        model[0].weight[0, 0] = float("nan")
    return model


BAD = {
    "torch raises": (Broken, Subclassed, ROWS, {}, (CannotRunError,), "no such feature"),
    "keras raises": (torch_mlp, KerasBroken, ROWS, {}, (CannotRunError,), "no such feature"),
    "no tensor": (lambda: trained(Odd()), keras_mlp, ROWS, {}, (CannotRunError, ParityUsageError), "str|tensor"),
    "torch draws": (lambda: trained(Noisy()), lambda: keras.Sequential([L.Dense(3)]), ROWS, {}, (CannotRunError,), "PyTorch.*same inputs"),
    "keras draws": (torch_mlp, KerasNoisy, ROWS, {}, (CannotRunError,), "Keras.*same inputs"),
    "shape": (torch_mlp, keras_mlp, ROWS[:, :4], {}, (CannotRunError, ParityUsageError), "PyTorch|shape"),
    "nothing shared": (torch_mlp, lambda: keras.Sequential([L.Input((6,)), L.LayerNormalization()]), ROWS, {}, (ParityUsageError,), "0|weight|share"),
    "weights": (torch_mlp, keras_mlp, ROWS, {"weights": "copied"}, (ParityUsageError,), "weights.*'transfer'.*'copied'"),
    "mode": (torch_mlp, keras_mlp, ROWS, {"mode": "fast"}, (ParityUsageError,), "mode"),
    "layout": (torch_mlp, keras_mlp, ROWS, {"layout": "nhwc"}, (ParityUsageError,), "layout"),
    "steps": (torch_mlp, keras_mlp, ROWS, {"steps": 2}, (ParityUsageError,), "steps"),
    "optimizer alone": (torch_mlp, keras_mlp, ROWS, {"optimizer": (torch.optim.SGD, keras.optimizers.SGD)}, (ParityUsageError,), "loss"),
    "time limit": (torch_mlp, keras_mlp, ROWS, {"time_limit": 0}, (ParityUsageError,), "time_limit"),
    "no model": (lambda: "resnet", keras_mlp, ROWS, {}, (ParityUsageError, CannotRunError), "str|resnet"),
    "no array": (torch_mlp, keras_mlp, "image", {}, (ParityUsageError,), "inputs"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_gets_one_sentence_and_never_an_agreement(name):
    theirs, mine, given, words, kinds, sentence = BAD[name]
    with pytest.raises(kinds, match=f"(?s){sentence}") as raised:
        parity.check(theirs, mine, given, **words)
    assert raised.value.exit_code in (2, 3)
    assert len(str(raised.value)) < 1500


def outcome(*arguments):
    """The report, or the sentence."""
    try:
        return parity.check(*arguments), ""
    except (ParityUsageError, CannotRunError) as error:
        return None, str(error)


def test_another_number_of_outputs_is_no_agreement():
    report, sentence = outcome(torch_mlp(), two_outputs(), ROWS)
    if report is None:
        assert "output" in sentence
    else:
        assert not report.ok and {row.verdict.value for row in report.rows if row.role == "output"} & {"extra", "missing"}


def test_nan_weights_are_no_agreement():
    report, sentence = outcome(poisoned(), keras_mlp(), ROWS)
    if report is None:
        assert "nan" in sentence.lower()
    else:
        assert not report.ok or "nan" in str(report).lower(), "NaN on both sides passes for agreement without a word"
