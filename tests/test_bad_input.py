"""Bad input is refused by both sides: by the twin with a ValueError that names what is wrong, no later than by PyTorch."""

import keras
import pytest
from bad_input import BAD, NEVER
from twins.samples import public

from parity.case import Build, Case, Draw, Input, OptimizerCase
from parity.frameworks import get
from parity.frameworks.base import Framework, find

pytestmark = [pytest.mark.xdist_group("twins"), pytest.mark.filterwarnings("ignore")]
STAGES = ("construction", "call", "never")
TWINS = public("layers", "activations", of=keras.layers.Layer) + public("losses", of=keras.losses.Loss) + public("optimizers", of=keras.optimizers.Optimizer)


def refusal(case: Case | OptimizerCase, framework: str) -> tuple[str, Exception | None]:
    """When a side refuses, and what it raises."""
    adapter, root = get(framework), case.roots[0 if framework == "torch" else 1]
    with adapter.precision("float32"):
        try:
            if isinstance(case, OptimizerCase):
                parameters = [adapter.parameter(draw.draw(name), name) for name, draw in case.parameters.items()]
                find(root, case.target)(*([parameters] if framework == "torch" else []), **case.config)
                return "never", None
            model = built(adapter, root, case)
        except Exception as error:
            return "construction", error
        inputs = [tensors(adapter, value) for value in case.inputs.values()]
        try:
            adapter.call(model, inputs, case.training)
        except Exception as error:
            return "call", error
    return "never", None


def built(adapter: Framework, root: str, build: Case | Build) -> object:
    def configured(value: object) -> object:
        return tensors(adapter, value) if isinstance(value, Draw) else built(adapter, root, value) if isinstance(value, Build) else value

    return find(root, build.target)(**{name: configured(value) for name, value in build.config.items()})


def tensors(adapter: Framework, value: Input) -> object:
    if isinstance(value, Draw):
        return adapter.tensor(value.draw("bad input"), value.layout)
    return None if value is None else tuple(tensors(adapter, item) for item in value)


@pytest.mark.parametrize(("case", "says"), BAD, ids=[case.id for case, _ in BAD])
def test_refused(case, says):
    when, _ = refusal(case, "torch")
    assert when != "never", "PyTorch takes this: the row does not belong here"
    when_twin, error = refusal(case, "keras")
    assert isinstance(error, ValueError), f"PyTorch refuses this at {when}"
    assert STAGES.index(when_twin) <= STAGES.index(when), f"PyTorch refuses this at {when}"
    assert says in str(error)


def test_every_twin_has_a_row():
    with_row = {case.target for case, _ in BAD}
    assert with_row | set(NEVER) == set(TWINS)
    assert not with_row & set(NEVER), "these have a row: take them off the table"
    assert len({case.id for case, _ in BAD}) == len(BAD) > 300


def double_conv(framework: str) -> tuple[object, str]:
    """The notes' U-Net block, whose second convolution expects the block's input and gets the first one's output; and what its call says."""
    adapter, root = get(framework), {"torch": "torch_ref", "keras": "tf_impl"}[framework]
    conv, norm, relu, chain = (
        find(root, name) for name in ("layers.conv:Conv2d", "layers.batch_norm:BatchNorm2d", "activations.relu:ReLU", "layers.container:Sequential")
    )
    block = chain(conv(3, 64, kernel_size=3), norm(64), relu(inplace=True), conv(3, 64, kernel_size=3), norm(64), relu(inplace=True))
    shape = (4, 3, 160, 160) if framework == "torch" else (4, 160, 160, 3)
    with pytest.raises((RuntimeError, ValueError)) as raised:
        adapter.call(block, [adapter.tensor(Draw("normal", shape).draw("image"))], training=True)
    return raised.value, str(raised.value)


def test_the_notes_double_conv():
    """PyTorch says it in the words that the notes quote; the twin is a ValueError that names the layer's argument, and the layer within the block."""
    error, says = double_conv("torch")
    assert isinstance(error, RuntimeError)
    assert says == "Given groups=1, weight of size [64, 3, 3, 3], expected input[4, 64, 158, 158] to have 3 channels, but got 64 channels instead"
    error, says = double_conv("keras")
    assert isinstance(error, ValueError)
    assert "Conv2d was built with in_channels=3 but the input of shape (4, 158, 158, 64) does not end in that" in says
