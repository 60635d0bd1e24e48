"""Files that hold links, optimizers, iterators and whole trainers."""

from chainer.serializers import hdf5, npz, pth, safetensors
from chainer.serializers.hdf5 import HDF5Deserializer, HDF5Serializer, load_hdf5, save_hdf5
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer, load_npz, save_npz
from chainer.serializers.pth import load_pth
from chainer.serializers.safetensors import load_safetensors, save_safetensors

__all__ = [
    "DictionarySerializer",
    "HDF5Deserializer",
    "HDF5Serializer",
    "NpzDeserializer",
    "load_hdf5",
    "load_npz",
    "load_pth",
    "load_safetensors",
    "save_hdf5",
    "save_npz",
    "save_safetensors",
]
