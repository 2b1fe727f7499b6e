"""Synchronised batch normalisation in one process, where it is the plain one, of every number of axes. Two replicas: tests of distribution."""

from parity.case import Case, array, image


def _case(name: str, input, *, training: bool = True, steps: int = 0, **config) -> Case:
    config = {"num_features": 3, **config}
    return Case("layers.sync_batch_norm:SyncBatchNorm", name, config=config, inputs={"input": input}, training=training, steps=steps)


CASES = [
    _case("eval", image(2, 3, 4, 5), training=False),
    _case("train", image(4, 3, 5, 6, mean=4.0), steps=3),
    _case("features", array(7, 3, mean=-2.0)),
    _case("signal", image(4, 3, 6)),
    _case("volume", image(2, 3, 3, 4, 2)),
    _case("mean-of-all-batches", image(4, 3, 5, 6), steps=2, momentum=None),
    _case("no-affine", image(4, 3, 5), affine=False, eps=0.1, momentum=0.3),
    _case("no-bias", image(4, 3, 5), bias=False),
    _case("own-statistics-in-evaluation", image(4, 3, 5), training=False, track_running_stats=False),
]
