"""Whole detection networks: torchvision's Mask R-CNN, which nobody here wrote, and published counts."""

import importlib

import pytest
import torch
from networks import BOXES, SIZES, TINY, part
from torch import nn

import torch_ref.models.detection as detection
from torch_ref.models.yolo_anchor_free import YOLOAnchorFree
from torch_ref.models.yolo_v1 import YOLOv1
from torch_ref.models.yolo_v3 import YOLOv3

pytestmark = [pytest.mark.xdist_group("detection"), pytest.mark.filterwarnings("ignore")]


# torchvision's Mask R-CNN


def test_names_and_shapes_are_torchvisions():
    """Full size, on no device: `strict=True` by keys and shapes."""
    with torch.device("meta"):
        theirs = part("models.detection").maskrcnn_resnet50_fpn(weights=None, weights_backbone=None)
        ours, frozen = detection.MaskRCNN(frozen=False), detection.MaskRCNN()
    expected = {name: value.shape for name, value in theirs.state_dict().items()}
    assert {name: value.shape for name, value in ours.state_dict().items()} == expected
    assert {name: value.shape for name, value in frozen.state_dict().items()} == {k: v for k, v in expected.items() if "num_batches" not in k}
    published = part("models.detection").MaskRCNN_ResNet50_FPN_Weights.COCO_V1.meta["num_params"]
    assert sum(p.numel() for p in frozen.parameters()) == published == 44_401_393
    assert sum(p.numel() for p in ours.parameters()) == 44_454_513


def test_a_frozen_model_takes_the_norms_of_one_that_is_not():
    plain, frozen = detection.MaskRCNN(**TINY, frozen=False), detection.MaskRCNN(**TINY)
    assert str(frozen.load_state_dict(plain.state_dict())) == "<All keys matched successfully>"
    images = torch.rand(1, 3, 32, 64)
    for one, other in zip(plain.eval().backbone(images), frozen.eval().backbone(images), strict=True):
        torch.testing.assert_close(one, other)


@pytest.fixture
def compiled_parts(monkeypatch):
    """torchvision's two compiled operations, by ours: NMS and RoIAlign, which have tests of their own."""
    monkeypatch.setattr(part("ops.boxes"), "nms", detection.nms)
    align = importlib.import_module("torch_ref.models.detection.roi_align").roi_align
    monkeypatch.setattr(
        part("ops.roi_align"),
        "_roi_align",
        lambda features, rois, scale, height, width, ratio, aligned: align(features, rois, (height, width), scale, ratio, aligned),
    )


def test_the_whole_is_torchvisions(compiled_parts):
    """Detections in images of two sizes, five losses and all gradients, in float32: labels and scores bit for bit, the rest as near as it says."""
    torch.manual_seed(0)
    mask_rcnn, faster_rcnn = part("models.detection.mask_rcnn"), part("models.detection.faster_rcnn")
    resnet = part("models").resnet18(weights=None)
    taken = {f"layer{i + 1}": str(i) for i in range(4)}
    backbone = part("models.detection.backbone_utils").BackboneWithFPN(resnet, taken, [64, 128, 256, 512], 12)
    many = {"rpn_batch_size_per_image": 10_000, "box_batch_size_per_image": 10_000}
    theirs = mask_rcnn.MaskRCNN(
        backbone,
        min_size=64,
        max_size=96,
        rpn_anchor_generator=part("models.detection.anchor_utils").AnchorGenerator(SIZES, ((0.5, 1.0, 2.0),) * 5),
        box_head=faster_rcnn.TwoMLPHead(12 * 49, 16),
        box_predictor=faster_rcnn.FastRCNNPredictor(16, 5),
        mask_head=mask_rcnn.MaskRCNNHeads(12, (8, 8), 1),
        mask_predictor=mask_rcnn.MaskRCNNPredictor(8, 8, 5),
        rpn_pre_nms_top_n_train=50, rpn_pre_nms_top_n_test=40, rpn_post_nms_top_n_train=40, rpn_post_nms_top_n_test=20, box_detections_per_img=8, **many,
    )  # fmt: skip
    sizes = {"rpn_pre_nms_top_n": (50, 40), "rpn_post_nms_top_n": (40, 20), "box_detections_per_img": 8}
    ours = detection.MaskRCNN(
        5, "basic", (2, 2, 2, 2), frozen=False, out_channels=12, representation_size=16, mask_layers=(8, 8), mask_dim_reduced=8, sizes=SIZES, **sizes, **many
    )
    for module in theirs.modules():
        if isinstance(module, nn.BatchNorm2d):
            nn.init.uniform_(module.running_var, 0.5, 2.0)
    nn.init.normal_(theirs.rpn.head.cls_logits.weight, std=0.3)
    nn.init.normal_(theirs.rpn.head.bbox_pred.weight, std=0.1)
    ours.load_state_dict(theirs.state_dict(), strict=True)

    images = [torch.rand(3, 60, 80), torch.rand(3, 70, 64)]
    with torch.no_grad():
        expected = theirs.eval()(images)
    for one, other in zip(ours.detect(images, 64, 96), expected, strict=True):
        assert len(one["boxes"]) == 8
        torch.testing.assert_close(one["boxes"], other["boxes"], rtol=1e-6, atol=1e-5)  # theirs divides the sizes in float32
        assert torch.equal(one["labels"], other["labels"])
        assert torch.equal(one["scores"], other["scores"])
        torch.testing.assert_close(one["masks"], other["masks"][:, 0], rtol=1e-5, atol=1e-5)

    images = torch.rand(2, 3, 64, 96)
    found, kinds = torch.tensor(BOXES, dtype=torch.float32) * 0.15, torch.tensor([[1, 2], [3, 0]])
    masks = torch.rand(2, 2, 64, 96) > 0.5
    targets = [{"boxes": b[: (k > 0).sum()], "labels": k[k > 0], "masks": m[k > 0].to(torch.uint8)} for b, k, m in zip(found, kinds, masks, strict=True)]
    expected = theirs.train()(list(images), targets)
    batch, _ = detection.batch_images(list(images), 64, 96)
    losses = ours.train()(batch, found, kinds, masks)
    assert set(losses) == set(expected)
    for name, value in expected.items():
        torch.testing.assert_close(losses[name], value, rtol=1e-6, atol=0)
    gradients = dict(zip(dict(ours.named_parameters()), torch.autograd.grad(sum(losses.values()), list(ours.parameters())), strict=True))
    for (name, _), gradient in zip(theirs.named_parameters(), torch.autograd.grad(sum(expected.values()), list(theirs.parameters())), strict=True):
        assert (gradients[name] - gradient).abs().max() <= 1e-5 * gradient.abs().max(), name


# Published counts


def macs(module: nn.Module, *arguments) -> tuple[int, object]:
    """Multiply-adds of convolutions and linear layers, and what the module returns."""
    total = 0

    def count(layer, inputs, output):
        nonlocal total
        if isinstance(layer, nn.ConvTranspose2d):
            total += inputs[0].numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Conv2d):
            total += output.numel() * layer.weight[0].numel()
        elif isinstance(layer, nn.Linear):
            total += output.numel() * layer.in_features

    hooks = [layer.register_forward_hook(count) for layer in module.modules()]
    output = module(*arguments)
    for hook in hooks:
        hook.remove()
    return total, output


def parameters(*modules: nn.Module) -> int:
    return sum(p.numel() for module in modules for p in module.parameters())


def test_counts_of_mask_rcnn():
    with torch.device("meta"):
        model = detection.MaskRCNN().eval()
        backbone, features = macs(model.backbone, torch.zeros(1, 3, 800, 1216))
        rpn, _ = macs(model.rpn.head, features)
        heads = model.roi_heads
        box = macs(nn.Sequential(heads.box_head, heads.box_predictor), torch.zeros(1000, 256, 7, 7))[0]
        mask = macs(nn.Sequential(heads.mask_head, heads.mask_predictor), torch.zeros(100, 256, 14, 14))[0]
    told = [(parameters(model.backbone), backbone), (parameters(model.rpn), rpn), (parameters(heads.box_head, heads.box_predictor), box)]
    told.append((parameters(heads.mask_head, heads.mask_predictor), mask))
    documentation = importlib.import_module("torch_ref.models.detection.mask_rcnn").__doc__
    for count, operations in [*told, tuple(map(sum, zip(*told, strict=True)))]:
        assert f"| {count:,} | {operations / 1e9:.1f} G |" in documentation


@pytest.mark.parametrize(
    ("model", "size", "count", "operations"),
    [(YOLOv1, (448, 448), 271_703_550, "20.3 G"), (YOLOv3, (416, 416), 61_949_149, "32.9 G"), (YOLOAnchorFree, (640, 640), 3_157_184, "4.4 G")],
)
def test_counts_of_yolo(model, size, count, operations, monkeypatch):
    """v3's is the published 61,949,149; YOLOv8n's is 3,157,200, of which 16 are the numbers 0 … 15."""
    module = importlib.import_module(model.__module__)
    monkeypatch.setattr(module, "best_detections", lambda *args, **options: {})
    with torch.device("meta"):
        network = model().eval()
        total, _ = macs(network, torch.zeros(1, 3, *size))
    assert parameters(network) == count
    assert f"{total / 1e9:.1f} G" == operations
    assert f"{count:,} parameters" in module.__doc__
    assert operations in module.__doc__
