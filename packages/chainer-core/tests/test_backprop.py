"""The walk back: Variable.backward, chainer.backward, chainer.grad and what listens to them."""

import gc
import threading
import weakref

import chainer
import chainer.functions as F
import chainer.links as L
import numpy as np
import pytest
from chainer import Variable
from hypothesis import given
from hypothesis import strategies as st


def variable(*values, **kwargs):
    return Variable(np.array(values, "float32"), **kwargs)


class Recorder(chainer.FunctionNode):
    """Sums its inputs and notes what its backward is asked for."""

    def __init__(self, name="", log=None):
        self.name = name
        self.log = [] if log is None else log

    def forward(self, inputs):
        return (sum(inputs),)

    def backward(self, indexes, grad_outputs):
        self.log.append((self.name, indexes))
        return tuple([grad_outputs[0]] * len(indexes))


class TestBackward:
    def test_fills_leaves_and_leaves_the_rest_alone(self):
        x, y = variable(1, 2), variable(3, 4)
        h = x * y
        z = F.sum(h)
        z.backward()
        np.testing.assert_array_equal(x.grad, [3, 4])
        np.testing.assert_array_equal(y.grad, [1, 2])
        assert h.grad is None
        assert z.grad is None

    def test_retain_grad_keeps_those_in_between(self):
        x = variable(1, 2)
        h = x * 2
        z = F.sum(h)
        z.backward(retain_grad=True)
        np.testing.assert_array_equal(h.grad, [1, 1])
        assert float(z.grad) == 1

    def test_adds_to_what_is_there(self):
        x = variable(1, 2)
        F.sum(x * 3).backward()
        F.sum(x * 4).backward()
        np.testing.assert_array_equal(x.grad, [7, 7])
        x.cleargrad()
        F.sum(x * 4).backward()
        np.testing.assert_array_equal(x.grad, [4, 4])

    def test_does_not_write_into_a_gradient_that_somebody_holds(self):
        x = variable(1, 2)
        F.sum(x * 3).backward()
        held = x.grad
        F.sum(x * 4).backward()
        np.testing.assert_array_equal(held, [3, 3])

    def test_shared_inputs_add_up(self):
        x = variable(2)
        y = x + x + x
        y.backward()
        np.testing.assert_array_equal(x.grad, [3])

    def test_inputs_that_share_one_gradient_array_stay_apart(self):
        x, y = variable(1, 2), variable(3, 4)
        z = x + y  # its backward may hand out one array twice
        z.grad = np.ones(2, "float32")
        z.backward()
        x.grad[...] = 5 if x.grad is not y.grad else x.grad
        F.sum(x * 10).backward()
        np.testing.assert_array_equal(y.grad, [1, 1])

    def test_diamond(self):
        log = []
        x = variable(1)
        a = Recorder("a", log).apply((x,))[0]
        b = Recorder("b", log).apply((a,))[0]
        c = Recorder("c", log).apply((a,))[0]
        d = Recorder("d", log).apply((b, c))[0]
        d.backward()
        assert [name for name, _ in log] == ["d", "c", "b", "a"]  # each once, after all that use it
        np.testing.assert_array_equal(x.grad, [2])

    def test_only_what_needs_a_gradient_is_asked_for(self):
        log = []
        x = variable(1, requires_grad=False)
        y = variable(1)
        Recorder("a", log).apply((x, y, np.ones(1, "float32")))[0].backward()
        assert log == [("a", (1,))]
        assert x.grad is None

    def test_from_a_leaf_does_nothing(self):
        x = variable(1)
        x.backward()
        assert x.grad is None

    def test_starts_from_the_gradient_that_is_set(self):
        x = variable(1, 2)
        y = x * 3
        y.grad = np.array([10, 100], "float32")
        y.backward()
        np.testing.assert_array_equal(x.grad, [30, 300])

    @pytest.mark.parametrize("shape", [(), (1,), (1, 1)])
    def test_one_element_starts_from_one(self, shape):
        x = Variable(np.full(shape, 2, "float32"))
        (x * 3).backward()
        np.testing.assert_array_equal(x.grad, np.full(shape, 3))

    def test_loss_scale(self):
        x = variable(2)
        (x * 3).backward(loss_scale=8)
        np.testing.assert_array_equal(x.grad, [24])

    @pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
    def test_keeps_the_dtype(self, dtype):
        x = Variable(np.ones(3, dtype))
        F.sum((x * 2 + 1) / 3 - x**2).backward()
        assert x.grad.dtype == dtype

    def test_twice_through_one_graph(self):
        x = variable(3)
        y = x * x
        y.backward()
        y.backward()
        np.testing.assert_array_equal(x.grad, [12])

    def test_long_chains_need_no_deep_stack(self):
        x = h = variable(1)
        for _ in range(5000):
            h = h + 1
        h.backward()
        np.testing.assert_array_equal(x.grad, [1])
        assert h.rank == 5000
        del h
        gc.collect()

    def test_missing_gradients_are_none_and_end_the_walk(self):
        class Stop(chainer.FunctionNode):
            def forward(self, inputs):
                return (inputs[0] * 1,)

        log = []
        x = variable(1)
        h = Recorder("before", log).apply((x,))[0]
        (Stop().apply((h,))[0] * 2).backward()
        assert x.grad is None
        assert log == []

    def test_unused_outputs_have_no_gradient(self):
        seen = []

        class Two(chainer.FunctionNode):
            def forward(self, inputs):
                return inputs[0] * 1, inputs[0] * 2

            def backward(self, indexes, grad_outputs):
                seen.append(grad_outputs)
                return (grad_outputs[1] * 2,)

        x = variable(1)
        Two().apply((x,))[1].backward()
        assert seen[0][0] is None
        np.testing.assert_array_equal(x.grad, [2])

    def test_config_is_restored_after_a_failure(self):
        class Failing(chainer.FunctionNode):
            def forward(self, inputs):
                return inputs

            def backward(self, indexes, grad_outputs):
                raise KeyError

        with pytest.raises(KeyError):
            Failing().apply((variable(1),))[0].backward()
        assert chainer.config.enable_backprop is True


class TestDoubleBackprop:
    def test_without_it_gradients_are_leaves(self):
        x = variable(3)
        (x**3).backward()
        assert x.grad_var.creator is None

    def test_with_it_gradients_can_be_differentiated(self):
        x = variable(3)
        y = x**3
        y.backward(enable_double_backprop=True)
        gx = x.grad_var
        x.cleargrad()
        gx.backward(enable_double_backprop=True)
        np.testing.assert_allclose(x.grad, [18])
        ggx = x.grad_var
        x.cleargrad()
        ggx.backward()
        np.testing.assert_allclose(x.grad, [6])

    @pytest.mark.parametrize("double", [False, True])
    def test_arrays_replaced_since_forward_leave_gradients_as_they_were(self, double):
        x = chainer.Variable(np.ones(3))
        h = F.tanh(x)
        y = F.sum(h * x)
        x.array, h.array = x.array * 2, h.array * 3
        y.backward(retain_grad=True, enable_double_backprop=double)
        np.testing.assert_allclose(h.grad, 1)
        np.testing.assert_allclose(x.grad, np.tanh(1) + 1 - np.tanh(1) ** 2)

    def test_accumulated_gradients_remember_all_they_came_from(self):
        x = variable(3)
        (x**2).backward(enable_double_backprop=True)
        (x**3).backward(enable_double_backprop=True)
        gx = x.grad_var
        x.cleargrad()
        gx.backward()
        np.testing.assert_allclose(x.grad, [2 + 18])

    def test_penalty_on_a_gradient(self):
        x, w = variable(1, 2), variable(3, 4)
        (gx,) = chainer.grad([F.sum(x * x * w)], [x], enable_double_backprop=True)
        F.sum(gx * gx).backward()  # sum of (2 x w)^2
        np.testing.assert_allclose(w.grad, 8 * np.array([1, 4]) * w.array)


class TestManyOutputs:
    def test_one_walk_from_several_outputs(self):
        log = []
        x = variable(1)
        h = Recorder("h", log).apply((x,))[0]
        a, b = h * 2, h * 3
        chainer.backward([a, b])
        np.testing.assert_array_equal(x.grad, [5])
        assert log == [("h", (0,))]

    def test_given_gradients(self):
        x = variable(1, 2)
        a, b = x * 2, x * 3
        gradients = [variable(1, 10), variable(100, 1000)]
        chainer.backward((a, b), gradients)
        np.testing.assert_array_equal(x.grad, [302, 3020])

    def test_an_output_behind_another(self):
        x = variable(1)
        a = x * 2
        b = a * 3
        chainer.backward([a, b])
        np.testing.assert_array_equal(x.grad, [8])

    def test_refuses_a_single_variable(self):
        with pytest.raises(TypeError, match="outputs must be a list or tuple of variables, got Variable"):
            chainer.backward(variable(1) * 2)


class TestGrad:
    def test_returns_gradients_and_touches_nothing(self):
        x, y = variable(2), variable(5)
        z = x * y
        gx, gy = chainer.grad([z], [x, y])
        np.testing.assert_array_equal(gx.array, [5])
        np.testing.assert_array_equal(gy.array, [2])
        assert x.grad is None
        assert z.grad is None

    def test_by_variables_in_between(self):
        x = variable(2)
        h = x * x
        z = h * h
        gh, gx = chainer.grad([z], [h, x])
        np.testing.assert_array_equal(gh.array, [8])
        np.testing.assert_array_equal(gx.array, [32])

    def test_visits_only_what_lies_between(self):
        log = []
        x, y = variable(1), variable(1)
        h = Recorder("behind", log).apply((x,))[0]
        side = Recorder("side", log).apply((y,))[0]
        z = Recorder("end", log).apply((h, side))[0]
        chainer.grad([z], [h])
        assert [name for name, _ in log] == ["end"]

    def test_none_where_nothing_depends(self):
        x, y = variable(1), variable(1)
        assert chainer.grad([x * 2], [y]) == [None]

    def test_output_as_input(self):
        x = variable(1)
        y = x * 2
        (gy,) = chainer.grad([y], [y])
        np.testing.assert_array_equal(gy.array, [1])

    def test_options(self):
        x = variable(1, 2)
        h = x * 2
        z = h * 3
        start = [variable(1, 10)]
        (gx,) = chainer.grad([z], [x], start, [variable(100, 100)], set_grad=True, retain_grad=True)
        np.testing.assert_array_equal(gx.array, [106, 160])
        np.testing.assert_array_equal(x.grad, gx.array)
        np.testing.assert_array_equal(h.grad, [3, 30])

    def test_loss_scale(self):
        x = variable(1)
        (gx,) = chainer.grad([x * 2], [x], loss_scale=4)
        np.testing.assert_array_equal(gx.array, [8])

    def test_refusals(self):
        x = variable(1, 2)
        with pytest.raises(TypeError, match="outputs must be a list or tuple"):
            chainer.grad(x * 2, [x])
        with pytest.raises(TypeError, match="inputs must be a list or tuple"):
            chainer.grad([x * 2], x)
        with pytest.raises(ValueError, match="one entry an output: 1 outputs, 2 entries"):
            chainer.grad([x * 2], [x], [None, None])
        with pytest.raises(RuntimeError, match="one number"):
            chainer.grad([x * 2], [x])


class TestUnchain:
    def test_variable(self):
        x = variable(1)
        h = x * 2
        z = h * 3
        h.unchain()
        z.backward()
        assert x.grad is None
        assert h.creator is None
        np.testing.assert_array_equal(h.grad, [3])

    def test_backward_cuts_all_behind(self):
        x = variable(1)
        h = x * 2
        function = h.creator_node
        z = h * 3
        h.unchain_backward()
        z.backward()
        assert x.grad is None
        assert function.inputs is None

    def test_truncated_time(self):
        w = variable(2)
        h = variable(1)
        for step in range(4):
            h = h * w
            if step == 1:
                h.unchain_backward()
        h.backward()
        np.testing.assert_array_equal(w.grad, [16])  # d(4 w w)/dw

    def test_function(self):
        x = variable(1)
        h = x * 2
        h.creator_node.unchain()
        assert h.creator is None
        h.backward()
        assert x.grad is None


class TestModes:
    def test_no_backprop(self):
        x = variable(1)
        with chainer.no_backprop_mode():
            y = x * 2
            with chainer.force_backprop_mode():
                z = x * 3
        assert y.creator is None
        assert not y.requires_grad
        z.backward()
        np.testing.assert_array_equal(x.grad, [3])

    def test_nothing_is_recorded_without_need(self):
        y = variable(1, requires_grad=False) * 2
        assert y.creator is None
        assert not y.requires_grad


class TestGradientFinalHook:
    def listen(self, run):
        told = []
        with chainer.gradient_final_hook(lambda v: told.append((v.name, v.grad.copy()))):
            run()
        return told

    def test_tells_each_leaf_once_in_order(self):
        a, b, c = variable(1, name="a"), variable(2, name="b"), variable(3, name="c")
        z = (a * b) * c + c
        told = self.listen(z.backward)
        assert [name for name, _ in told] == ["c", "b", "a"] or [name for name, _ in told] == ["c", "a", "b"]
        assert dict(told) == {"a": [6], "b": [3], "c": [3]}

    def test_told_while_the_rest_is_still_to_come(self):
        log = []
        a, b = variable(1, name="a"), variable(1, name="b")
        h = Recorder("first", log).apply((a,))[0]
        z = Recorder("second", log).apply((h, b))[0]
        with chainer.gradient_final_hook(lambda v: log.append(v.name)):
            z.backward()
        assert log == [("second", (0, 1)), "b", ("first", (0,)), "a"]

    def test_shared_weights_are_told_after_their_last_use(self):
        w, x = variable(2, name="w"), variable(1, name="x")
        log = []
        h = Recorder("early", log).apply((w, x))[0]
        z = Recorder("late", log).apply((h, w))[0]
        told = []
        with chainer.gradient_final_hook(lambda v: told.append((v.name, float(v.grad[0]), len(log)))):
            z.backward()
        assert sorted(told) == [("w", 2.0, 2), ("x", 1.0, 2)]

    def test_parameters_of_a_network(self):
        model = chainer.Sequential(L.Linear(3, 4), F.relu, L.Linear(4, 2))
        model.cleargrads()
        told = self.listen(F.sum(model(np.ones((1, 3), "float32"))).backward)
        assert len(told) == 4
        by_id = {id(p): path for path, p in model.namedparams()}
        order = []
        model.cleargrads()
        with chainer.gradient_final_hook(lambda v: order.append(by_id[id(v)])):
            F.sum(model(np.ones((1, 3), "float32"))).backward()
        assert {*order[:2]} == {"/1/W", "/1/b"}
        assert {*order[2:]} == {"/0/W", "/0/b"}

    def test_one_number_with_all_gradients_added(self):
        x = variable(1, name="x")
        x.grad = np.array([10], "float32")
        assert self.listen((x * 2).backward) == [("x", [12])]

    def test_without_gradient_nothing_is_told(self):
        class Stop(chainer.FunctionNode):
            def forward(self, inputs):
                return (inputs[0] * 1,)

        x, y = variable(1, name="x"), variable(1, name="y")
        z = Stop().apply((x,))[0] * y
        assert [name for name, _ in self.listen(z.backward)] == ["y"]

    def test_several_listeners_and_an_end(self):
        first, second = [], []
        x = variable(1)
        with chainer.gradient_final_hook(first.append):
            with chainer.gradient_final_hook(second.append):
                (x * 2).backward()
            (x * 2).backward()
        (x * 2).backward()
        assert (len(first), len(second)) == (2, 1)

    def test_other_threads_are_not_listened_to(self):
        told = []
        x = variable(1)
        with chainer.gradient_final_hook(told.append):
            thread = threading.Thread(target=(x * 2).backward)
            thread.start()
            thread.join()
        assert told == []
        assert x.grad is not None

    def test_exception_ends_the_walk(self):
        x = variable(1)

        def fail(v):
            raise KeyError("from the listener")

        with pytest.raises(KeyError, match="from the listener"), chainer.gradient_final_hook(fail):
            (x * 2).backward()
        (x * 2).backward()  # nobody listens any more
        assert chainer.config.enable_backprop is True

    @given(st.data())
    def test_final_means_final(self, data):
        """On random graphs: each leaf once, with the gradient that it has in the end."""
        leaves = [variable(i + 1.0, name=f"x{i}") for i in range(data.draw(st.integers(1, 4)))]
        pool = list(leaves)
        for _ in range(data.draw(st.integers(1, 8))):
            a, b = data.draw(st.sampled_from(pool)), data.draw(st.sampled_from(pool))
            pool.append(a * b if data.draw(st.booleans()) else a + b)
        told = self.listen(pool[-1].backward)
        assert len({name for name, _ in told}) == len(told)
        assert {name for name, _ in told} == {x.name for x in leaves if x.grad is not None}
        for name, gradient in told:
            np.testing.assert_array_equal(gradient, leaves[int(name[1:])].grad)


class Watched(chainer.FunctionNode):
    """Squares, and lets others look in while its backward runs."""

    def __init__(self, look=lambda: None):
        self.look = look

    def forward(self, inputs):
        self.retain_inputs((0,))
        return (inputs[0] ** 2,)

    def backward(self, indexes, grad_outputs):
        self.look()
        (x,) = self.get_retained_inputs()
        return (2 * x * grad_outputs[0],)


class TestMemory:
    def test_arrays_that_no_backward_needs_die_at_once(self):
        x = variable(1, 2)
        h = x * 2
        array = weakref.ref(h.array)
        y = h + 1
        del h
        assert array() is None
        assert y.creator is not None

    def test_what_backward_needs_lives_as_long_as_the_graph(self):
        h = variable(1, 2) * 2
        array = weakref.ref(h.array)
        y = Watched().apply((h,))[0]
        del h
        assert array() is not None
        del y
        assert array() is None

    def test_gradients_in_between_die_while_backward_still_runs(self):
        born, alive = [], []

        class Noted(chainer.FunctionNode):
            def forward(self, inputs):
                return (inputs[0] * 2,)

            def backward(self, indexes, grad_outputs):
                alive.append(sum(ref() is not None for ref in born))
                gx = grad_outputs[0] * 2
                born.append(weakref.ref(gx.array))
                return (gx,)

        h = variable(1, 2)
        for _ in range(5):
            (h,) = Noted().apply((h,))
        F.sum(h).backward()
        assert alive == [0, 1, 1, 1, 1]  # only the one that is being used

    def test_optimizers_release_arrays_as_they_go(self):
        link = chainer.Link()
        with link.init_scope():
            link.w = chainer.Parameter(np.array([1.0, 2.0], "float32"))
        arrays, alive = [], []

        def look():
            alive.append(sum(ref() is not None for ref in arrays))

        def loss():
            h = link.w
            for _ in range(4):
                (h,) = Watched(look).apply((h,))
                arrays.append(weakref.ref(h.array))
            return F.sum(h)

        optimizer = chainer.optimizers.SGD(0.0).setup(link)
        optimizer.update(loss)
        assert alive == sorted(alive, reverse=True)
        assert alive[-1] <= 1
        assert sum(ref() is not None for ref in arrays) == 0

    def test_graph_is_free_of_cycles(self):
        gc.collect()
        gc.disable()
        try:
            x = variable(1, 2)
            y = F.sum(F.relu(x * x + 1) ** 2)
            y.backward()
            nodes = [weakref.ref(y.node), weakref.ref(y.creator_node)]
            del y
            assert [node() for node in nodes] == [None, None]
        finally:
            gc.enable()
