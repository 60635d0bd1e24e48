"""The wire format of Protocol Buffers: enough of it to read and write models of Caffe.

A message is a row of fields, each a key and a value. The key is a varint of ``number * 8 + wire type``; the value is a
varint, 4 or 8 bytes, or a length and as many bytes. Which number is which field, a :data:`Schema` tells.
See https://protobuf.dev/programming-guides/encoding/.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5
_FLOAT_DTYPES: dict[str, Any] = {"float": numpy.dtype("<f4"), "double": numpy.dtype("<f8")}


@dataclass(frozen=True, slots=True)
class Field:
    """What a field of a message holds.

    Args:
        name: Its name.
        kind: ``'int'`` (also of enumerations), ``'bool'``, ``'float'``, ``'double'``, ``'string'``, or the schema of a
            message.
        default: Value of a field that is not there.
        repeated: Whether it is a list.
        packed: Whether a list of numbers is written as one value.
    """

    name: str
    kind: Any
    default: Any = None
    repeated: bool = False
    packed: bool = False


Schema: TypeAlias = Mapping[int, Field]


class Message:
    """Fields of a message as attributes; those that are not there have their default.

    Args:
        schema: Fields that there may be.
        values: Fields that are there.
    """

    def __init__(self, schema: Schema, values: dict[str, Any]) -> None:
        self._schema = schema
        self._values = values

    def __getattr__(self, name: str) -> Any:
        if name in self._values:
            return self._values[name]
        for field in self._schema.values():
            if field.name == name:
                if field.repeated:
                    return []
                return Message(field.kind, {}) if isinstance(field.kind, Mapping) else field.default
        raise AttributeError(f"the message has no field {name!r}")

    def has(self, name: str) -> bool:
        """Whether a field is there."""
        return name in self._values


def decode(schema: Schema, data: memoryview) -> Message:
    """Reads a message; fields that the schema does not have are passed over.

    Args:
        schema: Fields to read.
        data: The bytes. Lists of numbers become arrays that share their memory.

    Raises:
        ValueError: The bytes are no such message.
    """
    values: dict[str, Any] = {}
    for number, wire_type, raw in _fields(data):
        field = schema.get(number)
        if field is None:
            continue
        value = _value(field, wire_type, raw)
        if not field.repeated:
            values[field.name] = value
        elif isinstance(value, numpy.ndarray):
            before = values.get(field.name)
            values[field.name] = value if before is None else numpy.concatenate([before, value])
        else:
            values.setdefault(field.name, []).extend(value if isinstance(value, list) else [value])
    return Message(schema, values)


def _fields(data: memoryview) -> Iterator[tuple[int, int, Any]]:
    position = 0
    while position < len(data):
        key, position = _read_varint(data, position)
        number, wire_type = key >> 3, key & 7
        if wire_type == _VARINT:
            value, position = _read_varint(data, position)
            yield number, wire_type, value
            continue
        if wire_type == _BYTES:
            length, position = _read_varint(data, position)
        elif wire_type in (_FIXED32, _FIXED64):
            length = 4 if wire_type == _FIXED32 else 8
        else:
            raise ValueError(f"a field of unknown wire type {wire_type}")
        if position + length > len(data):
            raise ValueError("a field reaches beyond the end")
        yield number, wire_type, data[position : position + length]
        position += length


def _read_varint(data: memoryview, position: int) -> tuple[int, int]:
    value = 0
    for shift in range(0, 70, 7):
        if position >= len(data):
            raise ValueError("a number reaches beyond the end")
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, position
    raise ValueError("a number of more than ten bytes")


def _value(field: Field, wire_type: int, raw: Any) -> Any:
    kind = field.kind
    if kind in ("int", "bool"):
        if wire_type == _VARINT:
            return bool(raw) if kind == "bool" else _signed(raw)
        if wire_type == _BYTES:  # a packed list
            numbers, position = [], 0
            while position < len(raw):
                number, position = _read_varint(raw, position)
                numbers.append(_signed(number))
            return numbers
    elif wire_type == _BYTES:
        if isinstance(kind, Mapping):
            return decode(kind, raw)
        if kind == "string":
            return str(raw, "utf-8")
        if kind in _FLOAT_DTYPES and len(raw) % _FLOAT_DTYPES[kind].itemsize == 0:
            return numpy.frombuffer(raw, _FLOAT_DTYPES[kind])
    elif (kind, wire_type) in (("float", _FIXED32), ("double", _FIXED64)):
        (number,) = struct.unpack("<f" if kind == "float" else "<d", raw)
        return number
    raise ValueError(f"field {field.name} is of wire type {wire_type}")


def _signed(number: int) -> int:
    """Negative numbers are written as 64 bits of two's complement."""
    return number - (1 << 64) if number >= 1 << 63 else number


def encode(schema: Schema, values: Mapping[str, Any]) -> bytes:
    """Writes a message.

    Args:
        schema: Fields that there may be.
        values: Their values by name; messages are mappings too, lists are sequences or arrays.

    Raises:
        KeyError: The schema has no such field.
    """
    by_name = {field.name: (number, field) for number, field in schema.items()}
    parts: list[bytes] = []
    for name, value in values.items():
        number, field = by_name[name]
        if field.packed:
            parts += _with_length(number, _pack(field.kind, value))
            continue
        for item in value if field.repeated else (value,):
            parts += _encode_one(number, field.kind, item)
    return b"".join(parts)


def _encode_one(number: int, kind: Any, value: Any) -> list[bytes]:
    if isinstance(kind, Mapping):
        return _with_length(number, encode(kind, value))
    if kind == "string":
        return _with_length(number, value.encode())
    wire_type = {"float": _FIXED32, "double": _FIXED64}.get(kind, _VARINT)
    return [_varint(number << 3 | wire_type), _pack(kind, [value])]


def _pack(kind: str, values: Any) -> bytes:
    if kind in _FLOAT_DTYPES:
        return numpy.asarray(values, _FLOAT_DTYPES[kind]).tobytes()
    return b"".join(_varint(int(value) & (1 << 64) - 1) for value in values)


def _with_length(number: int, content: bytes) -> list[bytes]:
    return [_varint(number << 3 | _BYTES), _varint(len(content)), content]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
