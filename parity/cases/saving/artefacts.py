"""Two nets through all formats of both frameworks; each row is one artefact beside PyTorch's live model, or Keras' live model beside PyTorch's artefact."""

from parity.case import Build, DemoCase, image

_FORMATS = ["state_dict", "safetensors", "torch_export", "keras", "weights_h5", "saved_model", "litert", "onnx"]


def _case(name: str, target: str, shape: tuple[int, ...], **config) -> DemoCase:
    return DemoCase(
        "saving.artefacts:artefacts",
        name,
        inputs={"x": image(*shape)},
        config={"model": Build(target, config), "formats": _FORMATS},
        backends=("tensorflow",),
    )


CASES = [_case("60-minute-net", "models.sixty_minute_net:Net", (3, 2, 32, 32), in_channels=2, num_classes=7)]
