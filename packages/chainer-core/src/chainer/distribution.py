"""Probability distributions: what they share, and divergences between them."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from chainer import backend
from chainer.functions.array.reshape import reshape
from chainer.functions.math.exponential import exp, log
from chainer.functions.math.sqrt import sqrt
from chainer.types import NdArray, Shape, VariableLike
from chainer.variable import Variable, as_array

_Divergence = Callable[[Any, Any], Variable]
_KL_DIVERGENCES: dict[tuple[type, type], _Divergence] = {}


class Distribution:
    """Base of distributions, or rather of a batch of them, with a shape of its own and one of each event.

    Subclasses define what they can; the rest raises :class:`NotImplementedError`. Results are variables through which a
    gradient flows to the parameters, through samples too where the distribution can be written as a function of
    parameters and noise.

    Example:
        >>> import chainer.distributions as D, numpy as np
        >>> d = D.Normal(np.zeros(3, np.float32), np.ones(3, np.float32))
        >>> d.sample((5,)).shape
        (5, 3)
        >>> d.log_prob(np.zeros(3, np.float32))
        variable([-0.9189385, -0.9189385, -0.9189385])
    """

    def _missing(self, what: str) -> NotImplementedError:
        return NotImplementedError(f"{what} of {type(self).__name__} is not known")

    @property
    def batch_shape(self) -> Shape:
        """Shape of the batch of distributions."""
        raise self._missing("batch_shape")

    @property
    def event_shape(self) -> Shape:
        """Shape of one event; ``()`` for numbers."""
        raise self._missing("event_shape")

    @property
    def params(self) -> dict[str, Variable]:
        """Parameters by name."""
        raise self._missing("params")

    @property
    def support(self) -> str:
        """Where the distribution lives, in words."""
        raise self._missing("support")

    @property
    def xp(self) -> Any:
        """Array module of the parameters."""
        return backend.get_array_module(*self.params.values())

    @property
    def mean(self) -> Variable:
        """Mean. Shape ``batch_shape + event_shape``."""
        raise self._missing("mean")

    @property
    def variance(self) -> Variable:
        """Variance of each element. Shape ``batch_shape + event_shape``."""
        raise self._missing("variance")

    @property
    def stddev(self) -> Variable:
        """Standard deviation of each element. Shape ``batch_shape + event_shape``."""
        return sqrt(self.variance)

    @property
    def mode(self) -> Variable:
        """Most likely event. Shape ``batch_shape + event_shape``."""
        raise self._missing("mode")

    @property
    def covariance(self) -> Variable:
        """Covariance matrix of a vector of events. Shape ``batch_shape + event_shape + event_shape``."""
        raise self._missing("covariance")

    @property
    def entropy(self) -> Variable:
        """Entropy in nats. Shape ``batch_shape``."""
        raise self._missing("entropy")

    def log_prob(self, x: VariableLike) -> Variable:
        """Logarithm of the density, or of the probability of discrete events.

        Args:
            x: Events. Shape ``batch_shape + event_shape``, or what broadcasts to it.

        Returns:
            Shape ``batch_shape``.
        """
        raise self._missing("log_prob")

    def prob(self, x: VariableLike) -> Variable:
        """Density, or probability of discrete events; see :meth:`log_prob`."""
        return exp(self.log_prob(x))

    def perplexity(self, x: VariableLike) -> Variable:
        """Exponential of the negative logarithm of the density; see :meth:`log_prob`."""
        return exp(-self.log_prob(x))

    def cdf(self, x: VariableLike) -> Variable:
        """Probability of an event of ``x`` or less."""
        raise self._missing("cdf")

    def icdf(self, x: VariableLike) -> Variable:
        """Event that is not exceeded with probability ``x``: the inverse of :meth:`cdf`."""
        raise self._missing("icdf")

    def log_cdf(self, x: VariableLike) -> Variable:
        """Logarithm of :meth:`cdf`."""
        return log(self.cdf(x))

    def survival_function(self, x: VariableLike) -> Variable:
        """Probability of an event of more than ``x``."""
        return 1 - self.cdf(x)  # type: ignore[no-any-return]

    def log_survival_function(self, x: VariableLike) -> Variable:
        """Logarithm of :meth:`survival_function`."""
        return log(self.survival_function(x))

    def sample_n(self, n: int) -> Variable:
        """Draws ``n`` events of each distribution.

        Args:
            n: How many.

        Returns:
            Shape ``(n,) + batch_shape + event_shape``.
        """
        raise self._missing("sample_n")

    def sample(self, sample_shape: Shape | int = ()) -> Variable:
        """Draws an array of events of each distribution.

        Args:
            sample_shape: Shape of the array; ``()`` draws one.

        Returns:
            Shape ``sample_shape + batch_shape + event_shape``.
        """
        shape = (sample_shape,) if isinstance(sample_shape, int) else tuple(sample_shape)
        drawn = self.sample_n(math.prod(shape))
        return reshape(drawn, (*shape, *drawn.shape[1:]))


def as_samples(array: NdArray, like: VariableLike) -> NdArray:
    """Drawn numbers in the dtype of the parameter ``like``."""
    return array.astype(as_array(like).dtype, copy=False)


def draw_on_cpu(draw: Callable[..., NdArray], size: Shape, *params: VariableLike) -> NdArray:
    """Draws by one of NumPy's routines that CuPy may lack, and sends the numbers to where the parameters are.

    Args:
        draw: Called with the parameters and ``size``.
        size: Shape of what is drawn.
        params: Parameters of the distribution.
    """
    arrays = [backend.CpuDevice().send(as_array(param)) for param in params]
    return backend.get_device_from_array(as_array(params[0])).send(draw(*arrays, size=size))


def register_kl(Dist1: type, Dist2: type) -> Callable[[_Divergence], _Divergence]:
    """Decorator of a function that computes the Kullback-Leibler divergence of two kinds of distributions.

    Args:
        Dist1: Class of the first.
        Dist2: Class of the second.

    Example:
        >>> from chainer import distribution
        >>> class Fair(distribution.Distribution):
        ...     pass
        >>> @distribution.register_kl(Fair, Fair)
        ... def divergence_of_fair_from_fair(dist1, dist2):
        ...     return 0
        >>> distribution.kl_divergence(Fair(), Fair())
        0
    """

    def register(function: _Divergence) -> _Divergence:
        _KL_DIVERGENCES[Dist1, Dist2] = function
        return function

    return register


def kl_divergence(dist1: Distribution, dist2: Distribution) -> Variable:
    r"""Kullback-Leibler divergence, :math:`\int p_1(x) \log \frac{p_1(x)}{p_2(x)} dx`.

    Args:
        dist1: First distribution :math:`p_1`.
        dist2: Second distribution :math:`p_2`.

    Returns:
        Shape ``batch_shape``.

    Raises:
        KeyError: There is no formula for such a pair: see :func:`register_kl`.
    """
    kinds = (type(dist1), type(dist2))
    if kinds not in _KL_DIVERGENCES:
        names = " and ".join(kind.__name__ for kind in kinds)
        raise KeyError(f"no divergence of {names} is registered; see chainer.distribution.register_kl")
    return _KL_DIVERGENCES[kinds](dist1, dist2)


def cross_entropy(dist1: Distribution, dist2: Distribution) -> Variable:
    r"""Cross entropy, :math:`- \int p_1(x) \log p_2(x) dx`.

    Args:
        dist1: First distribution :math:`p_1`.
        dist2: Second distribution :math:`p_2`.

    Returns:
        Shape ``batch_shape``.

    Raises:
        KeyError: There is no formula of the divergence of such a pair.
    """
    return dist1.entropy + kl_divergence(dist1, dist2)  # type: ignore[no-any-return]
