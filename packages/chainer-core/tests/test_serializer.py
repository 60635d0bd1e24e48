import pytest
from chainer.serializer import AbstractSerializer, Deserializer, Serializer


def test_the_protocol_is_abstract():
    with pytest.raises(NotImplementedError):
        AbstractSerializer()["child"]
    with pytest.raises(NotImplementedError):
        AbstractSerializer()("key", 1)


@pytest.mark.parametrize(("cls", "method"), [(Serializer, "save"), (Deserializer, "load")])
def test_save_and_load_hand_themselves_to_the_object(cls, method):
    class Target:
        def serialize(self, serializer):
            self.seen = serializer

    target, serializer = Target(), cls()
    getattr(serializer, method)(target)
    assert target.seen is serializer
