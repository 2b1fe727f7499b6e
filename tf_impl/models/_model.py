"""What every model twin shares."""

import keras

from tf_impl.layers._twin import Twin
from tf_impl.models._images import check_images
from tf_impl.typing import Tensor


class Model(Twin, keras.Model):
    """A keras.Model whose constructor arguments survive saving.

    Keras 3.15 loses them: `Model.__new__` passes none on, so that a model built with 7 classes is saved, and loaded, with the default 10.
    """

    def check_images(self, images: Tensor, channels: int, least: int | tuple[int, int] = 1) -> None:
        """Refuses what is no batch of float images (N, H, W, channels) with sides of at least `least`, in one sentence that names it."""
        check_images(self, images, channels, least)
