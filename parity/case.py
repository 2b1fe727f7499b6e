"""What is compared: pure data, no framework.

A case names one implementation that exists under both roots (`torch_ref.` and `tf_impl.`), how it is built, and what it is fed.
Shapes are torch's (channels first); the adapters move axes where `Draw.layout` says so.

>>> case = Case("layers.conv:Conv2d", "stride2", config={"in_channels": 3, "out_channels": 5, "kernel_size": 3, "stride": 2},
...             inputs={"input": image(2, 3, 17, 19)})
>>> case.id, case.concept
('layers.conv:Conv2d[stride2]', 'layers.conv')
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from typing import Any, Literal

import numpy as np

Layout = Literal["same", "channels_last", "channels_last_unbatched"]  # where the Keras side has torch's channel axis


def seeded(*words: object) -> np.random.Generator:
    """A generator that depends on the words alone, on every machine and in every process."""
    digest = hashlib.sha256("\x1f".join(map(str, words)).encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


@dataclass(frozen=True)
class Draw:
    """A seeded maker of one input array.

    `kind` is "normal", "uniform", "integers", "bools" or "values" (literal). Floats are drawn in float64 and rounded to float32, so that
    both precisions start from the same numbers. `edges` replace the first elements: the values where implementations part.
    `layout="channels_last"`: the Keras side sees axis 1 moved to the end (`"channels_last_unbatched"`: axis 0).
    `differentiable=False` keeps a float input out of the gradients.
    """

    kind: Literal["normal", "uniform", "integers", "bools", "values"]
    shape: tuple[int, ...] = ()
    low: float = 0.0
    high: float = 1.0
    values: Any = None
    edges: tuple[float, ...] = ()
    layout: Layout = "same"
    differentiable: bool = True

    def draw(self, *words: object) -> np.ndarray:
        """The array: float32, int64 or bool. The same words give the same array."""
        rng = seeded(*words)
        array: np.ndarray
        match self.kind:
            case "normal":  # low is the mean, high the standard deviation
                array = rng.normal(self.low, self.high, self.shape).astype(np.float32)
            case "uniform":
                array = rng.uniform(self.low, self.high, self.shape).astype(np.float32)
            case "integers":
                array = rng.integers(int(self.low), int(self.high), self.shape, dtype=np.int64)
            case "bools":
                array = rng.random(self.shape) < self.high
            case "values":
                array = np.asarray(self.values)
                if array.dtype.kind == "f":
                    array = array.astype(np.float32)
                elif array.dtype.kind in "iu":
                    array = array.astype(np.int64)
        if self.edges:
            array.reshape(-1)[: len(self.edges)] = self.edges
        return array


Input = Draw | tuple["Input", ...] | None


def image(*shape: int, mean: float = 0.0, std: float = 1.0, edges: tuple[float, ...] = (), batched: bool = True) -> Draw:
    """(N, C, *space) floats; channels last on the Keras side. Also (N, C, L) signals and (N, C, D, H, W) volumes; `batched=False`: (C, *space)."""
    return Draw("normal", shape, mean, std, edges=edges, layout="channels_last" if batched else "channels_last_unbatched")


def array(*shape: int, mean: float = 0.0, std: float = 1.0, edges: tuple[float, ...] = (), differentiable: bool = True) -> Draw:
    """Normal floats whose axes are the same on both sides."""
    return Draw("normal", shape, mean, std, edges=edges, differentiable=differentiable)


def uniform(*shape: int, low: float = 0.0, high: float = 1.0, edges: tuple[float, ...] = (), layout: Layout = "same", differentiable: bool = True) -> Draw:
    """Uniform floats in [low, high)."""
    return Draw("uniform", shape, low, high, edges=edges, layout=layout, differentiable=differentiable)


def tokens(*shape: int, vocabulary: int) -> Draw:
    """Token ids 0 … vocabulary − 1 (int64)."""
    return Draw("integers", shape, 0, vocabulary)


def labels(*shape: int, classes: int) -> Draw:
    """Class indices 0 … classes − 1 (int64)."""
    return Draw("integers", shape, 0, classes)


def mask(*shape: int, keep: float = 0.7) -> Draw:
    """Booleans, True with probability `keep`."""
    return Draw("bools", shape, 0.0, keep)


def values(data: Any, layout: Layout = "same", differentiable: bool = True) -> Draw:
    """These very numbers: floats become float32, integers int64."""
    return Draw("values", values=data, layout=layout, differentiable=differentiable)


@dataclass(frozen=True)
class Build:
    """A target with its configuration: a loss or an optimizer inside another case."""

    target: str
    config: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Figure:
    """A plot of what a case was given and what it recorded, both sides over each other, on the concept's guide page and in the report.

    `y` maps what is drawn to its label: an input by its name, a record by its key ("output:costs", "input_grad:input"). Kinds:
    "lines": each `y` over `x` (or over 1, 2, … without);
    "path": each `y` holds points (n, 2), over the contours of `ground` = (x axis, y axis, heights (y, x));
    "surface": contours of the only `y`, heights (x, y) over the axes `ground` = (x axis, y axis).
    """

    title: str
    y: Mapping[str, str]
    x: str = ""
    kind: Literal["lines", "path", "surface"] = "lines"
    ground: tuple[str, ...] = ()
    axes: tuple[str, str] = ("", "")  # their labels
    logarithmic: bool = False  # lines: the y axis

    @property
    def names(self) -> tuple[str, ...]:
        """Everything that is drawn."""
        return tuple(dict.fromkeys(name for name in (self.x, *self.y, *self.ground) if name))


@dataclass(frozen=True, kw_only=True)
class _Common:
    known: Mapping[str, str] = field(default_factory=dict)  # {row pattern "role:name": reason}; fails once the difference is gone
    backends: tuple[str, ...] = ("tensorflow", "jax", "torch")  # Keras backends on which the twin exists
    roots: tuple[str, str] = ("torch_ref", "tf_impl")  # the packages with the reference and with the twin
    needs: str = ""  # a data set ("mnist") or an extra ("onnx") that must be here, else the case is not run and says so
    time_limit: float = 120.0  # seconds for one side
    seed: int = 0
    figures: tuple[Figure, ...] = ()


@dataclass(frozen=True)
class _Named:
    target: str  # "layers.conv:Conv2d": module and name below both roots
    name: str = "default"

    @property
    def concept(self) -> str:
        """The module below the roots, which is also the guide page: "layers.conv"."""
        return self.target.partition(":")[0]

    @property
    def area(self) -> str:
        return self.concept.partition(".")[0]

    @property
    def id(self) -> str:
        return f"{self.target}[{self.name}]"

    def __str__(self) -> str:
        return self.id


@dataclass(frozen=True)
class Case(_Named, _Common):
    """A layer, model, activation or loss: built from `config`, called on `inputs` in their order.

    Recorded: outputs, the gradients of ⟨output, random cotangent⟩ (or of `loss`) for inputs and parameters, buffers after the call, and, with
    `steps`, that many optimizer steps. A target that is a plain function is called on the inputs with `config` as keywords.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    inputs: Mapping[str, Input] = field(default_factory=dict)
    arguments: Mapping[str, Any] = field(default_factory=dict)  # further keywords of the call that are no tensors: is_causal=True
    training: bool = False
    gradients: bool = True
    cotangent: Literal["random", "ones"] = "random"  # ones: the input gradient of an elementwise function is its slope, to be drawn
    steps: int = 0
    loss: Build | None = None  # called (output, target)
    targets: Draw | None = None  # what the loss compares with
    optimizer: Build = Build("optimizers.sgd:SGD", {"lr": 0.0625})
    output_layout: Layout | Literal["auto"] | Mapping[str, Layout] = "auto"  # auto: as the first channels-last input of equal rank
    weights: Mapping[str, Draw] = field(default_factory=dict)  # by canonical name, where a random draw would not do


@dataclass(frozen=True)
class OptimizerCase(_Named, _Common):
    """An optimizer on parameters fed with the same seeded gradients on both sides: trajectory and slots."""

    config: Mapping[str, Any] = field(default_factory=dict)
    parameters: Mapping[str, Draw] = field(default_factory=dict)
    steps: int = 50
    gradient_scale: float | tuple[float, ...] = 1.0  # one scale, or one a step (cycled)
    learning_rates: Mapping[int, float] = field(default_factory=dict)  # from that step (0-based) on


@dataclass(frozen=True)
class DemoCase(_Named, _Common):
    """A function of tensors that returns {name: tensor | fact}; facts (bool, int, str, None, lists of them) are observed, not typed in.

    `printed` holds what the notes or papers print, compared with both sides to half a unit of the last of `decimals`.
    """

    inputs: Mapping[str, Input] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)
    printed: Mapping[str, Any] = field(default_factory=dict)
    decimals: int = 4


@dataclass(frozen=True)
class TrainingCase(_Named, _Common):
    """A model trained on real data by both sides: same weights, same batches, loss and accuracy per step.

    Whole-number labels are classes; of other targets an output is right within ½ of it, which for probabilities of 0 and 1 is the usual accuracy.
    The trajectory is judged in float64 against torch's own envelope (five runs, every weight moved by one ulp); float32 curves of `seeds` runs are shown.
    """

    config: Mapping[str, Any] = field(default_factory=dict)
    data: str = "digits"  # a loader of parity.datasets
    data_config: Mapping[str, Any] = field(default_factory=dict)
    loss: Build = Build("losses.cross_entropy:CrossEntropyLoss")
    optimizer: Build = Build("optimizers.sgd:SGD", {"lr": 0.0625})
    batch: int = 32
    steps: int = 100
    seeds: int = 5
    held_out: float = 0.2  # share of the examples, at most 1000, that the final accuracy is of; 0: of those that it trains on
    split: Literal["random", "last"] = "random"  # which are held out


def curve(target: str, label: str, low: float = -4.0, high: float = 4.0, *, input: str = "input", name: str = "curve", **config: Any) -> Case:
    """A function of one number over [low, high], drawn with its slope."""
    points = values([low + (high - low) * i / 160 for i in range(161)])
    figure = Figure(label, {"output:output": "value", f"input_grad:{input}": "slope"}, x=input, axes=("x", ""))
    return Case(target, name, config=config, inputs={input: points}, cotangent="ones", figures=(figure,))


AnyCase = Case | OptimizerCase | DemoCase | TrainingCase


def canonical(value: Any) -> Any:
    """A case as JSON-ready data, for hashing and for the report."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"type": type(value).__name__} | {f.name: canonical(getattr(value, f.name)) for f in fields(value)}
    if isinstance(value, Mapping):
        return {str(k): canonical(v) for k, v in value.items()}
    if isinstance(value, (list, tuple)):
        return [canonical(v) for v in value]
    if isinstance(value, np.ndarray):
        return value.tolist()
    return value if isinstance(value, (str, int, float, bool, type(None))) else repr(value)
