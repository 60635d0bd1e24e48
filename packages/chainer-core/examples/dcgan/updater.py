"""One step of two optimizers that play against each other."""

from __future__ import annotations

from typing import Any

import chainer
import chainer.functions as F
from chainer import training


class DCGANUpdater(training.updaters.StandardUpdater):
    """Teaches the discriminator to tell real from made, and the generator to be taken for real.

    Args:
        models: The generator and the discriminator.
        **kwargs: As for :class:`~chainer.training.updaters.StandardUpdater`; the optimizers are ``'gen'`` and
            ``'dis'``.
    """

    def __init__(self, *, models: tuple[chainer.Link, chainer.Link], **kwargs: Any) -> None:
        self.gen, self.dis = models
        super().__init__(**kwargs)

    def update_core(self) -> None:
        gen_optimizer, dis_optimizer = self.get_optimizer("gen"), self.get_optimizer("dis")
        x_real = self.converter(self.get_iterator("main").next(), self.device)
        x_fake = self.gen(self.gen.make_hidden(len(x_real)))
        y_real, y_fake = self.dis(x_real), self.dis(x_fake)
        n = len(x_real)

        # softplus(-y) is -log sigmoid(y): the cross entropy of "real".
        gen_loss = F.sum(F.softplus(-y_fake)) / n
        dis_loss = (F.sum(F.softplus(-y_real)) + F.sum(F.softplus(y_fake))) / n

        self.gen.cleargrads()
        gen_loss.backward()
        x_fake.unchain_backward()  # what follows shall not reach the generator
        self.dis.cleargrads()
        dis_loss.backward()
        gen_optimizer.update()
        dis_optimizer.update()
        chainer.report({"loss": gen_loss}, self.gen)
        chainer.report({"loss": dis_loss}, self.dis)
