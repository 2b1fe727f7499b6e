"""The parts of detection networks against torchvision and against definitions written out: boxes, anchors, matching, suppression, RoIAlign, masks."""

import numpy as np
import pytest
import tensorflow as tf
import torch
from networks import numpy, part

import tf_impl.models.detection as keras_detection
import torch_ref.models.detection as detection

pytestmark = [pytest.mark.xdist_group("detection"), pytest.mark.filterwarnings("ignore")]


@pytest.fixture(autouse=True)
def _drawn_from_one_seed():
    """Whatever ran before in this process."""
    torch.manual_seed(0)


def boxes(count: int, seed: int, size: float = 60.0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    corner = torch.rand(count, 2, generator=generator) * size * 0.6
    return torch.cat([corner, corner + 0.5 + torch.rand(count, 2, generator=generator) * size * 0.4], 1)


def test_boxes():
    ops, utils = part("ops"), part("models.detection._utils")
    one, other = boxes(7, 1), boxes(5, 2)
    assert torch.equal(detection.box_iou(one, other), ops.box_iou(one, other))
    assert torch.equal(detection.clip_boxes(one - 5, torch.tensor([30, 40])), ops.clip_boxes_to_image(one - 5, (30, 40)))
    weights = (10.0, 10.0, 5.0, 5.0)
    coder = utils.BoxCoder(weights)
    assert torch.equal(detection.encode_boxes(one[:5], other, weights), coder.encode_single(one[:5], other))
    codes = torch.randn(5, 4) * 20
    assert torch.equal(detection.decode_boxes(codes, other, weights), coder.decode_single(codes, other))
    torch.testing.assert_close(1 - detection.complete_iou(one[:5], other), ops.complete_box_iou_loss(one[:5], other), rtol=1e-5, atol=1e-5)


def test_anchors():
    generator = part("models.detection.anchor_utils").AnchorGenerator(((32, 45), (64, 90)), ((0.5, 1.0, 2.0),) * 2)
    images = part("models.detection.image_list").ImageList(torch.zeros(1, 3, 99, 150), [(99, 150)])
    expected = generator(images, [torch.zeros(1, 1, 13, 19), torch.zeros(1, 1, 7, 10)])[0]
    actual = detection.grid_anchors(((13, 19), (7, 10)), (99, 150), ((32, 45), (64, 90)), ((0.5, 1.0, 2.0),) * 2)
    assert torch.equal(actual, expected)


@pytest.mark.parametrize("low_quality", [False, True])
def test_matcher(low_quality):
    overlaps = detection.box_iou(boxes(6, 3), boxes(200, 4))
    expected = part("models.detection._utils").Matcher(0.5, 0.3, low_quality)(overlaps.clone())
    assert torch.equal(detection.match(overlaps, 0.5, 0.3, low_quality), expected)


def test_sampler_with_fed_permutations(monkeypatch):
    kinds, priorities = torch.randint(-1, 3, (2, 40)), torch.rand(2, 40)
    rows = iter([row[mask] for row, kind in zip(priorities, kinds, strict=True) for mask in (kind >= 1, kind == 0)])
    monkeypatch.setattr(torch, "randperm", lambda count, device=None: next(rows).argsort())
    expected = part("models.detection._utils").BalancedPositiveNegativeSampler(16, 0.25)(list(kinds))
    for actual, masks in zip(detection.sample(kinds, priorities, 16, 0.25), expected, strict=True):
        assert torch.equal(actual, torch.stack(masks).bool())


def by_definition(found: np.ndarray, scores: np.ndarray, threshold: float) -> list[int]:
    """Greedy suppression, one box after the other."""
    overlaps = detection.box_iou(torch.tensor(found), torch.tensor(found)).numpy()
    kept: list[int] = []
    for i in np.argsort(-scores, kind="stable"):
        if all(not overlaps[i, j] > threshold for j in kept):
            kept.append(int(i))
    return kept


@pytest.mark.parametrize("threshold", [0.0, 0.1, 0.5, 0.7, 1.0])
def test_nms(threshold):
    """400 boxes, scores of which many are equal; in Keras eager and compiled by XLA."""
    found = boxes(400, 5).numpy()
    scores = np.random.default_rng(0).integers(0, 50, 400).astype(np.float32) / 64
    expected = by_definition(found, scores, threshold)
    assert detection.nms(torch.tensor(found), torch.tensor(scores), threshold).tolist() == expected
    assert numpy(keras_detection.nms(tf.constant(found), tf.constant(scores), threshold)).tolist() == expected
    compiled = tf.function(lambda b, s: keras_detection.keep_mask(b, s, threshold), jit_compile=True)
    assert set(np.flatnonzero(compiled(found, scores))) == set(expected)


def test_nms_of_groups(monkeypatch):
    monkeypatch.setattr(part("ops.boxes"), "nms", detection.nms)  # theirs is compiled
    found, scores, groups = boxes(300, 6), torch.rand(300), torch.randint(0, 4, (300,))
    expected = part("ops.boxes").batched_nms(found, scores, groups, 0.3).tolist()
    assert detection.batched_nms(found, scores, groups, 0.3).tolist() == expected
    assert numpy(keras_detection.batched_nms(*(tf.constant(t.numpy()) for t in (found, scores, groups)), 0.3)).tolist() == expected


def test_nms_of_nothing():
    assert detection.nms(torch.zeros(0, 4), torch.zeros(0), 0.5).tolist() == []
    assert numpy(keras_detection.nms(tf.zeros((0, 4)), tf.zeros((0,)), 0.5)).tolist() == []


def align_by_definition(image: np.ndarray, box: np.ndarray, size: tuple[int, int], scale: float, ratio: int, aligned: bool) -> np.ndarray:
    """The kernel of Detectron and torchvision, sample by sample, for one box and an image (H, W)."""
    height, width = image.shape
    x1, y1, x2, y2 = box * scale - (0.5 if aligned else 0.0)
    w, h = (x2 - x1, y2 - y1) if aligned else (max(x2 - x1, 1.0), max(y2 - y1, 1.0))
    rows, columns = (ratio, ratio) if ratio > 0 else (int(np.ceil(h / size[0])), int(np.ceil(w / size[1])))
    output = np.zeros(size)
    for p, q in np.ndindex(*size):
        for i, j in np.ndindex(rows, columns):
            y, x = y1 + p * h / size[0] + (i + 0.5) * h / size[0] / rows, x1 + q * w / size[1] + (j + 0.5) * w / size[1] / columns
            if y < -1 or y > height or x < -1 or x > width:
                continue
            y, x = min(max(y, 0), height - 1), min(max(x, 0), width - 1)
            a, b = int(y), int(x)
            c, d = min(a + 1, height - 1), min(b + 1, width - 1)
            output[p, q] += (1 - y + a) * ((1 - x + b) * image[a, b] + (x - b) * image[a, d]) + (y - a) * ((1 - x + b) * image[c, b] + (x - b) * image[c, d])
    return output / max(rows * columns, 1)


@pytest.mark.parametrize("ratio", [2, -1])
@pytest.mark.parametrize("aligned", [False, True])
def test_roi_align_by_definition(ratio, aligned):
    rng = np.random.default_rng(1)
    image = rng.normal(size=(9, 13))
    found = np.array([[2.0, 1.5, 9.0, 7.0], [0.0, 0.0, 13.0, 9.0], [5.0, 4.0, 5.4, 4.3], [-1.5, -2.0, 4.0, 3.0], [9.5, 6.0, 14.8, 11.5]])
    expected = np.stack([align_by_definition(image, box, (3, 4), 0.75, ratio, aligned) for box in found])
    rois = np.concatenate([np.zeros((len(found), 1)), found], 1)
    actual = detection.roi_align(torch.tensor(image)[None, None], torch.tensor(rois), (3, 4), 0.75, ratio, aligned)
    np.testing.assert_allclose(actual[:, 0], expected, rtol=0, atol=1e-14)
    actual = keras_detection.roi_align(tf.constant(image)[None, ..., None], tf.constant(rois), (3, 4), 0.75, ratio, aligned)
    np.testing.assert_allclose(actual[..., 0], expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("ratio", [3, -1])
def test_roi_align_is_torchvisions_fallback_inside_the_image(ratio):
    """Beyond the edge the fallback repeats the last pixel, where the compiled kernel counts zeros: a box must lie inside."""
    fallback = part("ops.roi_align")._roi_align.__wrapped__  # not compiled
    features = torch.randn(2, 3, 11, 17, dtype=torch.float64, requires_grad=True)
    rois = torch.cat([torch.tensor([[0.0], [1.0]] * 5), boxes(10, 7, 20.0)], 1).double()
    ours, theirs = detection.roi_align(features, rois, (4, 3), 0.5, ratio), fallback(features, rois, 0.5, 4, 3, ratio, False)
    torch.testing.assert_close(ours, theirs, rtol=0, atol=1e-14)
    gradients = [torch.autograd.grad(output.sin().sum(), features)[0] for output in (ours, theirs)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-13)


def test_masks():
    heads = part("models.detection.roi_heads")
    masks = torch.rand(5, 28, 28)
    found = torch.tensor([[1.2, 3.0, 40.0, 30.9], [-3.0, -2.0, 10.0, 12.0], [50.0, 10.0, 96.0, 64.0], [20.0, 20.0, 20.5, 20.2], [0.0, 0.0, 96.0, 64.0]])
    expected = heads.paste_masks_in_image(masks[:, None], found, (64, 96))[:, 0]
    assert torch.equal(detection.paste_masks(masks, found, (64, 96)), expected)
    actual = keras_detection.paste_masks(tf.constant(masks.numpy()), tf.constant(found.numpy()), (64, 96))
    np.testing.assert_allclose(actual, expected, rtol=0, atol=1e-5)


def test_transform():
    transform = part("models.detection.transform").GeneralizedRCNNTransform(50, 70, detection.transform.MEAN, detection.transform.STD)
    images = [torch.rand(3, 40, 61), torch.rand(3, 90, 33)]
    expected, _ = transform(images)
    batch, sizes = detection.batch_images(images, 50, 70)
    assert torch.equal(batch, expected.tensors)
    assert sizes.tolist() == [list(size) for size in expected.image_sizes]


def test_bad_functions():
    for side, tensor in ((detection, torch.tensor), (keras_detection, tf.constant)):
        with pytest.raises(ValueError, match="one number a box"):
            side.nms(tensor([[0.0, 0.0, 1.0, 1.0]]), tensor([0.5, 0.6]), 0.5)
        with pytest.raises(ValueError, match=r"rois must be \(K, 5\)"):
            side.roi_align(tensor(np.zeros((1, 4, 4, 4), np.float32)), tensor([[0.0, 0.0, 1.0, 1.0]]), (2, 2))
        with pytest.raises(ValueError, match="name images 3"):
            side.roi_align(tensor(np.zeros((1, 4, 4, 4), np.float32)), tensor([[3.0, 0.0, 0.0, 1.0, 1.0]]), (2, 2))
        with pytest.raises(ValueError, match="low must be between 0 and high"):
            side.match(tensor([[0.5]]), 0.3, 0.7)
        with pytest.raises(ValueError, match="one tuple for each of 2"):
            side.grid_anchors(((1, 1), (2, 2)), (8, 8), ((4,),), ((1.0,),))
