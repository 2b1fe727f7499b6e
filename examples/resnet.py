"""A torchvision-style ResNet against `keras.applications`: the same blocks, but not the same stride, epsilon and biases.

    python -m examples.resnet [--full]

keras.applications' bottleneck has its stride at the first 1×1 convolution, torchvision's at the 3×3; its BatchNorm has epsilon 1.001e-5 for 1e-5.
The convolutions of keras.applications have biases, torchvision's have none: they stay at zero, where Keras initialised them.
"""

import sys

import keras
import numpy as np
import torch
from keras.src.applications.resnet import ResNet as KerasResNet
from keras.src.applications.resnet import stack_residual_blocks_v1

import parity
from torch_ref.models.resnet import ResNet, resnet50

SIZE = 32


def trained_statistics(model: torch.nn.Module) -> torch.nn.Module:
    """Fresh norms (mean 0, variance 1) would hide what trained ones show."""
    torch.manual_seed(0)
    for module in model.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.running_mean.normal_(0, 0.1)
            module.running_var.uniform_(0.5, 2.0)
    return model.eval()


def build_torch(full: bool = False) -> torch.nn.Module:
    return trained_statistics(resnet50(num_classes=10) if full else ResNet("bottleneck", (1, 1, 1, 1), num_classes=10))


def build_keras(full: bool = False) -> keras.Model:
    if full:
        return keras.applications.ResNet50(weights=None, input_shape=(SIZE, SIZE, 3), classes=10, classifier_activation=None)

    def stages(x):
        for place, filters in enumerate((64, 128, 256, 512)):
            x = stack_residual_blocks_v1(x, filters, 1, stride1=1 if place == 0 else 2, name=f"conv{place + 2}")
        return x

    return KerasResNet(stages, False, True, name="resnet14", weights=None, input_shape=(SIZE, SIZE, 3), classes=10, classifier_activation=None)


def main(full: bool = False) -> parity.Report:
    images = np.random.default_rng(0).standard_normal((2, 3, SIZE, SIZE)).astype("float32")
    return parity.check(build_torch(full), build_keras(full), images)


if __name__ == "__main__":
    print(main("--full" in sys.argv))
