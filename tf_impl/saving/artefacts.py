"""A model through every file it can be written to, read back and run: the numbers must not change.

Shapes: x as the model takes it, channels last; every output as the model's own.

Differs from PyTorch:
    `.keras` holds the whole model, built again from registered classes and their configuration: no pickle, and no source is in it. SavedModel holds the
    graph and runs without Python or Keras, as `torch.export` does. `.weights.h5` and safetensors hold weights only.
    LiteRT has no float64: the model is converted in float32 in both precisions, and its row is judged as float32.

Source: Keras' guides "Save, serialize, and export models" and "Export"; TensorFlow's documentation of LiteRT.
"""

import importlib.util
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Float
from safetensors.numpy import load_file, save_file

from tf_impl.saving._seeded import fill
from tf_impl.saving.state_dict import load_state_dict, state_dict
from tf_impl.typing import Tensor

_NOT_HERE = "not run: needs {}; pip install torch-keras-parity[onnx]"


def artefacts(x: Float[Tensor, "n ..."], model: keras.Model, formats: Sequence[str]) -> dict[str, Tensor | str]:
    """The outputs of a seeded model, live and through each format; a sentence where a package is missing."""
    model(x)
    fill(model)
    told: dict[str, Tensor | str] = {"live": model(x)}
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
    kept = keras.config.dtype_policy(), keras.config.floatx()
    keras.config.set_dtype_policy("float32")
    keras.config.set_floatx("float32")
    try:
        narrow = _other(model, x)
        load_state_dict(narrow, state_dict(model))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # tf.lite says that it moves to the package ai-edge-litert
            narrow.export(folder / "model.tflite", format="litert", verbose=False, input_signature=_signature(x, batch=x.shape[0]))
            interpreter = tf.lite.Interpreter(str(folder / "model.tflite"))
    finally:
        keras.config.set_dtype_policy(kept[0])
        keras.config.set_floatx(kept[1])
    interpreter.allocate_tensors()
    interpreter.set_tensor(interpreter.get_input_details()[0]["index"], x.numpy())
    interpreter.invoke()
    return np.array(interpreter.get_tensor(interpreter.get_output_details()[0]["index"]))


def _onnx(model: keras.Model, x: Tensor, folder: Path) -> Tensor | str:
    absent = [name for name in ("onnx", "onnxruntime", "onnxscript") if importlib.util.find_spec(name) is None]
    if absent:
        return _NOT_HERE.format(", ".join(absent))
    import onnxruntime

    model.export(folder / "model.onnx", format="onnx", verbose=False, input_signature=_signature(x))
    session = onnxruntime.InferenceSession(folder / "model.onnx", providers=["CPUExecutionProvider"])
    return tf.constant(session.run(None, {session.get_inputs()[0].name: x.numpy()})[0])


def _signature(x: Tensor, batch: int | None = None) -> list[keras.InputSpec]:
    return [keras.InputSpec(shape=(batch, *x.shape[1:]), dtype=keras.backend.standardize_dtype(x.dtype))]


def _other(model: keras.Model, x: Tensor) -> keras.Model:
    """The same model with other weights, so that a file that is not read shows."""
    other = type(model).from_config({word: value for word, value in model.get_config().items() if word != "dtype"})
    other(x)
    fill(other, seed=1)
    return other


_WAYS = {"keras": _keras, "weights_h5": _weights, "safetensors": _safetensors, "saved_model": _saved_model, "litert": _litert, "onnx": _onnx}
