// Convolution of channels-last images: arrays of shape (B, H, W, C), filters as they are.
#include "convolution_last.hpp"

#include "convolution_plan.hpp"

namespace {

// Shape of images with the channels second.
Dims channels_second(const Dims &last) {
    Dims shape = last;
    shape.insert(shape.begin() + 1, last.back());
    shape.pop_back();
    return shape;
}

Dims channels_last(const Dims &second) {
    Dims shape = second;
    shape.erase(shape.begin() + 1);
    shape.push_back(second[1]);
    return shape;
}

Dims image_shape(int64_t n, int64_t channels, nb::handle size) {
    Dims shape = dims_of(size);
    shape.insert(shape.begin(), {n, channels});
    return shape;
}

Problem problem(Dims x, Dims w, Dims y, nb::handle stride, nb::handle pad, nb::handle dilate, int layout) {
    Problem p{std::move(x), std::move(w), std::move(y), dims_of(stride), dims_of(dilate), dims_of(pad), {}, false, layout};
    p.channels_last = true;
    return p;
}

float *data_or_null(const Floats &array) { return array ? array.data() : nullptr; }

}  // namespace

struct PendingConvolution::Parts {
    Floats x;
    Problem problem;
    std::shared_ptr<Plan> plan;
    std::unique_ptr<float, void (*)(void *)> packed{nullptr, std::free};
};

PendingConvolution::PendingConvolution(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

nb::object PendingConvolution::make(nb::handle x, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                                    int64_t groups, nb::handle out_size, int layout) {
    auto parts = std::make_shared<Parts>();
    parts->x = Floats::from(x);
    Floats w_array = Floats::from(W);
    if (!parts->x || !w_array) return nb::none();
    parts->problem = problem(channels_second(parts->x.shape()), w_array.shape(),
                             image_shape(parts->x.dim(0), w_array.dim(0), out_size), stride, pad, dilate, layout);
    if (!parts->problem.complete(groups)) return nb::none();
    parts->plan = plan_for(parts->problem, kConvForward);
    if (!parts->plan->primitive) return nb::none();
    size_t bytes = (parts->plan->weights.inner.get_size() + 4095) / 4096 * 4096;
    parts->packed.reset(static_cast<float *>(std::aligned_alloc(4096, bytes)));
    if (!parts->packed) throw std::bad_alloc();
    {
        nb::gil_scoped_release release;
        pack_weights(*parts->plan, w_array.data(), parts->packed.get());
    }
    return nb::cast(PendingConvolution(parts));
}

nb::object PendingConvolution::run(nb::handle scale, nb::handle shift, nb::handle addend, bool rectifies) const {
    Floats scale_array = Floats::from(scale), shift_array = Floats::from(shift), addend_array = Floats::from(addend);
    Problem fused = parts_->problem;
    fused.has_bias = static_cast<bool>(shift_array);
    fused.scales = static_cast<bool>(scale_array);
    fused.adds = static_cast<bool>(addend_array);
    fused.rectifies = rectifies;
    auto plan = plan_for(fused, kConvForward);
    if (!plan->primitive) return nb::none();
    Floats y = Floats::empty(channels_last(fused.y));
    {
        nb::gil_scoped_release release;
        Operands operands{parts_->x.data(), parts_->packed.get(), y.data(), data_or_null(shift_array),
                          data_or_null(scale_array), data_or_null(addend_array)};
        operands.weights_are_inner = true;
        std::unique_ptr<float, void (*)(void *)> repacked{nullptr, std::free};
        if (plan->weights.inner != parts_->plan->weights.inner) {  // what is fused may change which filters are taken
            dnnl::memory from(parts_->plan->weights.inner, engine(), parts_->packed.get());
            repacked.reset(static_cast<float *>(std::aligned_alloc(64, (plan->weights.inner.get_size() + 63) / 64 * 64)));
            dnnl::memory to(plan->weights.inner, engine(), repacked.get());
            dnnl::reorder(from, to).execute(stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
            stream().wait();
            operands.weights = repacked.get();
        }
        ::run(*plan, kConvForward, operands);
    }
    return y.object();
}

nb::object conv_backward_data_last(nb::handle gy, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                                   int64_t groups, nb::handle in_size, int layout) {
    Floats gy_array = Floats::from(gy), w_array = Floats::from(W);
    if (!gy_array || !w_array) return nb::none();
    Problem p = problem(image_shape(gy_array.dim(0), w_array.dim(1) * groups, in_size), w_array.shape(),
                        channels_second(gy_array.shape()), stride, pad, dilate, layout);
    Dims shape = channels_last(p.x);
    if (!p.complete(groups)) return nb::none();
    auto plan = plan_for(p, kConvBackwardData);
    if (!plan->primitive) return nb::none();
    Floats gx = Floats::empty(shape);
    {
        nb::gil_scoped_release release;
        run(*plan, kConvBackwardData, {gy_array.data(), w_array.data(), gx.data()});
    }
    return gx.object();
}

nb::object conv_backward_weights_last(nb::handle x, nb::handle gy, nb::handle stride, nb::handle pad, nb::handle dilate,
                                      int64_t groups, nb::handle ksize, int layout) {
    Floats x_array = Floats::from(x), gy_array = Floats::from(gy);
    if (!x_array || !gy_array) return nb::none();
    Dims x_shape = channels_second(x_array.shape()), y_shape = channels_second(gy_array.shape());
    Problem p = problem(x_shape, image_shape(y_shape[1], x_shape[1] / groups, ksize), y_shape, stride, pad, dilate, layout);
    Dims shape = p.w;
    if (!p.complete(groups)) return nb::none();
    auto plan = plan_for(p, kConvBackwardWeights);
    if (!plan->primitive) return nb::none();
    Floats gW = Floats::empty(shape);
    {
        nb::gil_scoped_release release;
        run(*plan, kConvBackwardWeights, {x_array.data(), gy_array.data(), gW.data()});
    }
    return gW.object();
}
