#include "convolution.hpp"

#include <string>

#include "onednn.hpp"
#include "parallel.hpp"

namespace {

using dnnl::memory;
using Desc = memory::desc;

// In which order a primitive gets the elements of its images.
enum Layout { kBlocked = 0, kPlain = 1, kChannelsLast = 2, kChoose = 3 };

// Everything that a primitive depends on.
struct Problem {
    Dims x, w, y;  // shapes; w has an axis of groups in front when there are several
    Dims stride, dilate, pad, pad_behind;
    bool has_bias = false;
    int layout = kBlocked;

    // With the number of threads, for which oneDNN divides the work when it makes the primitive.
    Dims key(int kind) const {
        Dims key{kind, layout, has_bias, static_cast<int64_t>(w.size()), omp_get_max_threads()};
        for (const Dims *part : {&x, &w, &y, &stride, &dilate, &pad}) key.insert(key.end(), part->begin(), part->end());
        return key;
    }
};

// A primitive with what it takes to feed it plain arrays. Each of its three memories may lie otherwise inside.
struct Plan {
    struct Port {
        Desc plain, inner;
        dnnl::reorder reorder;  // set if the two differ
    };
    dnnl::primitive primitive;  // not set: oneDNN has no fast way, the plain body serves
    Port source, weights, target;
    Desc bias, scratchpad;
};

memory::format_tag plain_tag(size_t ndim) {
    using tag = memory::format_tag;
    static constexpr tag tags[] = {tag::undef, tag::a, tag::ab, tag::abc, tag::abcd, tag::abcde, tag::abcdef};
    return tags[ndim];
}

Desc plain(const Dims &shape) { return Desc(shape, memory::data_type::f32, plain_tag(shape.size())); }

Desc image(const Dims &shape, int layout) {
    using tag = memory::format_tag;
    static constexpr tag last[] = {tag::undef, tag::undef, tag::undef, tag::acb, tag::acdb, tag::acdeb};
    if (layout == kPlain) return plain(shape);
    return Desc(shape, memory::data_type::f32, layout == kChannelsLast ? last[shape.size()] : tag::any);
}

Desc weights(const Dims &shape) { return Desc(shape, memory::data_type::f32, memory::format_tag::any); }

// False if the sizes are none that oneDNN takes.
bool complete(Problem &p, int64_t groups) {
    size_t n = p.stride.size();
    if (n < 1 || n > 3 || p.x.size() != n + 2 || p.y.size() != n + 2) return false;
    if (product(p.x) == 0 || product(p.y) == 0 || product(p.w) == 0) return false;
    for (size_t i = 0; i < n; ++i) {
        int64_t window = p.dilate[i] * (p.w[i + 2] - 1) + 1;
        int64_t behind = (p.y[i + 2] - 1) * p.stride[i] + window - p.x[i + 2] - p.pad[i];
        if (p.pad[i] < 0 || behind <= -p.stride[i]) return false;
        p.pad_behind.push_back(behind);
        p.dilate[i] -= 1;  // oneDNN counts the elements left out
    }
    if (groups > 1) {
        p.w[0] /= groups;
        p.w.insert(p.w.begin(), groups);
    }
    return true;
}

dnnl::primitive_attr attributes() {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

void set_port(Plan::Port &port, const Desc &outside, const Desc &inner, bool is_input) {
    port.plain = outside;
    port.inner = inner;
    if (inner == outside) return;
    auto attr = attributes();
    port.reorder = dnnl::reorder(is_input ? dnnl::reorder::primitive_desc(engine(), outside, engine(), inner, attr)
                                          : dnnl::reorder::primitive_desc(engine(), inner, engine(), outside, attr));
}

// The reference implementation is a plain loop: slower than the plain body by far.
bool is_fast(const dnnl::primitive_desc_base &pd) {
    return std::string(pd.impl_info_str()).rfind("ref", 0) != 0;
}

using dnnl::algorithm;
using dnnl::prop_kind;

dnnl::convolution_forward::primitive_desc forward_desc(const Problem &p) {
    return {engine(),
            prop_kind::forward_training,
            algorithm::convolution_direct,
            image(p.x, p.layout),
            weights(p.w),
            p.has_bias ? plain({p.y[1]}) : Desc(),
            image(p.y, p.layout),
            p.stride,
            p.dilate,
            p.pad,
            p.pad_behind,
            attributes(),
            true};
}

std::shared_ptr<Plan> plan_forward(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto pd = forward_desc(p);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, plain(p.x), pd.src_desc(), true);
    set_port(plan->weights, plain(p.w), pd.weights_desc(), true);
    set_port(plan->target, plain(p.y), pd.dst_desc(), false);
    plan->bias = pd.bias_desc();
    plan->scratchpad = pd.scratchpad_desc();
    plan->primitive = dnnl::convolution_forward(pd);
    return plan;
}

std::shared_ptr<Plan> plan_backward_data(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto hint = forward_desc(p);
    if (!hint) return plan;
    dnnl::convolution_backward_data::primitive_desc pd(
        engine(), algorithm::convolution_direct, image(p.x, p.layout), weights(p.w), image(p.y, p.layout), p.stride,
        p.dilate, p.pad, p.pad_behind, hint, attributes(), true);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, plain(p.y), pd.diff_dst_desc(), true);
    set_port(plan->weights, plain(p.w), pd.weights_desc(), true);
    set_port(plan->target, plain(p.x), pd.diff_src_desc(), false);
    plan->scratchpad = pd.scratchpad_desc();
    plan->primitive = dnnl::convolution_backward_data(pd);
    return plan;
}

std::shared_ptr<Plan> plan_backward_weights(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto hint = forward_desc(p);
    if (!hint) return plan;
    dnnl::convolution_backward_weights::primitive_desc pd(
        engine(), algorithm::convolution_direct, image(p.x, p.layout), weights(p.w), image(p.y, p.layout), p.stride,
        p.dilate, p.pad, p.pad_behind, hint, attributes(), true);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, plain(p.x), pd.src_desc(), true);
    set_port(plan->weights, plain(p.y), pd.diff_dst_desc(), true);
    set_port(plan->target, plain(p.w), pd.diff_weights_desc(), false);
    plan->scratchpad = pd.scratchpad_desc();
    plan->primitive = dnnl::convolution_backward_weights(pd);
    return plan;
}

void run_reorder(const Plan::Port &port, const memory &from, const memory &to) {
    // A reorder of these kinds needs scratch memory only for weights that are not float32, so it has none here.
    dnnl::reorder reorder = port.reorder;
    reorder.execute(stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

memory bring_in(const Plan::Port &port, float *data) {
    memory outside(port.plain, engine(), data);
    if (!port.reorder) return outside;
    memory inner(port.inner, engine(), Arena::mine().take(port.inner.get_size()));
    run_reorder(port, outside, inner);
    return inner;
}

// Runs a plan on plain arrays; `args` names which argument of the primitive each port is.
void run(const Plan &plan, float *source, int source_arg, float *weights, int weights_arg, float *bias, float *target,
         int target_arg) {
    Arena &arena = Arena::mine();
    arena.rewind();
    memory outside(plan.target.plain, engine(), target);
    bool is_apart = static_cast<bool>(plan.target.reorder);
    memory inner =
        is_apart ? memory(plan.target.inner, engine(), arena.take(plan.target.inner.get_size())) : outside;
    std::unordered_map<int, memory> args{{source_arg, bring_in(plan.source, source)},
                                         {weights_arg, bring_in(plan.weights, weights)},
                                         {target_arg, inner}};
    if (bias != nullptr) args.emplace(DNNL_ARG_BIAS, memory(plan.bias, engine(), bias));
    size_t bytes = plan.scratchpad.get_size();
    args.emplace(DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, engine(), arena.take(bytes)));
    plan.primitive.execute(stream(), args);
    if (is_apart) run_reorder(plan.target, inner, outside);
    stream().wait();
}

enum Kind { kForward, kBackwardData, kBackwardWeights };

// The blocked layout has the fastest routines, but images have to be brought into it and back, which takes longer than
// a 1x1 convolution itself, and it pads a few channels to sixteen. Measured on one thread of a processor with AVX-512,
// in GFLOP/s of blocked and plain: 64 -> 64 3x3 at 112x112: 104 and 71; 256 -> 64 1x1 at 56x56: 66 and 105; gradient of
// the input of 3 -> 64 7x7 at 224x224: 19 and 68.
int choose_layout(const Problem &p, int kind) {
    size_t first = p.w.size() - p.stride.size();
    if (kind == kBackwardData && p.w[first - 1] < 16 && p.w.size() == p.x.size()) return kPlain;
    bool is_pointwise = true, is_strided = false;
    for (size_t i = 0; i < p.stride.size(); ++i) {
        is_pointwise &= p.w[first + i] == 1 && p.pad[i] == 0;
        is_strided |= p.stride[i] > 1;
    }
    return is_pointwise && (kind != kForward || !is_strided) ? kPlain : kBlocked;
}

std::shared_ptr<Plan> plan_for(Problem &p, int kind) {
    static Cache<Plan> cache;
    if (p.layout == kChoose) p.layout = choose_layout(p, kind);
    return cache.get(p.key(kind), [&] {
        if (kind == kForward) return plan_forward(p);
        return kind == kBackwardData ? plan_backward_data(p) : plan_backward_weights(p);
    });
}

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
    if (!complete(p, groups)) return nb::none();
    auto plan = plan_for(p, kForward);
    if (!plan->primitive) return nb::none();
    Floats y = Floats::empty(shape);
    float *bias = b_array ? b_array.data() : nullptr;
    {
        nb::gil_scoped_release release;
        run(*plan, x_array.data(), DNNL_ARG_SRC, w_array.data(), DNNL_ARG_WEIGHTS, bias, y.data(), DNNL_ARG_DST);
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
    if (!complete(p, groups)) return nb::none();
    auto plan = plan_for(p, kBackwardData);
    if (!plan->primitive) return nb::none();
    Floats gx = Floats::empty(shape);
    {
        nb::gil_scoped_release release;
        run(*plan, gy_array.data(), DNNL_ARG_DIFF_DST, w_array.data(), DNNL_ARG_WEIGHTS, nullptr, gx.data(),
            DNNL_ARG_DIFF_SRC);
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
    if (!complete(p, groups)) return nb::none();
    auto plan = plan_for(p, kBackwardWeights);
    if (!plan->primitive) return nb::none();
    Floats gW = Floats::empty(shape);
    {
        nb::gil_scoped_release release;
        run(*plan, x_array.data(), DNNL_ARG_SRC, gy_array.data(), DNNL_ARG_DIFF_DST, nullptr, gW.data(),
            DNNL_ARG_DIFF_WEIGHTS);
    }
    return gW.object();
}
