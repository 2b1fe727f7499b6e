"""Transforms one after the other, on photographs and digits."""

from collections.abc import Callable, Sequence
from importlib.resources import as_file, files
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from jaxtyping import Num
from keras import ops

from tf_impl.datasets.digits import Digits
from tf_impl.datasets.photographs import photograph
from tf_impl.transforms._transform import Transform
from tf_impl.transforms.convert import ToPILImage, ToTensor
from tf_impl.transforms.crop import CenterCrop
from tf_impl.transforms.normalize import Normalize
from tf_impl.transforms.pad import Pad
from tf_impl.transforms.resize import Resize, resize, resize_as_pillow
from tf_impl.typing import Tensor

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


@keras.saving.register_keras_serializable(package="tf_impl")
class Compose(Transform):
    """torchvision's `Compose`, as a layer.

    Args:
        transforms: called in their order; layers, where the whole is saved or stands in a model.

    Shapes:
        as the transforms'.

    Differs from PyTorch: a `keras.Sequential` does the same for tensors; this one also takes PIL images through transforms that know them.

    Source: torchvision's documentation, `Compose`.
    """

    def __init__(self, transforms: Sequence[Callable[[Any], Any]], **kwargs) -> None:
        super().__init__(**kwargs)
        self.transforms = list(transforms)

    def __call__(self, inputs: Any, *args, **kwargs) -> Any:
        return self._through(inputs, kwargs.get("training")) if not ops.is_tensor(inputs) else keras.layers.Layer.__call__(self, inputs, *args, **kwargs)

    def call(self, inputs: Num[Tensor, "..."], training: bool | None = None) -> Tensor:
        return self._through(inputs, training)

    def _through(self, image: Any, training: bool | None) -> Any:
        for transform in self.transforms:
            told = {} if training is None or not getattr(transform, "_call_has_training_arg", False) else {"training": training}
            image = transform(image, **told)
        return image

    def get_config(self) -> dict:
        return super().get_config() | {"transforms": [keras.saving.serialize_keras_object(transform) for transform in self.transforms]}

    @classmethod
    def from_config(cls, config: dict) -> "Compose":
        return cls(**config | {"transforms": [keras.saving.deserialize_keras_object(transform) for transform in config["transforms"]]})


def on_photograph(name: str, size: int, crop: int, interpolation: str = "bilinear") -> dict[str, Tensor | bool]:
    """The field's preprocessing from three kinds of image: PIL's, bytes, and numbers from 0 to 1. Told in PyTorch's axes."""
    bytes_ = photograph(name)
    places = [Resize(size, interpolation), CenterCrop(crop)]
    pil = ToPILImage()(bytes_)
    apart = np.abs(np.asarray(Compose(places)(bytes_), np.int32) - np.asarray(Compose(places)(pil), np.int32))
    told = {
        "pil": Compose([*places, ToTensor(), Normalize(_MEAN, _STD)])(pil),
        "floats": Compose([*places, Normalize(_MEAN, _STD)])(ops.cast(bytes_, keras.config.floatx()) / 255),
        "as_pillow": ops.cast(resize_as_pillow(bytes_[:200, :300], (crop, crop + 7), interpolation), "int64"),
    }
    near = interpolation == "nearest" or int(apart.max()) <= 1
    return {key: ops.transpose(value, (2, 0, 1)) for key, value in told.items()} | {"bytes_within_a_level_of_pil": near}


def by_default(name: str) -> dict[str, Tensor | list[int]]:
    """What a newcomer takes for the same: there `resize`, here the framework's own words. Levels of 255, told in PyTorch's axes."""
    floats = ops.cast(photograph(name), keras.config.floatx())
    with as_file(files("sklearn.datasets.images") / f"{name}.jpg") as path:
        loaded = np.asarray(keras.utils.load_img(path, target_size=(96, 144)))
    told = {
        "resizing_layer": keras.layers.Resizing(96, 144)(floats),
        "image_resize": tf.cast(tf.image.resize(floats, (96, 144)), floats.dtype),
        "load_img": ops.cast(ops.convert_to_tensor(loaded), "int64"),
    }
    shape = list(resize(floats, 96).shape[:2])
    return {key: ops.transpose(value, (2, 0, 1)) for key, value in told.items()} | {"shape_of_96": shape}


def on_digits(count: int) -> dict[str, Tensor]:
    """The digits, larger, with a border, to [−1, 1]; told in PyTorch's axes."""
    change = Compose([Resize(12), Pad(2, padding_mode="edge"), CenterCrop((13, 14)), Normalize((0.5,), (0.5,))])
    data = Digits(change)
    return {"images": ops.transpose(ops.stack([data[index][0] for index in range(count)]), (0, 3, 1, 2))}
