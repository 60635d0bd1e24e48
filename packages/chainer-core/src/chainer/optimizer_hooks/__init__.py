"""Hooks that change gradients before an optimizer uses them.

They replace gradients rather than write into them: parameters may share one, as those of ``a + b`` do.

A true attribute ``works_on_parts`` says that a hook gives the same where a process holds parts of the parameters
(``sharded=True`` of chainermn): it treats each element by itself, or completes what it sums up by
:meth:`chainer.Optimizer.sum_over_parts`.
"""

from chainer.optimizer_hooks.gradient_clipping import GradientClipping as GradientClipping
from chainer.optimizer_hooks.gradient_hard_clipping import GradientHardClipping as GradientHardClipping
from chainer.optimizer_hooks.gradient_lars import GradientLARS as GradientLARS
from chainer.optimizer_hooks.gradient_noise import GradientNoise as GradientNoise
from chainer.optimizer_hooks.lasso import Lasso as Lasso
from chainer.optimizer_hooks.weight_decay import WeightDecay as WeightDecay
