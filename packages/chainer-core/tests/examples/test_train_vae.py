"""The variational autoencoder of digits."""

from __future__ import annotations

import pytest

pytestmark = pytest.mark.example


@pytest.mark.parametrize("options", [(), ("--binary", "-k", "2")])
def test_digits_survive_the_bottleneck(run_example, read_log, tmp_path, options):
    printed = run_example("vae/train_vae.py", "--test", *options)
    first, *_, last = read_log()
    assert last["validation/main/loss"] < 0.9 * first["validation/main/loss"]
    assert last["main/kl"] > 0.5  # the code says something
    error = float(printed.split()[-1])
    assert error < (0.09 if options else 0.045)  # the mean image alone has 0.07, or 0.13 in black and white
    for name in ("reconstructed.png", "sampled.png"):
        assert (tmp_path / "result" / name).read_bytes().startswith(b"\x89PNG")
