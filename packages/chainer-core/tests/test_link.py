import copy
import pickle

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import Chain, ChainList, Link, LinkHook, Parameter, testing


class Leaf(Link):
    def __init__(self, value=1.0):
        super().__init__()
        with self.init_scope():
            self.w = Parameter(chainer.initializers.Constant(value), (2,))
            self.lazy = Parameter(0)
        self.add_persistent("count", np.array([0, 0]))
        self.add_persistent("epoch", 3)

    def forward(self, x):
        return x * self.w


class Tree(Chain):
    def __init__(self):
        super().__init__()
        with self.init_scope():
            self.b = Leaf()
            self.a = ChainList(Leaf(), Leaf())
            self.p = Parameter(0, (1,))


def paths(pairs):
    return [path for path, _ in pairs]


class TestRegistering:
    def test_only_inside_init_scope(self):
        link = Link()
        assert not link.within_init_scope
        with link.init_scope():
            assert link.within_init_scope
            with link.init_scope():
                link.a = Parameter(0, (1,))
            assert link.within_init_scope
            link.b = np.ones(1)
        link.c = Parameter(0, (1,))
        assert paths(link.namedparams()) == ["/a"]
        assert link.a.name == "a"

    def test_constructor_must_have_been_called(self):
        class Forgetful(Link):
            def __init__(self):
                with self.init_scope():
                    pass

        with pytest.raises(RuntimeError, match=r"super\(\).__init__\(\) first in Forgetful"):
            Forgetful()

    def test_add_param(self):
        link = Link(u=(2, 3), v=((2,), "d"))
        assert link.u.shape == (2, 3)
        assert link.v.dtype == np.float64
        link.add_param("w", (2,), initializer=3)
        link.add_param("lazy", dtype="float16")
        np.testing.assert_array_equal(link.w.array, [3, 3])
        assert np.isnan(link.u.array).all()
        assert link.lazy.dtype == np.float16
        assert paths(link.namedparams()) == ["/lazy", "/u", "/v", "/w"]
        with pytest.raises(AttributeError, match="attribute exists"):
            link.add_param("w", (1,))

    def test_persistent(self):
        link = Link()
        link.add_persistent("a", 1)
        link.b = 2
        link.register_persistent("b")
        assert link.persistent_names() == ["a", "b"]
        target = {}
        link.serialize(chainer.serializers.DictionarySerializer(target))
        assert sorted(target) == ["a", "b"]
        with pytest.raises(AttributeError, match="attribute exists"):
            link.add_persistent("a", 1)
        with pytest.raises(AttributeError, match="non-existent attribute c"):
            link.register_persistent("c")

    def test_deleting_unregisters(self):
        tree = Tree()
        del tree.b
        del tree.p
        assert paths(tree.namedparams()) == ["/a/0/lazy", "/a/0/w", "/a/1/lazy", "/a/1/w"]
        assert paths(tree.namedlinks()) == ["/", "/a", "/a/0", "/a/1"]

    def test_children(self):
        chain = Chain(a=Leaf())
        chain.add_link("b", Leaf())
        assert chain["b"] is chain.b
        assert chain.b.name == "b"
        with pytest.raises(AttributeError, match="attribute exists"):
            chain.add_link("b", Leaf())
        with pytest.raises(TypeError, match="cannot register a int"):
            chain.add_link("c", 3)
        with pytest.raises(AttributeError), chain.init_scope():
            chain.b = Leaf()
        with pytest.raises(AttributeError):
            _ = chain["missing"]

    def test_lists_are_appended_to(self):
        with pytest.raises(TypeError, match="append it"), (links := ChainList()).init_scope():
            links.a = Leaf()


class TestWalking:
    def test_params_come_sorted_by_name(self):
        tree = Tree()
        assert paths(tree.namedparams()) == [
            "/p",
            "/a/0/lazy",
            "/a/0/w",
            "/a/1/lazy",
            "/a/1/w",
            "/b/lazy",
            "/b/w",
        ]
        assert paths(tree.namedparams(include_uninit=False)) == ["/p", "/a/0/w", "/a/1/w", "/b/w"]
        assert [id(p) for p in tree.params()] == [id(p) for _, p in tree.namedparams()]
        assert len(list(tree.params(include_uninit=False))) == 4

    def test_links(self):
        tree = Tree()
        assert paths(tree.namedlinks()) == ["/", "/a", "/a/0", "/a/1", "/b"]
        assert paths(tree.namedlinks(skipself=True)) == ["/a", "/a/0", "/a/1", "/b"]
        assert list(tree.links()) == [link for _, link in tree.namedlinks()]
        assert list(tree.links(skipself=True)) == [tree.a, tree.a[0], tree.a[1], tree.b]
        assert list(tree.children()) == [tree.a, tree.b]
        assert list(Leaf().children()) == []

    def test_count_params(self):
        with pytest.warns(UserWarning, match="'/lazy' has not been initialized"):
            assert Leaf().count_params() == 2
        assert L.Linear(3, 2).count_params() == 8

    def test_printing(self):
        assert str(Leaf()) == "Leaf()"
        assert str(Chain(l=L.Linear(3, 2))) == "Chain(\n  (l): Linear(in_size=3, out_size=2, nobias=False),\n)"
        assert str(ChainList(Chain(l=Leaf()))) == "ChainList(\n  (0): Chain(\n    (l): Leaf(),\n  ),\n)"


class TestCalling:
    def test_calls_forward_with_all_arguments(self):
        class Echo(Link):
            def forward(self, *args, **kwargs):
                return args, kwargs

        assert Echo()(1, 2, a=3) == ((1, 2), {"a": 3})

    def test_without_forward(self):
        with pytest.raises(AttributeError, match="forward"):
            Chain()(1)


class TestChainList:
    def test_is_a_list(self):
        a, b, c = Leaf(), Leaf(), Leaf()
        links = ChainList(a, b)
        links.append(c)
        assert list(links) == [a, b, c]
        assert links[-1] is c
        assert links[:2] == [a, b]
        links.insert(0, d := Leaf())
        assert [link.name for link in links] == ["0", "1", "2", "3"]
        assert links.pop() is c
        del links[1]
        links[1] = a
        assert list(links) == [d, a]
        links[:] = [b]
        assert (len(links), b.name) == (1, "0")

    def test_a_link_equals_itself_alone(self):
        a, b = ChainList(), ChainList()
        assert a == a
        assert a != b
        assert len({a, b}) == 2


class TestCopy:
    @pytest.mark.parametrize("mode", ["share", "copy", "init"])
    def test_parameters(self, mode):
        tree = Tree()
        tree.b.w.array[...] = 5
        other = tree.copy(mode)
        assert other.b is not tree.b
        assert other.a[1] is not tree.a[1]
        assert other.b.w is not tree.b.w
        assert (other.b.w.array is tree.b.w.array) is (mode == "share")
        np.testing.assert_array_equal(other.b.w.array, 1 if mode == "init" else 5)
        assert other.b.name == "b"
        assert not other.b.lazy.is_initialized

    @pytest.mark.parametrize("mode", ["share", "copy", "init"])
    def test_persistent_values(self, mode):
        leaf = Leaf()
        other = leaf.copy(mode)
        assert (other.count is leaf.count) is (mode == "share")
        np.testing.assert_array_equal(other.count, leaf.count)

    @pytest.mark.parametrize("mode", ["share", "copy", "init"])
    def test_registering_in_a_copy_leaves_the_original_alone(self, mode):
        tree = Tree()
        other = tree.copy(mode)
        other.add_link("c", Leaf())
        other.a.append(Leaf())
        other.b.add_param("q", (1,))
        assert len(paths(tree.namedparams())) == 7

    def test_gradients_of_shared_parameters_are_separate(self):
        leaf = Leaf()
        other = leaf.copy()
        for link in (leaf, other):
            link.cleargrads()
        F.sum(other(np.ones(2, "float32"))).backward()
        assert leaf.w.grad is None
        assert other.w.grad is not None

    def test_unknown_mode(self):
        with pytest.raises(ValueError, match="init, copy, share, got 'deep'"):
            Leaf().copy("deep")

    @pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda link: pickle.loads(pickle.dumps(link))])
    def test_pickle_and_deepcopy(self, duplicate):
        tree = Tree()
        other = duplicate(tree)
        assert paths(other.namedparams()) == paths(tree.namedparams())
        other.b.w.array[...] = 7
        np.testing.assert_array_equal(tree.b.w.array, 1)

    @pytest.mark.parametrize(
        ("mode", "shared", "equal"), [("init", False, False), ("copy", False, True), ("share", True, True)]
    )
    def test_repeat(self, mode, shared, equal):
        first, second = L.Linear(3, 3).repeat(2, mode)
        assert (first.W.array is second.W.array) is shared
        assert np.array_equal(first.W.array, second.W.array) is equal
        assert len(L.Linear(3, 3).repeat(0)) == 0

    def test_copyparams(self):
        tree, other = Tree(), Tree()
        other.b.w.array[...] = 5
        other.b.count[...] = 8
        other.b.epoch = 9
        array = tree.b.w.array
        tree.copyparams(other)
        assert tree.b.w.array is array
        np.testing.assert_array_equal(array, 5)
        np.testing.assert_array_equal(tree.b.count, 8)
        assert tree.b.epoch == 9
        other.b.count[...] = 1
        tree.copyparams(other, copy_persistent=False)
        np.testing.assert_array_equal(tree.b.count, 8)
        with pytest.raises(ValueError, match="no child 'a', 'b'"):
            tree.copyparams(_with_p())


def _with_p():
    chain = Chain()
    with chain.init_scope():
        chain.p = Parameter(0, (1,))
    return chain


class TestGradients:
    def test_clear_zero_add(self):
        tree, other = Tree(), Tree()
        tree.cleargrads()
        assert tree.b.w.grad is None
        other.zerograds()
        np.testing.assert_array_equal(other.a[0].w.grad, 0)
        other.b.w.grad = np.full(2, 3, "float32")
        for link in (tree, other):
            for p in link.params():
                if not p.is_initialized:
                    p.initialize((1,))
        tree.cleargrads()
        tree.addgrads(other)
        np.testing.assert_array_equal(tree.b.w.grad, 3)

    def test_updates_can_be_turned_off(self):
        tree = Tree()
        assert not tree.update_enabled
        tree.disable_update()  # without rules there is nothing to turn off
        chainer.optimizers.SGD().setup(tree)
        assert tree.update_enabled
        tree.b.disable_update()
        assert not tree.b.update_enabled
        assert tree.update_enabled
        tree.disable_update()
        assert not tree.update_enabled
        tree.enable_update()
        assert tree.b.update_enabled


class TestSaving:
    def test_there_and_back(self):
        tree, other = Tree(), Tree()
        tree.b.w.array[...] = 5
        tree.b.lazy.initialize((4,))
        tree.b.count[...] = 2
        testing.save_and_load_npz(tree, other)
        np.testing.assert_array_equal(other.b.w.array, 5)
        assert other.b.lazy.shape == (4,)
        np.testing.assert_array_equal(other.b.count, 2)
        assert not other.a[0].lazy.is_initialized


class TestHooks:
    class Log(LinkHook):
        name = "Log"

        def __init__(self):
            self.log = []

        def added(self, link):
            self.log.append(("added", type(link).__name__))

        def deleted(self, link):
            self.log.append(("deleted", type(link).__name__))

        def forward_preprocess(self, args):
            self.log.append(("forward", type(args.link).__name__, args.forward_name, len(args.args), args.kwargs))

        def forward_postprocess(self, args):
            self.log.append(("done", type(args.link).__name__, args.out.shape))

        def forward_failed(self, args):
            self.log.append(("failed", type(args.link).__name__))

    def test_of_the_thread(self):
        hook = self.Log()
        with hook:
            Leaf()(np.ones(2, "float32"))
        Leaf()(np.ones(2, "float32"))
        assert hook.log == [
            ("added", "NoneType"),
            ("forward", "Leaf", "forward", 1, {}),
            ("done", "Leaf", (2,)),
            ("deleted", "NoneType"),
        ]

    def test_of_one_link(self):
        hook, leaf = self.Log(), Leaf()
        assert leaf.add_hook(hook) is leaf
        assert leaf.local_link_hooks == {"Log": hook}
        leaf(np.ones(2, "float32"))
        leaf.delete_hook("Log")
        leaf(np.ones(2, "float32"))
        assert [entry[0] for entry in hook.log] == ["added", "forward", "done", "deleted"]

    def test_failures_are_told_too(self):
        hook = self.Log()
        with pytest.raises(chainer.utils.type_check.InvalidType), hook:
            L.Linear(3, 2)(np.ones((1, 4), "float32"))
        assert [entry[0] for entry in hook.log] == ["added", "forward", "failed", "deleted"]

    def test_refusals(self):
        leaf = Leaf().add_hook(self.Log())
        with pytest.raises(KeyError, match="Log already exists"):
            leaf.add_hook(self.Log())
        with pytest.raises(KeyError, match="nobody does not exist"):
            leaf.delete_hook("nobody")
        with pytest.raises(TypeError, match="must be a chainer.LinkHook, got int"):
            leaf.add_hook(1)


def test_from_params_is_for_those_that_define_it():
    with pytest.raises(NotImplementedError, match="Leaf cannot be made from parameters"):
        Leaf.from_params()
