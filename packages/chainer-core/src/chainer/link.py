"""Links: containers of parameters, and of other links, that make up models."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterable, Iterator, MutableSequence
from typing import Any, Self

import numpy

from chainer import _device, backend, link_hook
from chainer.device_resident import DeviceResident, DeviceResidentsVisitor
from chainer.link_hook import LinkHook
from chainer.types import DTypeSpec, InitializerLike, Shape
from chainer.variable import Parameter

_COPY_MODES = ("init", "copy", "share")


class Link(DeviceResident):
    """A building block of models: parameters, persistent values, and a ``forward`` to call.

    Parameters assigned inside :meth:`init_scope` are registered: they are what an optimizer updates
    and a serializer saves. Persistent values (:meth:`add_persistent`) are saved but not updated.

    Args:
        params: Names to shapes, or to pairs of shape and dtype, of parameters to make. For old code;
            prefer :meth:`init_scope`.

    Attributes:
        name: Name in its parent, or ``None``.

    Example:
        >>> import chainer, numpy as np
        >>> class Affine(chainer.Link):
        ...     def __init__(self, n_in, n_out):
        ...         super().__init__()
        ...         with self.init_scope():
        ...             self.W = chainer.Parameter(chainer.initializers.Normal(), (n_out, n_in))
        ...             self.b = chainer.Parameter(0, (n_out,))
        ...     def forward(self, x):
        ...         return chainer.functions.linear(x, self.W, self.b)
        >>> Affine(3, 2)(np.zeros((1, 3), np.float32)).shape
        (1, 2)
    """

    name: str | None
    _params: set[str]
    _persistent: set[str]
    _within_init_scope: bool = False
    _local_link_hooks: dict[str, LinkHook] | None = None
    _init_done: bool = False
    forward: Any  # what calling the link does; subclasses define it

    def __init__(self, **params: Any) -> None:
        super().__init__()
        self._params = set()
        self._persistent = set()
        self.name = None
        self._init_done = True
        for name, value in params.items():
            shape, dtype = value if _is_shape_and_dtype(value) else (value, None)
            self.add_param(name, shape, dtype=dtype)

    def _check_init(self) -> None:
        if not self._init_done:
            raise RuntimeError(
                f"Link.__init__() has not been called: call super().__init__() first in {type(self).__name__}.__init__"
            )

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Runs ``forward`` with the given arguments, between the hooks if there are any."""
        forward = self.forward
        if link_hook.n_active or self._local_link_hooks:
            return link_hook.call_with_hooks(self, forward, args, kwargs)
        if not self._init_done:
            self._check_init()
        return forward(*args, **kwargs)

    # Registering

    @property
    def within_init_scope(self) -> bool:
        """Whether assignments register parameters and links now."""
        return self._within_init_scope

    @contextlib.contextmanager
    def init_scope(self) -> Iterator[None]:
        """Context manager inside which assigned parameters, and in a chain links, are registered."""
        self._check_init()
        before = self._within_init_scope
        self._within_init_scope = True
        try:
            yield
        finally:
            self._within_init_scope = before

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Parameter):
            value.name = name
            self._params.add(name)
            self._persistent.discard(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._params.discard(name)
        self._persistent.discard(name)
        super().__delattr__(name)

    def add_param(
        self,
        name: str,
        shape: Shape | int | None = None,
        dtype: DTypeSpec = numpy.float32,
        initializer: InitializerLike = None,
    ) -> None:
        """Makes and registers a parameter. For old code; prefer :meth:`init_scope`.

        Args:
            name: Attribute to keep it in.
            shape: Its shape, or ``None`` to settle it later.
            dtype: Its dtype.
            initializer: What fills it; NaN by default, to show what is never set.

        Raises:
            AttributeError: There is such an attribute.
        """
        if name in self.__dict__:
            raise AttributeError(f"cannot register a new parameter {name}: attribute exists")
        if initializer is None or numpy.isscalar(initializer):
            from chainer.initializers import Constant

            # float64 NaN keeps its kind whatever the dtype of the parameter is
            initializer = Constant(numpy.nan if initializer is None else initializer, dtype=dtype)
        param = Parameter(initializer, shape)
        with self.init_scope():
            setattr(self, name, param)

    def add_persistent(self, name: str, value: Any) -> None:
        """Registers a value that is saved and copied with the link, but not updated.

        Args:
            name: Attribute to keep it in.
            value: Array, scalar, string or ``None``.

        Raises:
            AttributeError: There is such an attribute.
        """
        if name in self.__dict__:
            raise AttributeError(f"cannot register a new persistent value {name}: attribute exists")
        setattr(self, name, value)
        self.register_persistent(name)

    def register_persistent(self, name: str) -> None:
        """Makes an existing attribute a persistent value.

        Raises:
            AttributeError: There is no such attribute.
        """
        if not hasattr(self, name):
            raise AttributeError(f"cannot register non-existent attribute {name} as a persistent value")
        self._persistent.add(name)
        self._params.discard(name)

    def persistent_names(self) -> list[str]:
        """Names of the persistent values of this link, without those of its children, sorted."""
        return sorted(self._persistent)

    # Walking

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        """Parameters of the link and its descendants, sorted by name.

        Args:
            include_uninit: Whether uninitialised ones are among them.
        """
        members = self.__dict__
        for name in sorted(self._params):
            param = members[name]
            if include_uninit or param.is_initialized:
                yield param

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        """Pairs of path and parameter, the path as in ``/predictor/l1/W``, sorted by name."""
        members = self.__dict__
        for name in sorted(self._params):
            param = members[name]
            if include_uninit or param.is_initialized:
                yield f"/{name}", param

    def links(self, skipself: bool = False) -> Iterator[Link]:
        """The link itself (unless ``skipself``) and all its descendants."""
        if not skipself:
            yield self

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, Link]]:
        """Pairs of path and link; the path of the link itself is ``/``."""
        if not skipself:
            yield "/", self

    def children(self) -> Iterator[Link]:
        """Direct children; a plain link has none."""
        return iter(())

    def count_params(self) -> int:
        """Number of elements of all parameters; warns if some are not initialised yet."""
        sizes = 0
        for path, param in self.namedparams():
            if param.is_initialized:
                sizes += param.size
            else:
                import warnings

                warnings.warn(
                    f"Parameter '{path}' has not been initialized, so the resulting count will not include the "
                    "number of parameters in it.",
                    stacklevel=2,
                )
        return sizes

    @property
    def printable_specs(self) -> Iterator[tuple[str, Any]]:
        """Pairs of name and value of what the link was made with, for printing."""
        return iter(())

    def __str__(self) -> str:
        specs = ", ".join(f"{name}={value}" for name, value in self.printable_specs)
        return f"{type(self).__name__}({specs})"

    # Copying

    def copy(self, mode: str = "share") -> Self:
        """A copy of the link and its descendants.

        Args:
            mode: ``'share'``: parameters of the copy are new, with the same arrays. ``'copy'``: arrays are
                copied too. ``'init'``: they are filled anew by their initializers.

        Raises:
            ValueError: Another ``mode``.
        """
        if mode not in _COPY_MODES:
            raise ValueError(f"mode must be one of {', '.join(_COPY_MODES)}, got {mode!r}")
        if mode == "copy":
            return copy.deepcopy(self)
        copied = copy.copy(self)
        copied._params = set(self._params)
        copied._persistent = set(self._persistent)
        if self._local_link_hooks:
            copied._local_link_hooks = dict(self._local_link_hooks)
        copied.name = None
        for name in self._params:
            param = copy.copy(self.__dict__[name])
            if mode == "init" and param.is_initialized and param.initializer is not None:
                param = _init_again(param)
            copied.__dict__[name] = param
        if mode == "init":  # a link of its own, with statistics of its own
            for name in self._persistent:
                copied.__dict__[name] = copy.deepcopy(self.__dict__[name])
        return copied

    def repeat(self, n_repeat: int, mode: str = "init") -> Any:
        """A :class:`Sequential` of copies of the link.

        Args:
            n_repeat: How many.
            mode: As for :meth:`copy`.

        Example:
            >>> import chainer
            >>> len(chainer.links.Linear(3, 3).repeat(4))
            4
        """
        from chainer.sequential import Sequential

        if n_repeat <= 0:
            return Sequential()
        return Sequential(*(self.copy(mode) for _ in range(n_repeat)))

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        """Copies the values of all parameters of another link of the same structure.

        Args:
            link: Where to copy from.
            copy_persistent: Whether to copy persistent values too.
        """
        for name in self._params:
            self.__dict__[name].copydata(link.__dict__[name])
        if not copy_persistent:
            return
        for name in self._persistent:
            own, other = self.__dict__[name], link.__dict__[name]
            if isinstance(own, numpy.ndarray | backend.cuda.ndarray):
                backend.copyto(own, other)
            else:
                self.__dict__[name] = copy.deepcopy(other)

    @classmethod
    def from_params(cls, *args: Any, **kwargs: Any) -> Link:
        """Makes a link around existing parameters; links that can, override it.

        Raises:
            NotImplementedError: This class does not.
        """
        raise NotImplementedError(f"{cls.__name__} cannot be made from parameters")

    # Gradients

    def cleargrads(self) -> None:
        """Forgets the gradients of all parameters. Call it before each backward pass."""
        for param in self.params():
            param.cleargrad()

    def zerograds(self) -> None:
        """Sets the gradients of all parameters to zeros; :meth:`cleargrads` is cheaper."""
        for param in self.params():
            param.zerograd()

    def addgrads(self, link: Link) -> None:
        """Adds the gradients of another link of the same structure to those of this one."""
        for name in self._params:
            self.__dict__[name].addgrad(link.__dict__[name])

    # Updating

    def enable_update(self) -> None:
        """Lets optimizers update the parameters of the link and its descendants again."""
        for param in self.params():
            if param.update_rule is not None:
                param.update_rule.enabled = True

    def disable_update(self) -> None:
        """Keeps optimizers from updating the parameters of the link and its descendants."""
        for param in self.params():
            if param.update_rule is not None:
                param.update_rule.enabled = False

    @property
    def update_enabled(self) -> bool:
        """Whether any parameter has an update rule that is enabled."""
        return any(param.update_rule is not None and param.update_rule.enabled for param in self.params())

    # Moving

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        members = self.__dict__
        for name in self._params:
            visitor.visit_variable(members[name])
        for name in self._persistent:
            value = members[name]
            if isinstance(value, numpy.ndarray | backend.cuda.ndarray):
                members[name] = visitor.visit_array(value)

    # Saving

    def serialize(self, serializer: Any) -> None:
        """Saves or loads all parameters and persistent values.

        Args:
            serializer: A serializer saves, a deserializer loads.
        """
        members = self.__dict__
        for name in sorted(self._params):
            param = members[name]
            data = serializer(name, param.array)
            if param.array is None and data is not None:
                # The shape of an uninitialised parameter is that of what is loaded.
                param.initialize(data.shape)
                with _device.using_device(self.device):
                    param._data[...] = param.device.send(data)
        for name in self.persistent_names():
            members[name] = serializer(name, members[name])

    # Hooks

    @property
    def local_link_hooks(self) -> dict[str, LinkHook]:
        """Hooks of this link alone, by name."""
        if self._local_link_hooks is None:
            self._local_link_hooks = {}
        return self._local_link_hooks

    def add_hook(self, hook: LinkHook, name: str | None = None) -> Self:
        """Registers a hook for this link alone, and returns the link.

        Args:
            hook: The hook.
            name: Name to register it under; ``hook.name`` unless given.

        Raises:
            TypeError: ``hook`` is not a :class:`chainer.LinkHook`.
            KeyError: There is one of this name.
        """
        if not isinstance(hook, LinkHook):
            raise TypeError(f"hook must be a chainer.LinkHook, got {type(hook).__name__}")
        name = hook.name if name is None else name
        if name in self.local_link_hooks:
            raise KeyError(f"hook {name} already exists")
        self.local_link_hooks[name] = hook
        hook.added(self)
        return self

    def delete_hook(self, name: str) -> None:
        """Removes a hook of this link.

        Raises:
            KeyError: There is none of this name.
        """
        if name not in self.local_link_hooks:
            raise KeyError(f"hook {name} does not exist")
        self.local_link_hooks.pop(name).deleted(self)


class _Container(Link):
    """What links with children share; subclasses say which they are, by key."""

    def _items(self) -> Iterable[tuple[str, Link]]:
        raise NotImplementedError

    def children(self) -> Iterator[Link]:
        """Direct children."""
        for _, child in self._items():
            yield child

    def params(self, include_uninit: bool = True) -> Iterator[Parameter]:
        yield from super().params(include_uninit)
        for _, child in self._items():
            yield from child.params(include_uninit)

    def namedparams(self, include_uninit: bool = True) -> Iterator[tuple[str, Parameter]]:
        yield from super().namedparams(include_uninit)
        for key, child in self._items():
            for path, param in child.namedparams(include_uninit):
                yield f"/{key}{path}", param

    def links(self, skipself: bool = False) -> Iterator[Link]:
        if not skipself:
            yield self
        for child in self.children():
            yield from child.links()

    def namedlinks(self, skipself: bool = False) -> Iterator[tuple[str, Link]]:
        if not skipself:
            yield "/", self
        for key, child in self._items():
            yield f"/{key}", child
            for path, link in child.namedlinks(skipself=True):
                yield f"/{key}{path}", link

    def _items_of(self, link: Link) -> dict[str, Link]:
        others = dict(link._items()) if isinstance(link, _Container) else {}
        missing = [key for key, _ in self._items() if key not in others]
        if missing:
            raise ValueError(f"the other link has no child {', '.join(map(repr, missing))}: {type(link).__name__}")
        return others

    def copyparams(self, link: Link, copy_persistent: bool = True) -> None:
        super().copyparams(link, copy_persistent)
        others = self._items_of(link)
        for key, child in self._items():
            child.copyparams(others[key], copy_persistent)

    def addgrads(self, link: Link) -> None:
        super().addgrads(link)
        others = self._items_of(link)
        for key, child in self._items():
            child.addgrads(others[key])

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        super().device_resident_accept(visitor)
        for child in self.children():
            child.device_resident_accept(visitor)

    def serialize(self, serializer: Any) -> None:
        super().serialize(serializer)
        for key, child in self._items():
            child.serialize(serializer[key])

    def _print(self, items: Iterable[tuple[str, Any]]) -> str:
        lines = []
        for key, item in items:
            text = str(item).replace("\n", "\n  ")
            lines.append(f"  ({key}): {text},\n")
        body = "\n" + "".join(lines) if lines else ""
        return f"{type(self).__name__}({body})"

    def __str__(self) -> str:
        return self._print(self._items())


class Chain(_Container):
    """A link with child links as attributes.

    Links assigned inside :meth:`~chainer.Link.init_scope` become children.

    Args:
        links: Children by name. For old code; prefer ``init_scope``.

    Example:
        >>> import chainer, numpy as np
        >>> import chainer.functions as F, chainer.links as L
        >>> class MLP(chainer.Chain):
        ...     def __init__(self, n_units, n_out):
        ...         super().__init__()
        ...         with self.init_scope():
        ...             self.l1 = L.Linear(None, n_units)
        ...             self.l2 = L.Linear(n_units, n_out)
        ...     def forward(self, x):
        ...         return self.l2(F.relu(self.l1(x)))
        >>> MLP(8, 3)(np.zeros((2, 5), np.float32)).shape
        (2, 3)
    """

    _children: set[str]

    def __init__(self, **links: Link) -> None:
        super().__init__()
        self._children = set()
        for name, link in links.items():
            self.add_link(name, link)

    def __getitem__(self, name: str) -> Link:
        """Child of the given name.

        Raises:
            AttributeError: There is none.
        """
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Link):
            if hasattr(self, name):
                raise AttributeError(f"cannot register a new link {name}: attribute exists")
            value.name = name
            self._children.add(name)
        super().__setattr__(name, value)

    def __delattr__(self, name: str) -> None:
        self._children.discard(name)
        super().__delattr__(name)

    def add_link(self, name: str, link: Link) -> None:
        """Registers a child. For old code; prefer ``init_scope``.

        Args:
            name: Attribute to keep it in.
            link: The child.

        Raises:
            AttributeError: There is such an attribute.
            TypeError: ``link`` is not a link.
        """
        if name in self.__dict__:
            raise AttributeError(f"cannot register a new link {name}: attribute exists")
        if not isinstance(link, Link):
            raise TypeError(f"cannot register a {type(link).__name__} as a child, expected a chainer.Link")
        with self.init_scope():
            setattr(self, name, link)

    def _items(self) -> Iterator[tuple[str, Link]]:
        members = self.__dict__
        for name in sorted(self._children):
            yield name, members[name]

    def copy(self, mode: str = "share") -> Self:
        copied = super().copy(mode)
        if mode == "copy":
            return copied
        copied._children = set(self._children)
        for name, child in self._items():
            child = child.copy(mode)
            child.name = name
            copied.__dict__[name] = child
        return copied


class ChainList(_Container, MutableSequence[Link]):
    """A link with a list of child links.

    Args:
        links: The children.

    Example:
        >>> import chainer, chainer.links as L
        >>> layers = chainer.ChainList(L.Linear(3, 4), L.Linear(4, 2))
        >>> [path for path, _ in layers.namedparams()]
        ['/0/W', '/0/b', '/1/W', '/1/b']
    """

    _children: list[Link]

    def __init__(self, *links: Link) -> None:
        super().__init__()
        self._children = []
        for link in links:
            self.add_link(link)

    def __setattr__(self, name: str, value: Any) -> None:
        if self._within_init_scope and isinstance(value, Link):
            raise TypeError('cannot register a new link within a "with chainlist.init_scope():" block; append it')
        super().__setattr__(name, value)

    def __getitem__(self, index: Any) -> Any:
        """Child of an index, or a list of children of a slice."""
        return self._children[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, int | numpy.integer):
            value.name = str(range(len(self))[index])
            self._children[index] = value
            return
        self._children[index] = list(value)
        self._number_children()

    def __delitem__(self, index: Any) -> None:
        del self._children[index]
        self._number_children()

    def insert(self, index: int, link: Link) -> None:
        """Inserts a child before an index."""
        self._children.insert(index, link)
        self._number_children()

    def _number_children(self) -> None:
        for i, child in enumerate(self._children):
            child.name = str(i)

    def __iter__(self) -> Iterator[Link]:
        return iter(self._children)

    def __len__(self) -> int:
        return len(self._children)

    # A sequence compares by content; a link is itself alone.
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other

    def add_link(self, link: Link) -> None:
        """Appends a child."""
        self.append(link)

    def _items(self) -> Iterator[tuple[str, Link]]:
        for i, child in enumerate(self._children):
            yield str(i), child

    def copy(self, mode: str = "share") -> Self:
        copied = super().copy(mode)
        if mode == "copy":
            return copied
        copied._children = []
        for i, child in enumerate(self._children):
            child = child.copy(mode)
            child.name = str(i)
            copied._children.append(child)
        return copied


def _is_shape_and_dtype(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 2 and isinstance(value[0], tuple)


def _init_again(param: Parameter) -> Parameter:
    """A parameter like ``param``, filled anew."""
    fresh = Parameter(param.initializer, name=param.name)
    fresh.to_device(param.device)
    fresh.initialize(param.shape)
    fresh.update_rule = copy.copy(param.update_rule)
    return fresh
