"""A model through every file it can be written to, read back and run: the numbers must not change.

Shapes: x as the model takes it, channels last; every output as the model's own.

Differs from PyTorch:
    `.keras` holds the whole model, built again from registered classes and their configuration: no pickle, and no source is in it. SavedModel holds the
    graph and runs without Python or Keras, as `torch.export` does. `.weights.h5` and safetensors hold weights only.
    LiteRT has no float64, and onnxruntime no float64 convolution: for both the model is made again in float32, and their rows are judged as float32.
    Keras writes ONNX through tf2onnx, PyTorch through an exporter of its own: `keras_onnx` and `torch_onnx` are two files, each beside the other
    framework's live model.

Source: Keras' guides "Save, serialize, and export models" and "Export"; TensorFlow's documentation of LiteRT.
"""

import contextlib
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from safetensors.numpy import load_file, save_file

from tf_impl.saving._seeded import fill
from tf_impl.saving.state_dict import load_state_dict, state_dict
from tf_impl.typing import Tensor


def artefacts(x: Float[Tensor, "n ..."], model: keras.Model, formats: Sequence[str]) -> dict[str, Tensor]:
    """The outputs of a seeded model, live and through each format."""
    model(x)
    fill(model)
    told = {"live": model(x)}
    for name in formats:
        with tempfile.TemporaryDirectory() as folder:
            told[name] = _WAYS.get(name, lambda model, x, folder: model(x))(model, x, Path(folder))
    return told


def _keras(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    model.save(folder / "model.keras")
    return keras.saving.load_model(folder / "model.keras")(x)


def _weights(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    model.save_weights(folder / "model.weights.h5")
    other = _other(model, x)
    other.load_weights(folder / "model.weights.h5")
    return other(x)


def _safetensors(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    save_file(state_dict(model), folder / "model.safetensors")
    other = _other(model, x)
    load_state_dict(other, load_file(folder / "model.safetensors"))
    return other(x)


def _saved_model(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    model.export(folder / "model", verbose=False, input_signature=_signature(x))
    loaded = tf.saved_model.load(str(folder / "model"))  # kept by name: its function does not keep its variables alive
    return loaded.serve(x)


def _litert(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    x = tf.cast(x, tf.float32)
    with _narrow(model, x) as narrow, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # tf.lite says that it moves to the package ai-edge-litert
        narrow.export(folder / "model.tflite", format="litert", verbose=False, input_signature=_signature(x, batch=x.shape[0]))
        interpreter = tf.lite.Interpreter(str(folder / "model.tflite"))
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x.numpy())
    interpreter.invoke()
    return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _onnx(model: keras.Model, x: Tensor, folder: Path) -> Tensor:
    import onnxruntime

    x = tf.cast(x, tf.float32)
    with _narrow(model, x) as narrow, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Keras asks for `np.object`, which tf2onnx still uses
        narrow.export(folder / "model.onnx", format="onnx", verbose=False, input_signature=_signature(x))
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return session.run(None, {session.get_inputs()[0].name: x.numpy()})[0]


@contextlib.contextmanager
def _narrow(model: keras.Model, x: Tensor) -> Iterator[keras.Model]:
    """The model in float32 with the same weights, and float32 as Keras' own type meanwhile."""
    kept = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")
    try:
        narrow = _other(model, x)
        load_state_dict(narrow, state_dict(model))
        yield narrow
    finally:
        keras.config.set_dtype_policy(kept[0])
        keras.config.set_floatx(kept[1])


def _signature(x: Tensor, batch: int | None = None) -> list[keras.InputSpec]:
    return [keras.InputSpec(shape=(batch, *x.shape[1:]), dtype=keras.backend.standardize_dtype(x.dtype))]


def _other(model: keras.Model, x: Tensor) -> keras.Model:
    """The same model with other weights, so that a file that is not read shows."""
    other = type(model).from_config({word: value for word, value in model.get_config().items() if word != "dtype"})
    other(x)
    fill(other, seed=1)
    return other


_WAYS = {"keras": _keras, "weights_h5": _weights, "safetensors": _safetensors, "saved_model": _saved_model, "litert": _litert, "keras_onnx": _onnx}
