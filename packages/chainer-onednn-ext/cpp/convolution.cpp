#include "convolution.hpp"

#include "convolution_plan.hpp"
#include "parallel.hpp"

namespace {

Dims image_shape(int64_t n, int64_t channels, nb::handle size) {
    Dims shape = dims_of(size);
    shape.insert(shape.begin(), {n, channels});
    return shape;
}

void add_bias(const Floats &y, const Floats &b) {
    int64_t channels = y.dim(1), inner = product(y.shape(), 2);
    float *data = y.data();
    const float *bias = b.data();
    parallel_for(y.dim(0) * channels, inner, [=](int64_t i) {
        float value = bias[i % channels];
        for (float *p = data + i * inner, *end = p + inner; p < end; ++p) *p += value;
    });
}

}  // namespace

nb::object conv_forward(nb::handle x, nb::handle W, nb::handle b, nb::handle stride, nb::handle pad, nb::handle dilate,
                        int64_t groups, nb::handle out_size, int layout) {
    Floats x_array = Floats::from(x), w_array = Floats::from(W), b_array = b.is_none() ? Floats() : Floats::from(b);
    if (!x_array || !w_array || b_array.operator bool() == b.is_none()) return nb::none();
    Problem p{x_array.shape(), w_array.shape(), image_shape(x_array.dim(0), w_array.dim(0), out_size),
              dims_of(stride), dims_of(dilate), dims_of(pad), {}, static_cast<bool>(b_array), layout};
    Dims shape = p.y;
    if (!p.complete(groups)) return nb::none();
    auto plan = plan_for(p, kConvForward);
    if (!plan->primitive) return nb::none();
    Floats y = Floats::empty(shape);
    float *bias = b_array ? b_array.data() : nullptr;
    {
        nb::gil_scoped_release release;
        run(*plan, kConvForward, {x_array.data(), w_array.data(), y.data(), bias});
    }
    return y.object();
}

nb::object conv_backward_data(nb::handle gy, nb::handle W, nb::handle b, nb::handle stride, nb::handle pad,
                              nb::handle dilate, int64_t groups, nb::handle in_size, int layout) {
    Floats gy_array = Floats::from(gy), w_array = Floats::from(W), b_array = b.is_none() ? Floats() : Floats::from(b);
    if (!gy_array || !w_array || b_array.operator bool() == b.is_none() || w_array.ndim() < 3) return nb::none();
    Problem p{image_shape(gy_array.dim(0), w_array.dim(1) * groups, in_size), w_array.shape(), gy_array.shape(),
              dims_of(stride), dims_of(dilate), dims_of(pad), {}, false, layout};
    Dims shape = p.x;
    if (!p.complete(groups)) return nb::none();
    auto plan = plan_for(p, kConvBackwardData);
    if (!plan->primitive) return nb::none();
    Floats gx = Floats::empty(shape);
    {
        nb::gil_scoped_release release;
        run(*plan, kConvBackwardData, {gy_array.data(), w_array.data(), gx.data()});
        if (b_array) add_bias(gx, b_array);
    }
    return gx.object();
}

nb::object conv_backward_weights(nb::handle x, nb::handle gy, nb::handle stride, nb::handle pad, nb::handle dilate,
                                 int64_t groups, nb::handle ksize, int layout) {
    Floats x_array = Floats::from(x), gy_array = Floats::from(gy);
    if (!x_array || !gy_array || x_array.ndim() < 3) return nb::none();
    Problem p{x_array.shape(), image_shape(gy_array.dim(1), x_array.dim(1) / groups, ksize), gy_array.shape(),
              dims_of(stride), dims_of(dilate), dims_of(pad), {}, false, layout};
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
