"""Guard against training on with a broken model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainer.training.extension import Extension

if TYPE_CHECKING:
    from chainer.training.trainer import Trainer


class FailOnNonNumber(Extension):
    """Stops training at the first parameter that holds NaN or infinity, and names it.

    Give it a higher priority than a snapshot has, as it does by default, so that the broken model is not saved.

    Raises:
        RuntimeError: When called: a parameter is not finite.
    """

    def __call__(self, trainer: Trainer) -> None:
        """Looks at all parameters of all optimizers."""
        for name, optimizer in trainer.updater.get_all_optimizers().items():
            for path, param in optimizer.target.namedparams():
                if param.array is not None and not param.xp.isfinite(param.array).all():
                    raise RuntimeError(
                        f"parameter {path} of optimizer {name!r} is not finite at iteration "
                        f"{trainer.updater.iteration}; try a smaller learning rate or GradientClipping"
                    )
