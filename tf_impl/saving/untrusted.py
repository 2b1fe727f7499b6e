"""Files from elsewhere: what would run code is refused, what is cut off is refused, and a refused file leaves the model as it was.

Shapes: none; the model is one Linear layer.

Differs from PyTorch:
    A `.keras` file is JSON and arrays, so that a whole model may come from elsewhere; what could still run code is a Lambda layer, whose function is stored as
    bytecode. It is refused by a ValueError unless `safe_mode=False`; PyTorch refuses every whole model by an UnpicklingError unless `weights_only=False`.

Source: Keras' documentation, "Whole model saving & loading", `safe_mode`.
"""

import tempfile
from pathlib import Path

import keras
import numpy as np
from safetensors.numpy import load_file, save_file

from tf_impl.layers.linear import Linear
from tf_impl.saving.state_dict import load_state_dict, state_dict
from tf_impl.tensors._refusal import attempt


def observe_untrusted() -> dict[str, bool | str | None]:
    """What this framework's loaders do, found by giving them such files."""
    model = keras.Sequential([keras.layers.Input((3,)), Linear(3, 2)])
    before = [value.copy() for value in model.get_weights()]
    told: dict[str, bool | str | None] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        target = str(folder / "ran")
        evil = keras.Sequential([keras.layers.Input((3,)), keras.layers.Lambda(lambda x: (__import__("pathlib").Path(target).touch(), x)[1])])
        evil.save(folder / "evil.keras")
        model.save(folder / "model.keras")
        told |= attempt("whole_model", lambda: keras.saving.load_model(folder / "model.keras"))
        (folder / "ran").unlink(missing_ok=True)  # building it ran the function once
        told["evil_raised"] = attempt("evil", lambda: keras.saving.load_model(folder / "evil.keras")(np.ones((1, 3))))["evil_raised"]
        told["code_ran"] = (folder / "ran").exists()
        keras.saving.load_model(folder / "evil.keras", safe_mode=False)(np.ones((1, 3)))
        told["code_runs_if_asked_to"] = (folder / "ran").exists()

        model.save_weights(folder / "model.weights.h5")
        save_file(state_dict(model.layers[0]), folder / "weights.safetensors")
        loads = (
            ("cut_off", folder / "model.weights.h5", model.load_weights),
            ("cut_off_safetensors", folder / "weights.safetensors", lambda path: load_state_dict(model.layers[0], load_file(path))),
        )
        for label, path, load in loads:
            path.write_bytes(path.read_bytes()[:-20])
            told[f"{label}_raised"] = attempt("x", lambda load=load, path=path: load(path))["x_raised"]
        told["absent_raised"] = attempt("x", lambda: keras.saving.load_model(folder / "absent.keras"))["x_raised"]
    told["left_as_it_was"] = all(np.array_equal(value, old) for value, old in zip(model.get_weights(), before, strict=True))
    told["whole_model_error"] = (told["whole_model_error"] or "").partition(":")[0]
    return told
