import pytest
from chainer.utils import enable_final, final


class Base(enable_final()):
    @final
    def settled(self):
        return "base"

    def open(self):
        return "base"


def test_other_methods_may_be_overridden():
    class Child(Base):
        def open(self):
            return "child"

    assert (Child().open(), Child().settled()) == ("child", "base")


def test_refuses_to_override_a_final_method():
    with pytest.raises(TypeError, match="'settled' of Base is final .* Child"):

        class Child(Base):
            def settled(self):
                return "child"


def test_an_action_may_replace_the_refusal():
    seen = []

    class Watched(enable_final()):
        @final(action=seen.append)
        def settled(self):
            pass

    class Child(Watched):
        def settled(self):
            pass

    assert seen == [Child.settled]


def test_goes_with_other_bases_and_metaclasses():
    class Meta(type):
        pass

    class Mixin(metaclass=Meta):
        pass

    class Child(enable_final(base=(Mixin,), meta_base=(Meta,))):
        pass

    assert isinstance(Child, Meta) and issubclass(Child, Mixin)
