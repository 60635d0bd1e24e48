// Convolution of channels-last images: arrays of shape (B, H, W, C), filters as they are.
#include "convolution_last.hpp"

#include <cstring>

#include "candidates.hpp"
#include "convolution_plan.hpp"
#include "memory_pool.hpp"

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

// The shape of a problem of two spatial axes that has been completed.
ConvShape shape_of(const Problem &p, int64_t groups) {
    size_t first = p.w.size() - 2;
    return {p.x[0],        p.x[2],      p.x[3],      p.x[1],   p.y[2],   p.y[3],          p.y[1],          p.w[first],
            p.w[first + 1], p.stride[0], p.stride[1], p.pad[0], p.pad[1], p.dilate[0] + 1, p.dilate[1] + 1, groups};
}

// Which of the ways a problem is computed; if by oneDNN, the layout inside is set. A layout that is asked for stays.
int choose(Problem &p, Direction direction, const ConvShape &shape) {
    if (p.layout != kChoose) return kOneDnnLast;
    int candidate = candidates::choose(direction, shape);
    p.layout = candidate == kOneDnnBlocked ? kBlocked : kChannelsLast;
    return candidate;
}

// Large filters get memory that has been used before.
using Buffer = std::unique_ptr<float, void (*)(float *)>;

Buffer none() { return {nullptr, [](float *) {}}; }

Buffer allocate(size_t bytes) {
    if (bytes >= kPooledBytes) return take_from_pool(bytes);
    Buffer buffer(static_cast<float *>(std::aligned_alloc(64, (bytes + 63) / 64 * 64)), [](float *p) { std::free(p); });
    if (!buffer) throw std::bad_alloc();
    return buffer;
}

}  // namespace

struct PendingConvolution::Parts {
    Floats x;
    Problem problem;
    ConvShape shape;
    int candidate;
    std::shared_ptr<Plan> plan;  // if it is one of oneDNN's
    Buffer filters= none();  // as the plan takes them, or a copy

    // False if this is not done in one pass.
    bool run(const Epilogue &epilogue, float *y) const {
        return candidate >= kMatrixProduct ? candidates::forward(candidate, shape, x.data(), filters.get(), y, epilogue)
                                           : run_plan(epilogue, y);
    }

    bool run_plan(const Epilogue &epilogue, float *y) const {
        Problem fused = problem;
        fused.has_bias = epilogue.shift != nullptr;
        fused.scales = epilogue.scale != nullptr;
        fused.adds = epilogue.addend != nullptr;
        fused.rectifies = epilogue.relu;
        auto best = plan_for(fused, kConvForward);
        if (!best->primitive) return false;
        Operands operands{x.data(), filters.get(), y};
        operands.bias = const_cast<float *>(epilogue.shift);
        operands.scale = const_cast<float *>(epilogue.scale);
        operands.addend = const_cast<float *>(epilogue.addend);
        operands.weights_are_inner = true;
        Buffer repacked= none();
        if (best->weights.inner != plan->weights.inner) {  // what is fused may change which filters are taken
            repacked = allocate(best->weights.inner.get_size());
            repack_weights(*plan, *best, filters.get(), repacked.get());
            operands.weights = repacked.get();
        }
        ::run(*best, kConvForward, operands);
        return true;
    }
};

PendingConvolution::PendingConvolution(std::shared_ptr<Parts> parts) : parts_(std::move(parts)) {}

nb::object PendingConvolution::make(nb::handle x, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                                    int64_t groups, nb::handle out_size, int layout) {
    auto parts = std::make_shared<Parts>();
    parts->x = Floats::from(x);
    Floats w_array = Floats::from(W);
    if (!parts->x || !w_array) return nb::none();
    Problem &p = parts->problem;
    p = problem(channels_second(parts->x.shape()), w_array.shape(),
                image_shape(parts->x.dim(0), w_array.dim(0), out_size), stride, pad, dilate, layout);
    if (!p.complete(groups)) return nb::none();
    parts->shape = shape_of(p, groups);
    parts->candidate = choose(p, kConvForward, parts->shape);
    nb::gil_scoped_release release;
    if (parts->candidate >= kMatrixProduct) {
        parts->filters = allocate(w_array.size() * sizeof(float));
        std::memcpy(parts->filters.get(), w_array.data(), w_array.size() * sizeof(float));
    } else {
        parts->plan = plan_for(p, kConvForward);
        if (!parts->plan->primitive) {
            nb::gil_scoped_acquire acquire;
            return nb::none();
        }
        parts->filters = allocate(parts->plan->weights.inner.get_size());
        pack_weights(*parts->plan, w_array.data(), parts->filters.get());
    }
    nb::gil_scoped_acquire acquire;
    return nb::cast(PendingConvolution(parts));
}

nb::object PendingConvolution::run(nb::handle scale, nb::handle shift, nb::handle addend, bool rectifies) const {
    Floats scale_array = Floats::from(scale), shift_array = Floats::from(shift), addend_array = Floats::from(addend);
    Epilogue epilogue{data_or_null(scale_array), data_or_null(shift_array), data_or_null(addend_array), rectifies};
    Floats y = Floats::empty(channels_last(parts_->problem.y));
    bool is_done;
    {
        nb::gil_scoped_release release;
        is_done = parts_->run(epilogue, y.data());
    }
    return is_done ? y.object() : nb::none();
}

nb::tuple PendingConvolution::shapes() const {
    const ConvShape &s = parts_->shape;
    return nb::make_tuple(nb::make_tuple(s.n, s.h, s.w, s.c), nb::make_tuple(s.o, s.c / s.groups, s.kh, s.kw));
}

nb::object conv_backward_data_last(nb::handle gy, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                                   int64_t groups, nb::handle in_size, int layout) {
    Floats gy_array = Floats::from(gy), w_array = Floats::from(W);
    if (!gy_array || !w_array) return nb::none();
    Problem p = problem(image_shape(gy_array.dim(0), w_array.dim(1) * groups, in_size), w_array.shape(),
                        channels_second(gy_array.shape()), stride, pad, dilate, layout);
    Dims shape = channels_last(p.x);
    if (!p.complete(groups)) return nb::none();
    ConvShape sizes = shape_of(p, groups);
    int candidate = choose(p, kConvBackwardData, sizes);
    Floats gx = Floats::empty(shape);
    bool is_done = false;
    {
        nb::gil_scoped_release release;
        if (candidate >= kMatrixProduct)
            is_done = candidates::backward_data(candidate, sizes, gy_array.data(), w_array.data(), gx.data());
        if (auto plan = is_done ? nullptr : plan_for(p, kConvBackwardData); plan && plan->primitive) {
            run(*plan, kConvBackwardData, {gy_array.data(), w_array.data(), gx.data()});
            is_done = true;
        }
    }
    return is_done ? gx.object() : nb::none();
}

nb::object conv_backward_weights_last(nb::handle x, nb::handle gy, nb::handle stride, nb::handle pad, nb::handle dilate,
                                      int64_t groups, nb::handle ksize, int layout) {
    Floats x_array = Floats::from(x), gy_array = Floats::from(gy);
    if (!x_array || !gy_array) return nb::none();
    Dims x_shape = channels_second(x_array.shape()), y_shape = channels_second(gy_array.shape());
    Problem p = problem(x_shape, image_shape(y_shape[1], x_shape[1] / groups, ksize), y_shape, stride, pad, dilate, layout);
    Dims shape = p.w;
    if (!p.complete(groups)) return nb::none();
    ConvShape sizes = shape_of(p, groups);
    int candidate = choose(p, kConvBackwardWeights, sizes);
    Floats gW = Floats::empty(shape);
    bool is_done = false;
    {
        nb::gil_scoped_release release;
        if (candidate >= kMatrixProduct)
            is_done = candidates::backward_weights(candidate, sizes, x_array.data(), gy_array.data(), gW.data());
        if (auto plan = is_done ? nullptr : plan_for(p, kConvBackwardWeights); plan && plan->primitive) {
            run(*plan, kConvBackwardWeights, {x_array.data(), gy_array.data(), gW.data()});
            is_done = true;
        }
    }
    return is_done ? gW.object() : nb::none();
}
