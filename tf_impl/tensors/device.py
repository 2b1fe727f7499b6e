r"""Where tensors and models live: choosing, and what moves by itself.

    with keras.device("gpu:0" if tf.config.list_physical_devices("GPU") else "cpu:0"):
        model = Net()

Shapes: x (n, d).

Differs from PyTorch:
    TensorFlow takes a GPU by itself when there is one; a tensor on the wrong device is copied to where the operation runs, where PyTorch raises.
    Variables stay where they were made: a model has no `.to(device)`; build it under `keras.device`. There is no `.cpu()`: `.numpy()` copies from anywhere.
    A device that is not there is replaced by another (soft placement, on by default); PyTorch raises.

Source: the notes, "GPU计算" and "桥接Numpy" (`.to("cpu", torch.double)`).
"""

import keras
import tensorflow as tf
from jaxtyping import Float

from tf_impl.tensors._refusal import attempt
from tf_impl.typing import Tensor


def chosen(x: Float[Tensor, "n d"]) -> dict[str, Tensor | bool | str]:
    """The notes' `"cuda:0" if torch.cuda.is_available() else "cpu"`, and a computation there, brought back to NumPy."""
    gpus = tf.config.list_physical_devices("GPU")
    device = "GPU:0" if gpus else "CPU:0"
    with tf.device(device):
        y = 2 * tf.identity(x) + 1
    return {"is_gpu_if_there_is_one": device.startswith("GPU") == bool(gpus), "result_is_there": y.device.endswith(device), "back": y.numpy()}


def moving(x: Float[Tensor, "n d"]) -> dict[str, Tensor | bool | str | None]:
    """A tensor is copied to a device by `tf.identity` under `tf.device`; a model is built there."""
    device = x.device
    with tf.device(device):
        model = keras.layers.Dense(2)
        model.build(x.shape)
        same = tf.convert_to_tensor(x)
        double = tf.cast(x, "float64")

    def on(name: str) -> Tensor:
        with tf.device(name):
            return tf.identity(x)

    return {
        "tensor_to_its_own_device_is_itself": same is x,
        "model_to_returns_itself": hasattr(model, "to"),
        "type_changes_on_the_way": double.dtype.name,
        "double": double,
        "model_and_batch_on_one_device": model.kernel.value.device == device and model(x).device == device,
        **attempt("device_that_is_not_there", lambda: on("GPU:99")),
        **attempt("no_such_device", lambda: on("abacus")),
    }
