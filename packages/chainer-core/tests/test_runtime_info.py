import io

import chainer
import numpy


def test_tells_versions_and_devices(capsys):
    file = io.StringIO()
    chainer.print_runtime_info(file)
    text = file.getvalue()
    for line in (
        f"Chainer: {chainer.__version__}",
        f"NumPy: {numpy.__version__}",
        "Python: 3.",
        "Platform: ",
        "CuPy: ",
    ):
        assert line in text
    chainer.print_runtime_info()
    assert capsys.readouterr().out == text
