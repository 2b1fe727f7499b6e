"""Losses of two scores and three steps under them: PSPNet, FCN and DeepLab v3 in quick form, ignored labels; without auxiliary scores in evaluation."""

from parity.case import Build, Case, image, labels

TARGET = "models.deep_supervision:DeepSupervision"
HEAD = {"num_classes": 4, "layers": (1, 1, 1, 1), "width": 2, "dropout": 0.0}
PSPNET = Build("models.pspnet:PSPNet", {**HEAD, "hidden": 6})
FCN = Build("models.fcn:FCNResNet", {**HEAD, "aux_loss": True})
DEEPLAB = Build("models.deeplab_v3:DeepLabV3", {**HEAD, "hidden": 6, "atrous_rates": (1, 2), "aux_loss": True, "aspp_dropout": 0.0})


def _train(name: str, model: Build, **config) -> Case:
    inputs = {"x": image(4, 3, 25, 18), "target": labels(4, 25, 18, classes=4)}
    return Case(TARGET, name, config={"model": model, **config}, inputs=inputs, training=True, steps=3)


CASES = [
    Case(
        TARGET,
        "evaluation",
        config={"model": PSPNET, "weight": 0.5, "ignore_index": 1},
        inputs={"x": image(2, 3, 17, 9), "target": labels(2, 17, 9, classes=4)},
    ),
    _train("pspnet", PSPNET, ignore_index=3),
    _train("fcn", FCN, weight=0.5),
    _train("deeplab-v3", DEEPLAB, weight=0.5, ignore_index=0),
]
