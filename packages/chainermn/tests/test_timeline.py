"""How much of the communication backward has hidden."""

import chainer
import chainer.functions as F
import chainer.links as L
import chainermn
import numpy as np
import pytest
from chainermn.timeline import Timeline


def test_what_travels_when_backward_has_ended_is_not_hidden():
    timeline = Timeline(ready=[1.0, 2.0, 4.0], travels=[(1.0, 2.5), (2.5, 5.0), (5.0, 6.0)], backward_end=4.0)
    assert timeline.communication == 5.0
    assert timeline.hidden == timeline.hideable == 3.0
    assert timeline.overlap == pytest.approx(0.6)


def test_a_bucket_that_set_out_late_could_have_been_hidden():
    timeline = Timeline(ready=[1.0, 2.0], travels=[(3.0, 4.0), (4.0, 5.0)], backward_end=4.0)
    assert (timeline.hidden, timeline.hideable) == (1.0, 2.0)


def test_no_communication_is_no_overlap():
    assert Timeline().overlap == Timeline().hideable == 0.0


@pytest.mark.parametrize("overlap", [True, False])
def test_an_optimizer_keeps_that_of_its_latest_step(comm, overlap):
    model = chainer.Sequential(L.Linear(40, 30), L.Linear(30, 20))
    optimizer = chainermn.create_multi_node_optimizer(
        chainer.optimizers.SGD(), comm, overlap=overlap, bucket_bytes=1000
    ).setup(model)
    assert optimizer.timeline == Timeline()
    x = np.ones((2, 40), "float32")
    for _ in range(3):
        optimizer.update(lambda: F.sum(model(x)))
    timeline = optimizer.timeline
    assert len(timeline.ready) == len(timeline.travels) > 0
    assert all(begin <= end for begin, end in timeline.travels)
    # Buckets set out in order, one at a time; without overlap all of them after backward.
    assert timeline.travels == sorted(timeline.travels)
    assert min(timeline.ready) < timeline.backward_end if overlap else min(timeline.ready) > timeline.backward_end
    assert 0 <= timeline.hidden <= (timeline.communication if overlap else 0)
