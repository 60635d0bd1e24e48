"""Buckets that bring each rank the mean of all gradients."""

from __future__ import annotations

from typing import Any

from chainermn._buckets import Bucket, Buckets
from chainermn.communicators import _wire


class GradientBuckets(Buckets):
    """Buckets that become their mean over all ranks; see :class:`Buckets`."""

    def _send(self, bucket: Bucket, after: Any) -> None:
        self._communicator.mean_in_place(bucket.buffer.reshape(-1), None, after)

    def finish(self, zero_fill: bool, loss_scale: float | None = None) -> None:
        """Backward has ended: waits for the means and makes them the gradients.

        Args:
            zero_fill: Whether a parameter without gradient on any rank gets one of zeros.
            loss_scale: What the gradients are to be divided by.
        """
        self._send_rest()
        places = [self._places[id(param)] for param in self._params]
        wanted = [True] * len(places)
        if not zero_fill:
            filled = [place.is_filled for place in places]
            wanted = self._submit(self._communicator.agree_on_gradients, filled).result()
        for bucket in self._buckets:
            assert bucket.sent is not None
            bucket.sent.result()
            if loss_scale is not None:
                bucket.buffer *= 1 / loss_scale
        for param, place, is_wanted in zip(self._params, places, wanted, strict=True):
            if is_wanted:
                # A view of the bucket where dtypes allow: it is valid until the next backward.
                values = place.bucket.buffer[0, place.columns].reshape(param.shape)
                param.grad = _wire.as_given(values.astype(param.dtype, copy=False), param.array)
