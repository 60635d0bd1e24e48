"""Hooks that watch links at work or change their weights as they are used; import this package to use them."""

from chainer.link_hooks.spectral_normalization import SpectralNormalization as SpectralNormalization
from chainer.link_hooks.timer import TimerHook as TimerHook
from chainer.link_hooks.weight_standardization import WeightStandardization as WeightStandardization
