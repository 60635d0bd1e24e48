import struct

import pytest
from chainer.serializers.npz import DictionarySerializer, NpzDeserializer
from chainer.training import extensions

pytest.importorskip("tensorboardX")

_CASTAGNOLI = 0x82F63B78


def masked_crc(data):
    """Checksum of the TFRecord format: CRC-32C, rotated and shifted."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = (crc >> 1) ^ (_CASTAGNOLI if crc & 1 else 0)
    crc ^= 0xFFFFFFFF
    return (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF


def read_scalars(directory):
    from tensorboardX.proto.event_pb2 import Event

    scalars = []
    for path in sorted(directory.iterdir()):
        content = path.read_bytes()
        while content:
            (length,), (header_crc,) = struct.unpack("<Q", content[:8]), struct.unpack("<I", content[8:12])
            record, (record_crc,) = content[12 : 12 + length], struct.unpack("<I", content[12 + length : 16 + length])
            assert header_crc == masked_crc(content[:8])
            assert record_crc == masked_crc(record)
            content = content[16 + length :]
            event = Event.FromString(record)
            scalars += [(value.tag, event.step, value.simple_value) for value in event.summary.value]
    return scalars


def test_means_can_be_read_back(make_trainer, tmp_path):
    trainer = make_trainer((4, "iteration"), observe=lambda i: {"main/loss": i, "other": 0})
    trainer.extend(extensions.TensorBoardReport(["main/loss"], trigger=(2, "iteration")))
    trainer.run()
    assert read_scalars(tmp_path / "result" / "tensorboard") == [("main/loss", 2, 1.5), ("main/loss", 4, 3.5)]


def test_resumed_training_continues_the_interval(make_trainer, tmp_path):
    trainer = make_trainer((3, "iteration"))
    trainer.extend(extensions.TensorBoardReport(trigger=(2, "iteration"), dirname="events"))
    trainer.run()
    serializer = DictionarySerializer()
    trainer.serialize(serializer)
    resumed = make_trainer((4, "iteration"))
    resumed.extend(extensions.TensorBoardReport(trigger=(2, "iteration"), dirname="events"))
    resumed.serialize(NpzDeserializer(serializer.target))
    resumed.run()
    assert read_scalars(tmp_path / "result" / "events") == [("x", 2, 1.5), ("x", 4, 3.5)]


def test_missing_library_is_named(monkeypatch):
    from chainer.training.extensions import tensorboard_report

    monkeypatch.setattr(tensorboard_report.importlib.util, "find_spec", lambda name: None)
    with pytest.raises(ImportError, match=r"pip install 'chainer\[tensorboard\]'"):
        extensions.TensorBoardReport()
    extension = object.__new__(extensions.TensorBoardReport)
    extension._writer = None
    extension.finalize()  # a run that ends before it began
