"""Test classes to derive from: say what a function or a link should compute, and all else follows."""

from __future__ import annotations

import unittest
from collections.abc import Callable, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar, TypeAlias

import numpy

from chainer import backend, gradient_check, initializers
from chainer.link import Link
from chainer.testing._bundle import Abstract
from chainer.testing.array import as_noncontiguous_array, assert_allclose
from chainer.testing.backend import BackendConfig
from chainer.testing.random import do_setup, do_teardown
from chainer.types import NdArray
from chainer.variable import Parameter, Variable

_MaybeArrays: TypeAlias = tuple[NdArray | None, ...]
_Variables: TypeAlias = tuple[Variable, ...]
_MAX_DODGES = 20  # points drawn in search of one where a function is smooth


class FunctionTestError(AssertionError):
    """A function fails its test."""


class LinkTestError(AssertionError):
    """A link fails its test."""


class _ArrayTest(Abstract):
    """What tests of functions and links share: inputs to the device, outputs checked."""

    contiguous: ClassVar[str | None] = None  # 'C' for inputs in C order; None for arrays with gaps between elements
    backend_config: BackendConfig | None = None
    test_name: str | None = None
    _error: ClassVar[type[AssertionError]]

    check_forward_options: dict[str, Any]

    def before_test(self, test_name: str) -> None:
        """Called before each test: a place to skip some of them.

        Args:
            test_name: ``"test_forward"``, ``"test_backward"``, ``"test_double_backward"`` or ``"test_initializers"``.
        """

    def check_forward_outputs(self, outputs: tuple[NdArray, ...], expected_outputs: tuple[NdArray, ...]) -> None:
        """Asserts that outputs are as expected; override it for another comparison.

        Args:
            outputs: Arrays that came out.
            expected_outputs: Arrays on the CPU.
        """
        _check_equal(self._error, "outputs", outputs, expected_outputs, self.check_forward_options)

    def _begin(self, test_name: str, backend_config: BackendConfig) -> None:
        self.backend_config = backend_config
        self.test_name = test_name
        self.before_test(test_name)

    def _to_device(self, arrays: _MaybeArrays, config: BackendConfig) -> _MaybeArrays:
        if self.contiguous is None:
            arrays = tuple([as_noncontiguous_array(x) for x in arrays])
        elif self.contiguous != "C":
            raise ValueError(f"contiguous must be 'C' or None, got {self.contiguous!r}")
        return tuple([None if x is None else config.get_array(x) for x in arrays])

    @contextmanager
    def _told_as(self, what: str) -> Any:
        try:
            yield
        except (unittest.SkipTest, self._error, gradient_check.NondifferentiableError):
            raise
        except AssertionError as error:
            raise self._error(f"{what} is not implemented correctly: {error}") from error

    def _dodge(self, dodge: bool, run: Callable[[dict[str, Any]], None], options: dict[str, Any]) -> None:
        """Runs a check, at other points as long as the function is not smooth there."""
        if not dodge:
            run(options)
            return
        for _ in range(_MAX_DODGES - 1):
            try:
                run({"detect_nondifferentiable": True, **options})
            except gradient_check.NondifferentiableError:
                continue
            return
        run({"detect_nondifferentiable": True, **options})


class FunctionTestBase(_ArrayTest):
    """What :class:`FunctionTestCase` does, without being a test."""

    skip_forward_test = False
    skip_backward_test = False
    skip_double_backward_test = False
    dodge_nondifferentiable = False
    numerical_grad_dtype: Any = numpy.float64
    _error = FunctionTestError

    check_backward_options: dict[str, Any]
    check_double_backward_options: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_forward_options = {}
        self.check_backward_options = {}
        self.check_double_backward_options = {}

    def forward(self, inputs: _Variables, device: backend.Device) -> _Variables:
        """Calls the function under test. To be overridden.

        Args:
            inputs: Variables.
            device: Where they live.

        Returns:
            Tuple of variables.
        """
        raise NotImplementedError("forward() is not implemented")

    def forward_expected(self, inputs: tuple[NdArray, ...]) -> tuple[NdArray, ...]:
        """Computes what is expected, with NumPy. To be overridden.

        Args:
            inputs: Arrays on the CPU.

        Returns:
            Tuple of arrays.
        """
        raise NotImplementedError("forward_expected() is not implemented")

    def generate_inputs(self) -> tuple[NdArray, ...]:
        """Draws the inputs. To be overridden.

        Returns:
            Tuple of arrays.
        """
        raise NotImplementedError("generate_inputs() is not implemented")

    def generate_grad_outputs(self, outputs_template: tuple[NdArray, ...]) -> _MaybeArrays:
        """Draws gradients of the outputs.

        Args:
            outputs_template: Arrays of their shapes and dtypes.
        """
        return tuple([_draw_like(y) for y in outputs_template])

    def generate_grad_grad_inputs(self, inputs_template: tuple[NdArray, ...]) -> _MaybeArrays:
        """Draws gradients of the gradients of the inputs.

        Args:
            inputs_template: Arrays of their shapes and dtypes.
        """
        return tuple([_draw_like(x) for x in inputs_template])

    def run_test_forward(self, backend_config: BackendConfig) -> None:
        """Compares outputs with those expected, and checks that the inputs are left alone."""
        self._begin("test_forward", backend_config)
        if self.skip_forward_test:
            raise unittest.SkipTest("skip_forward_test is set")
        cpu_inputs = self._generate_inputs()
        expected = self._forward_expected(tuple([x.copy() for x in cpu_inputs]))
        inputs = self._to_device(cpu_inputs, backend_config)
        before = [_to_cpu(x).copy() for x in inputs]
        outputs = self._forward(tuple([Variable(x) for x in inputs]), backend_config)
        _refuse_modified(self._error, inputs, before)
        self.check_forward_outputs(tuple([_array_of(self._error, y) for y in outputs]), expected)

    def run_test_backward(self, backend_config: BackendConfig) -> None:
        """Checks gradients with :func:`chainer.gradient_check.check_backward`."""
        self._begin("test_backward", backend_config)
        if self.skip_backward_test:
            raise unittest.SkipTest("skip_backward_test is set")

        def run(options: dict[str, Any]) -> None:
            cpu_inputs = self._generate_inputs()
            gys = self._generate_grad_outputs(cpu_inputs)
            gradient_check.check_backward(
                lambda *xs: self._forward(xs, backend_config),
                self._to_device(cpu_inputs, backend_config),
                self._to_device(gys, backend_config),
                dtype=self.numerical_grad_dtype,
                **options,
            )

        with self._told_as("backward"), backend_config:
            self._dodge(self.dodge_nondifferentiable, run, self.check_backward_options)

    def run_test_double_backward(self, backend_config: BackendConfig) -> None:
        """Checks second derivatives with :func:`chainer.gradient_check.check_double_backward`."""
        self._begin("test_double_backward", backend_config)
        if self.skip_double_backward_test:
            raise unittest.SkipTest("skip_double_backward_test is set")

        def run(options: dict[str, Any]) -> None:
            cpu_inputs = self._generate_inputs()
            gys = self._generate_grad_outputs(cpu_inputs)
            ggxs = _check_tuple(
                "generate_grad_grad_inputs()", self.generate_grad_grad_inputs(tuple([x.copy() for x in cpu_inputs]))
            )
            gradient_check.check_double_backward(
                lambda *xs: self._forward(xs, backend_config),
                self._to_device(cpu_inputs, backend_config),
                self._to_device(gys, backend_config),
                self._to_device(ggxs, backend_config),
                dtype=self.numerical_grad_dtype,
                **options,
            )

        with self._told_as("double backward"), backend_config:
            self._dodge(self.dodge_nondifferentiable, run, self.check_double_backward_options)

    def _generate_inputs(self) -> tuple[NdArray, ...]:
        return _check_tuple("generate_inputs()", self.generate_inputs())

    def _generate_grad_outputs(self, cpu_inputs: tuple[NdArray, ...]) -> _MaybeArrays:
        template = self._forward_expected(tuple([x.copy() for x in cpu_inputs]))
        return _check_tuple("generate_grad_outputs()", self.generate_grad_outputs(template))

    def _forward(self, inputs: _Variables, config: BackendConfig) -> _Variables:
        with config:
            outputs = self.forward(inputs, config.device)
        return _check_outputs(self._error, outputs)

    def _forward_expected(self, inputs: tuple[NdArray, ...]) -> tuple[NdArray, ...]:
        return _check_tuple("forward_expected()", self.forward_expected(inputs))


class FunctionTestCase(FunctionTestBase, unittest.TestCase):
    """Test of a function: forward against NumPy, gradients of first and second order against finite differences.

    A subclass overrides :meth:`forward`, :meth:`forward_expected` and :meth:`generate_inputs`, and is decorated with
    :func:`~chainer.testing.inject_backend_tests`. It may set, in ``setUp`` or as attributes:

    * ``check_forward_options``, ``check_backward_options``, ``check_double_backward_options``: tolerances, passed on to
      :func:`~chainer.testing.assert_allclose`, :func:`~chainer.gradient_check.check_backward` and
      :func:`~chainer.gradient_check.check_double_backward`;
    * ``skip_forward_test``, ``skip_backward_test``, ``skip_double_backward_test``;
    * ``dodge_nondifferentiable``: whether to draw other inputs where the function is not smooth;
    * ``contiguous``: ``'C'`` for inputs in C order instead of arrays with gaps;
    * ``numerical_grad_dtype``: dtype of the finite differences.

    Example:
        >>> import numpy as np, chainer.functions as F
        >>> from chainer import testing
        >>> @testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
        ... class TestReLU(testing.FunctionTestCase):
        ...     dodge_nondifferentiable = True
        ...     def generate_inputs(self):
        ...         return np.random.uniform(-1, 1, (2, 3)).astype(np.float32),
        ...     def forward(self, inputs, device):
        ...         return F.relu(inputs[0]),
        ...     def forward_expected(self, inputs):
        ...         return np.maximum(inputs[0], 0),
    """

    __test__ = False

    def test_forward(self, backend_config: BackendConfig) -> None:
        """Tests the outputs."""
        self.run_test_forward(backend_config)

    def test_backward(self, backend_config: BackendConfig) -> None:
        """Tests the gradients."""
        self.run_test_backward(backend_config)

    def test_double_backward(self, backend_config: BackendConfig) -> None:
        """Tests the second derivatives."""
        self.run_test_double_backward(backend_config)


class InitializerArgument:
    """An argument for a parameter of a link, and the initializer that it stands for.

    Args:
        argument_value: What is passed to the link, such as ``None``.
        expected_initializer: Initializer that does the same.
    """

    def __init__(self, argument_value: Any, expected_initializer: Any) -> None:
        if expected_initializer is None:
            raise ValueError("expected_initializer must be an initializer, a scalar or an array, got None")
        self.argument_value = argument_value
        self.expected_initializer = expected_initializer


class _LinkTest(_ArrayTest):
    """What the tests of links share."""

    param_names: Sequence[str] = ()
    _error = LinkTestError

    def generate_params(self) -> tuple[Any, ...]:
        """Draws the parameters that :attr:`param_names` names. To be overridden.

        Returns:
            Tuple of arrays or initializers.
        """
        raise NotImplementedError("generate_params() is not implemented")

    def create_link(self, initializers: tuple[Any, ...]) -> Link:
        """Makes the link under test. To be overridden.

        Args:
            initializers: One for each of :attr:`param_names`.
        """
        raise NotImplementedError("create_link() is not implemented")

    def generate_inputs(self) -> tuple[NdArray, ...]:
        """Draws the inputs. To be overridden.

        Returns:
            Tuple of arrays.
        """
        raise NotImplementedError("generate_inputs() is not implemented")

    def forward(self, link: Any, inputs: _Variables, device: backend.Device) -> _Variables:
        """Calls the link; override it if that takes more than ``link(*inputs)``.

        Args:
            link: Link that :meth:`create_link` made.
            inputs: Variables.
            device: Where they live.

        Returns:
            Tuple of variables.
        """
        outputs = link(*inputs)
        return outputs if isinstance(outputs, tuple) else (outputs,)

    def _generate_inputs(self) -> tuple[NdArray, ...]:
        return _check_tuple("generate_inputs()", self.generate_inputs())

    def _generate_params(self) -> tuple[Any, ...]:
        params = self.generate_params()
        if not isinstance(params, tuple):
            raise TypeError(f"generate_params() must return a tuple, not {type(params).__name__}")
        if len(params) != len(self.param_names):
            raise ValueError(f"generate_params() must return a value for each of {self.param_names}, got {len(params)}")
        return params

    def _create_link(self, arguments: tuple[Any, ...], config: BackendConfig) -> Link:
        link = self.create_link(arguments)
        if not isinstance(link, Link):
            raise TypeError(f"create_link() must return a chainer.Link, got {type(link).__name__}")
        link.to_device(config.device)
        return link

    def _create_initialized_link(self, arguments: tuple[Any, ...], config: BackendConfig) -> Link:
        """A link whose parameters have their shapes, which some learn from a first batch."""
        link = self._create_link(arguments, config)
        if any(not p.is_initialized for p in link.params()):
            self._forward(link, self._variables(config), config)
        return link

    def _variables(self, config: BackendConfig) -> _Variables:
        return tuple([Variable(x) for x in self._to_device(self._generate_inputs(), config)])

    def _forward(self, link: Link, inputs: _Variables, config: BackendConfig) -> _Variables:
        with config:
            outputs = self.forward(link, inputs, config.device)
        return _check_outputs(self._error, outputs)

    def _params_of(self, link: Link) -> list[Parameter]:
        found = []
        for name in self.param_names:
            param = getattr(link, name, None)
            if not isinstance(param, Parameter):
                raise LinkTestError(f"the link has no parameter {name!r}; it has {[n for n, _ in link.namedparams()]}")
            found.append(param)
        return found


class LinkTestCase(_LinkTest, unittest.TestCase):
    """Test of a link: forward against NumPy, gradients of inputs and parameters against finite differences.

    A subclass sets :attr:`param_names`, overrides :meth:`generate_params`, :meth:`create_link`,
    :meth:`generate_inputs` and :meth:`forward_expected`, and is decorated with
    :func:`~chainer.testing.inject_backend_tests`. Tolerances, skips and the like are set as in
    :class:`FunctionTestCase`.

    Example:
        >>> import numpy as np, chainer.links as L
        >>> from chainer import testing
        >>> @testing.inject_backend_tests(None, [{}, {"use_cuda": True}])
        ... class TestLinear(testing.LinkTestCase):
        ...     param_names = ("W", "b")
        ...     def generate_params(self):
        ...         return np.random.uniform(-1, 1, (2, 3)).astype("f"), np.random.uniform(-1, 1, 2).astype("f")
        ...     def create_link(self, initializers):
        ...         W, b = initializers
        ...         return L.Linear(3, 2, initialW=W, initial_bias=b)
        ...     def generate_inputs(self):
        ...         return np.random.uniform(-1, 1, (4, 3)).astype("f"),
        ...     def forward_expected(self, link, inputs):
        ...         return inputs[0] @ link.W.array.T + link.b.array,
    """

    __test__ = False
    skip_forward_test = False
    skip_backward_test = False
    dodge_nondifferentiable = False
    numerical_grad_dtype: Any = numpy.float64

    check_backward_options: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_forward_options = {}
        self.check_backward_options = {}

    def forward_expected(self, link: Any, inputs: tuple[NdArray, ...]) -> tuple[NdArray, ...]:
        """Computes what is expected, with NumPy. To be overridden.

        Args:
            link: The link, on the CPU.
            inputs: Arrays on the CPU.

        Returns:
            Tuple of arrays.
        """
        raise NotImplementedError("forward_expected() is not implemented")

    def generate_grad_outputs(self, outputs_template: tuple[NdArray, ...]) -> _MaybeArrays:
        """Draws gradients of the outputs.

        Args:
            outputs_template: Arrays of their shapes and dtypes.
        """
        return tuple([_draw_like(y) for y in outputs_template])

    def test_forward(self, backend_config: BackendConfig) -> None:
        """Tests the outputs."""
        self._begin("test_forward", backend_config)
        if self.skip_forward_test:
            raise unittest.SkipTest("skip_forward_test is set")
        link = self._create_initialized_link(self._generate_params(), backend_config)
        cpu_inputs = self._generate_inputs()
        inputs = self._to_device(cpu_inputs, backend_config)
        before = [_to_cpu(x).copy() for x in inputs]
        outputs = self._forward(link, tuple([Variable(x) for x in inputs]), backend_config)
        _refuse_modified(self._error, inputs, before)
        link.to_device("@numpy")
        expected = _check_tuple(
            "forward_expected()", self.forward_expected(link, tuple([x.copy() for x in cpu_inputs]))
        )
        self.check_forward_outputs(tuple([_array_of(self._error, y) for y in outputs]), expected)

    def test_backward(self, backend_config: BackendConfig) -> None:
        """Tests the gradients of inputs and parameters."""
        self._begin("test_backward", backend_config)
        if self.skip_backward_test:
            raise unittest.SkipTest("skip_backward_test is set")

        def run(options: dict[str, Any]) -> None:
            arguments = self._generate_params()
            inputs = self._to_device(self._generate_inputs(), backend_config)
            # A link of its own tells the shapes of the outputs: a call may change a link's state.
            sample = self._create_initialized_link(arguments, backend_config)
            outputs = self._forward(sample, tuple([Variable(x) for x in inputs]), backend_config)
            template = tuple([_to_cpu(_array_of(self._error, y)) for y in outputs])
            gys = _check_tuple("generate_grad_outputs()", self.generate_grad_outputs(template))
            link = self._create_initialized_link(arguments, backend_config)
            params = self._params_of(link)
            gradient_check.check_backward(
                lambda *xs: self._forward(link, xs, backend_config),
                inputs,
                self._to_device(gys, backend_config),
                params=params,
                dtype=self.numerical_grad_dtype,
                **options,
            )

        with self._told_as("backward"), backend_config:
            self._dodge(self.dodge_nondifferentiable, run, self.check_backward_options)


class LinkInitializersTestCase(_LinkTest, unittest.TestCase):
    """Test of the initializers that a link takes.

    A subclass sets :attr:`param_names` and overrides :meth:`generate_params`, :meth:`get_initializers`,
    :meth:`create_link` and :meth:`generate_inputs`. For each parameter, each of its initializers is passed to the
    link, with those of :meth:`generate_params` for the others, and the parameter compared with what the initializer
    makes; initializers that draw numbers draw the same here and there.
    """

    __test__ = False
    check_initializers_options: dict[str, Any]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.check_initializers_options = {}

    def get_initializers(self) -> Sequence[Sequence[Any]]:
        """Initializers to try. To be overridden.

        Returns:
            For each of :attr:`param_names`, a list of initializers, scalars, arrays or :class:`InitializerArgument`
            (whose expected initializer must not draw random numbers).
        """
        raise NotImplementedError("get_initializers() is not implemented")

    def test_initializers(self, backend_config: BackendConfig) -> None:
        """Tests the initializers."""
        self._begin("test_initializers", backend_config)
        choices = [list(inits) for inits in self.get_initializers()]
        if len(choices) != len(self.param_names):
            raise ValueError(
                f"get_initializers() must return a list for each of {self.param_names}, got {len(choices)}"
            )
        for i, inits in enumerate(choices):
            for init in inits:
                self._test_initializer(i, init, backend_config)

    def _test_initializer(self, index: int, init: Any, config: BackendConfig) -> None:
        argument, expected = _split_initializer(init)
        arguments = list(self._generate_params())
        arguments[index] = argument
        link = self._create_initialized_link(tuple(arguments), config)
        actual = _to_cpu(self._params_of(link)[index].array)
        wanted, again = [
            initializers.generate_array(initializers.get_initializer(expected), actual.shape, numpy, actual.dtype)
            for _ in range(2)
        ]
        if not numpy.array_equal(wanted, again, equal_nan=True):
            raise ValueError(
                f"{expected!r} draws random numbers, so what {argument!r} leads to cannot be compared with it"
            )
        name = f"parameter {self.param_names[index]} initialised with {init!r}"
        _check_equal(self._error, name, (actual,), (wanted,), self.check_initializers_options)


def _split_initializer(init: Any) -> tuple[Any, Any]:
    if init is None:
        raise ValueError(
            "None as an initializer must be wrapped in InitializerArgument(None, initializer), "
            "which tells what the link falls back to"
        )
    if isinstance(init, InitializerArgument):
        return init.argument_value, init.expected_initializer
    if callable(init):
        init = _Repeatable(init)
    return init, init


class _Repeatable:
    """An initializer that draws the same numbers each time, and disturbs no other."""

    def __init__(self, initializer: Any) -> None:
        self.initializer = initializer
        self.dtype = getattr(initializer, "dtype", None)

    def __call__(self, array: NdArray) -> None:
        do_setup()
        try:
            self.initializer(array)
        finally:
            do_teardown()


def _draw_like(x: NdArray | None) -> NdArray | None:
    if x is None or x.dtype.kind != "f":
        return None
    return numpy.asarray(numpy.random.uniform(-1, 1, x.shape)).astype(x.dtype)


def _to_cpu(x: Any) -> NdArray:
    return backend.CpuDevice().send(x)


def _check_tuple(what: str, arrays: Any) -> tuple[Any, ...]:
    """Asserts that a method of a test returned a tuple of arrays on the CPU."""
    if not isinstance(arrays, tuple):
        raise TypeError(f"{what} must return a tuple, not {type(arrays).__name__}")
    if not all(x is None or isinstance(x, numpy.ndarray) for x in arrays):
        raise TypeError(f"{what} must return NumPy arrays or None, got {', '.join([type(x).__name__ for x in arrays])}")
    return arrays


def _check_outputs(error: type[AssertionError], outputs: Any) -> _Variables:
    if not isinstance(outputs, tuple):
        raise error(f"forward() must return a tuple, not {type(outputs).__name__}")
    for y in outputs:
        if not isinstance(y, Variable):
            raise error(f"forward() must return a tuple of variables, got {type(y).__name__} in it")
    return outputs


def _array_of(error: type[AssertionError], y: Variable) -> NdArray:
    if y.array is None:
        raise error("forward() returned a variable without array")
    return y.array


def _refuse_modified(error: type[AssertionError], inputs: Sequence[Any], before: Sequence[NdArray]) -> None:
    for i, (x, original) in enumerate(zip(inputs, before, strict=True)):
        after = _to_cpu(x)
        if after.shape != original.shape or not numpy.array_equal(after, original, equal_nan=after.dtype.kind in "fc"):
            raise error(f"forward modified its input {i}\nbefore:\n{original}\nafter:\n{after}")


def _check_equal(
    error: type[AssertionError], what: str, actual: Sequence[Any], expected: Sequence[Any], options: dict[str, Any]
) -> None:
    kinds = [", ".join([f"{x.shape}:{x.dtype}" for x in xs]) for xs in (expected, actual)]
    described = f"expected {kinds[0]}\nactual   {kinds[1]}"
    if len(actual) != len(expected):
        raise error(f"number of {what} is {len(actual)}, expected {len(expected)}\n{described}")
    if kinds[0] != kinds[1]:
        raise error(f"shapes or dtypes of {what} are not as expected\n{described}")
    failures = []
    for i, (x, y) in enumerate(zip(actual, expected, strict=True)):
        try:
            assert_allclose(x, y, **options)
        except AssertionError as failure:
            failures.append(f"[{i}]: {failure}")
    if failures:
        raise error("\n".join([f"{what} do not match the expected values\n{described}", *failures]))
