"""One test method for each of several devices and settings."""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from chainer import backend
from chainer.configuration import using_config
from chainer.testing import attr
from chainer.testing._bundle import Decorator, Variant, make_decorator, test_method_names
from chainer.types import NdArray

_DEFAULTS: dict[str, Any] = {
    "use_chainerx": False,
    "chainerx_device": None,
    "use_cuda": False,
    "cuda_device": None,
    "use_cudnn": "never",
    "cudnn_deterministic": False,
    "autotune": False,
    "cudnn_fast_batch_normalization": False,
    "use_ideep": "never",
}
_CONFIG_ENTRIES = ("use_cudnn", "cudnn_deterministic", "autotune", "cudnn_fast_batch_normalization", "use_ideep")


class BackendConfig:
    """A device and the settings to run a test with; as a context manager it makes them current.

    Args:
        params: What differs from the CPU without accelerated kernels: ``use_cuda``, ``cuda_device``, ``use_cudnn``,
            ``cudnn_deterministic``, ``autotune``, ``cudnn_fast_batch_normalization``, ``use_ideep``;
            ``use_chainerx`` and ``chainerx_device`` are known, but their tests are skipped.

    Raises:
        ValueError: A name is not known.

    Example:
        >>> from chainer import testing
        >>> testing.BackendConfig({}).device
        <CpuDevice (numpy)>
    """

    use_chainerx: bool
    chainerx_device: str | None
    use_cuda: bool
    cuda_device: int | None
    use_cudnn: str
    cudnn_deterministic: bool
    autotune: bool
    cudnn_fast_batch_normalization: bool
    use_ideep: str

    def __init__(self, params: dict[str, Any]) -> None:
        for name in params:
            if name not in _DEFAULTS:
                raise ValueError(f"BackendConfig has no parameter {name!r}; there are {', '.join(_DEFAULTS)}")
        for name, default in _DEFAULTS.items():
            setattr(self, name, params.get(name, default))
        if self.use_cuda and self.cuda_device is None:
            self.cuda_device = 0
        self._entered: list[contextlib.ExitStack] = []

    @property
    def device(self) -> backend.Device:
        """The device.

        Raises:
            RuntimeError: It is not there.
        """
        if self.use_chainerx:
            return backend.get_device(self.chainerx_device or "native:0")  # refuses, and tells why
        if self.use_cuda:
            return backend.get_device(f"@cupy:{self.cuda_device}")
        if self.use_ideep == "always" or (self.use_ideep == "auto" and backend.intel64.is_ideep_available()):
            return backend.get_device("@intel64")
        return backend.get_device("@numpy")

    @property
    def xp(self) -> Any:
        """Array module of the device."""
        return self.device.xp

    def get_array(self, np_array: NdArray | None) -> NdArray | None:
        """An array on the device; ``None`` stays."""
        return self.device.send(np_array)

    def get_func_str(self) -> str:
        """All settings, as a part of a name."""
        return "__".join([f"{k}_{str(v).lower() if v is not None else v}" for k, v in self._settings().items()])

    def get_pytest_marks(self) -> list[Callable[[Any], Any]]:
        """Decorators that mark a test by what it needs, and skip it where that is missing."""
        marks: list[Callable[[Any], Any]] = []
        if self.use_chainerx:
            marks.append(attr.chainerx)
        if self.use_cuda:
            marks.append(attr.multi_gpu((self.cuda_device or 0) + 1))
            if self.use_cudnn != "never":
                marks.append(attr.cudnn)
        elif self.use_ideep == "always":
            marks.append(attr.ideep)
        return marks

    def _settings(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _DEFAULTS}

    def _short_name(self) -> str:
        differing = [f"{k}_{v}" for k, v in self._settings().items() if v != _DEFAULTS[k]]
        return "__".join(differing).replace(":", "_") or "cpu"

    def __repr__(self) -> str:
        return f"<BackendConfig {' '.join([f'{k}={v!r}' for k, v in self._settings().items()])}>"

    def __enter__(self) -> BackendConfig:
        with contextlib.ExitStack() as stack:
            stack.enter_context(backend.using_device(self.device))
            for name in _CONFIG_ENTRIES:
                stack.enter_context(using_config(name, getattr(self, name)))
            self._entered.append(stack.pop_all())
        return self

    def __exit__(self, typ: Any, value: Any, traceback: Any) -> None:
        self._entered.pop().__exit__(typ, value, traceback)


def inject_backend_tests(method_names: Sequence[str] | None, params: Sequence[dict[str, Any]]) -> Decorator:
    """Class decorator that makes of some test methods, which take a ``backend_config``, one for each set of settings.

    Args:
        method_names: Names of the methods; ``None`` for all tests that take an argument ``backend_config``, as those
            of :class:`~chainer.testing.FunctionTestCase` do.
        params: Arguments of :class:`BackendConfig`.

    Example:
        >>> import unittest
        >>> from chainer import testing
        >>> @testing.inject_backend_tests(["test_device"], [{}, {"use_cuda": True}])
        ... class TestDevice(unittest.TestCase):
        ...     def test_device(self, backend_config):
        ...         self.assertEqual(backend_config.use_cuda, backend_config.device.xp.__name__ == "cupy")
        >>> [case.__name__ for case in TestDevice.cases]
        ['TestDevice_cpu', 'TestDevice_use_cuda_True__cuda_device_0']
    """
    configs = [BackendConfig(param) for param in params]

    def variants(base: type) -> Iterator[Variant]:
        names = test_method_names(base)
        injected = [
            n for n in names if (_takes_config(getattr(base, n)) if method_names is None else n in method_names)
        ]
        others = [name for name in names if name not in injected]
        if others:
            yield Variant(base.__name__, dict.fromkeys(injected))
        for config in configs:
            members: dict[str, Any] = dict.fromkeys(others)
            for name in injected:
                members[name] = _with_config(getattr(base, name), config)
            yield Variant(f"{base.__name__}_{config._short_name()}", members)

    return make_decorator(variants)


def _takes_config(method: Callable[..., Any]) -> bool:
    return "backend_config" in inspect.signature(method).parameters


def _with_config(method: Callable[..., Any], config: BackendConfig) -> Callable[..., Any]:
    @functools.wraps(method)
    def run(self: Any, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, config, *args, **kwargs)
        except Exception as error:
            error.add_note(f"backend: {config}")
            raise

    # pytest takes the names of arguments for fixtures, so the one that is given here is not among them.
    this, _, *rest = inspect.signature(method).parameters.values()
    run.__signature__ = inspect.Signature([this, *rest])  # type: ignore[attr-defined]
    if hasattr(run, "pytestmark"):
        run.pytestmark = list(run.pytestmark)  # marks of one variant are not for the others
    marked: Any = run
    for mark in config.get_pytest_marks():
        marked = mark(marked)
    return marked
