"""Things that live on a device and can be moved: links, and what visits them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

from chainer import backend
from chainer._device import CpuDevice, Device, current_device, get_device
from chainer.types import DeviceSpec, NdArray

if TYPE_CHECKING:
    from chainer.variable import Parameter


class DeviceResident:
    """Base of objects with arrays that live on one device together."""

    _device: Device

    def __init__(self) -> None:
        self._device = current_device()

    @property
    def device(self) -> Device:
        """Device on which the arrays of this object live."""
        return self._device

    @property
    def xp(self) -> Any:
        """Array module of :attr:`device`: ``numpy`` or ``cupy``."""
        return self._device.xp

    def to_cpu(self) -> Self:
        """Moves all arrays to the CPU and returns the object itself."""
        return self.to_device(CpuDevice())

    def to_gpu(self, device: Any = None) -> Self:
        """Moves all arrays to a GPU and returns the object itself.

        Args:
            device: Index of the GPU or ``cupy.cuda.Device``; ``None`` is the current one.
        """
        backend.cuda.check_cuda_available()
        gpu = backend.cuda.Device() if device is None else backend.cuda.get_device(device)
        return self.to_device(backend.GpuDevice(gpu))

    def to_intel64(self) -> Self:
        """Moves all arrays to the CPU, to be served by accelerated kernels, and returns the object itself."""
        return self.to_device(get_device("@intel64"))

    def to_chx(self) -> Self:
        """Not available: ChainerX has been discontinued.

        Raises:
            RuntimeError: Always.
        """
        raise RuntimeError("ChainerX has been discontinued; use to_device('@numpy') or to_device('@cupy:0')")

    def from_chx(self) -> Self:
        """Does nothing: no array can be one of ChainerX. Returns the object itself."""
        return self

    def to_device(self, device: DeviceSpec) -> Self:
        """Moves all arrays to a device and returns the object itself.

        Args:
            device: As for :func:`chainer.get_device`.
        """
        self.device_resident_accept(_ToDevice(get_device(device)))
        return self

    def device_resident_accept(self, visitor: DeviceResidentsVisitor) -> None:
        """Shows the visitor this object; containers show their children too."""
        visitor.visit_device_resident(self)


class DeviceResidentsVisitor:
    """Walks over a hierarchy of device residents; subclasses say what is done to each part."""

    def visit_device_resident(self, device_resident: DeviceResident) -> None:
        """Called once for each object, before its arrays."""
        raise NotImplementedError

    def visit_array(self, arr: NdArray) -> NdArray:
        """Called for each array that is not a parameter; returns what replaces it."""
        raise NotImplementedError

    def visit_variable(self, param: Parameter) -> None:
        """Called for each parameter."""
        raise NotImplementedError


class _ToDevice(DeviceResidentsVisitor):
    def __init__(self, device: Device) -> None:
        self.device = device

    def visit_device_resident(self, device_resident: DeviceResident) -> None:
        device_resident._device = self.device

    def visit_array(self, arr: NdArray) -> NdArray:
        return self.device.send(arr)

    def visit_variable(self, param: Parameter) -> None:
        param.to_device(self.device)
