#include "convolution_plan.hpp"

#include <omp.h>

#include <string>

namespace {

using dnnl::algorithm;
using dnnl::memory;
using dnnl::prop_kind;
using Desc = memory::desc;
using tag = memory::format_tag;

Desc plain(const Dims &shape) {
    static constexpr tag tags[] = {tag::undef, tag::a, tag::ab, tag::abc, tag::abcd, tag::abcde, tag::abcdef};
    return Desc(shape, memory::data_type::f32, tags[shape.size()]);
}

Desc channels_last(const Dims &shape) {
    static constexpr tag tags[] = {tag::undef, tag::undef, tag::undef, tag::acb, tag::acdb, tag::acdeb};
    return Desc(shape, memory::data_type::f32, tags[shape.size()]);
}

Desc any(const Dims &shape) { return Desc(shape, memory::data_type::f32, tag::any); }

Desc outer_image(const Problem &p, const Dims &shape) { return p.channels_last ? channels_last(shape) : plain(shape); }

Desc inner_image(const Problem &p, const Dims &shape) {
    if (p.layout == kPlain) return plain(shape);
    return p.layout == kChannelsLast ? channels_last(shape) : any(shape);
}

// Of one number a channel, against images.
Desc channel(const Problem &p) {
    Dims shape(p.y.size(), 1);
    shape[1] = p.y[1];
    return channels_last(shape);
}

dnnl::primitive_attr attributes() {
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    return attr;
}

dnnl::primitive_attr forward_attributes(const Problem &p) {
    dnnl::primitive_attr attr = attributes();
    dnnl::post_ops ops;
    if (p.scales) {
        ops.append_binary(algorithm::binary_mul, channel(p));
        ops.append_binary(algorithm::binary_add, channel(p));
    }
    if (p.adds) ops.append_binary(algorithm::binary_add, channels_last(p.y));
    if (p.rectifies) ops.append_eltwise(algorithm::eltwise_relu, 0.0f, 0.0f);
    attr.set_post_ops(ops);
    return attr;
}

// The reference implementation is a plain loop: slower than the plain body by far.
bool is_fast(const dnnl::primitive_desc_base &pd) {
    return std::string(pd.impl_info_str()).rfind("ref", 0) != 0;
}

dnnl::convolution_forward::primitive_desc forward_desc(const Problem &p, bool is_hint) {
    bool has_bias = p.has_bias && !p.scales;
    return {engine(),
            prop_kind::forward_training,
            algorithm::convolution_direct,
            inner_image(p, p.x),
            any(p.w),
            has_bias ? plain({p.y[1]}) : Desc(),
            inner_image(p, p.y),
            p.stride,
            p.dilate,
            p.pad,
            p.pad_behind,
            is_hint ? attributes() : forward_attributes(p),
            true};
}

void set_port(Plan::Port &port, const Desc &outer, const Desc &inner, bool is_input) {
    port.outer = outer;
    port.inner = inner;
    if (inner == outer) return;
    auto attr = attributes();
    port.reorder = dnnl::reorder(is_input ? dnnl::reorder::primitive_desc(engine(), outer, engine(), inner, attr)
                                          : dnnl::reorder::primitive_desc(engine(), inner, engine(), outer, attr));
}

std::shared_ptr<Plan> plan_forward(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto pd = forward_desc(p, false);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, outer_image(p, p.x), pd.src_desc(), true);
    set_port(plan->weights, plain(p.w), pd.weights_desc(), true);
    set_port(plan->target, outer_image(p, p.y), pd.dst_desc(), false);
    plan->bias = pd.bias_desc();
    plan->scratchpad = pd.scratchpad_desc();
    if (p.scales) plan->channel = channel(p);
    if (p.adds) plan->addend = channels_last(p.y);
    plan->primitive = dnnl::convolution_forward(pd);
    return plan;
}

std::shared_ptr<Plan> plan_backward_data(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto hint = forward_desc(p, true);
    if (!hint) return plan;
    dnnl::convolution_backward_data::primitive_desc pd(
        engine(), algorithm::convolution_direct, inner_image(p, p.x), any(p.w), inner_image(p, p.y), p.stride, p.dilate,
        p.pad, p.pad_behind, hint, attributes(), true);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, outer_image(p, p.y), pd.diff_dst_desc(), true);
    set_port(plan->weights, plain(p.w), pd.weights_desc(), true);
    set_port(plan->target, outer_image(p, p.x), pd.diff_src_desc(), false);
    plan->scratchpad = pd.scratchpad_desc();
    plan->primitive = dnnl::convolution_backward_data(pd);
    return plan;
}

std::shared_ptr<Plan> plan_backward_weights(const Problem &p) {
    auto plan = std::make_shared<Plan>();
    auto hint = forward_desc(p, true);
    if (!hint) return plan;
    dnnl::convolution_backward_weights::primitive_desc pd(
        engine(), algorithm::convolution_direct, inner_image(p, p.x), any(p.w), inner_image(p, p.y), p.stride, p.dilate,
        p.pad, p.pad_behind, hint, attributes(), true);
    if (!pd || !is_fast(pd)) return plan;
    set_port(plan->source, outer_image(p, p.x), pd.src_desc(), true);
    set_port(plan->weights, outer_image(p, p.y), pd.diff_dst_desc(), true);
    set_port(plan->target, plain(p.w), pd.diff_weights_desc(), false);
    plan->scratchpad = pd.scratchpad_desc();
    plan->primitive = dnnl::convolution_backward_weights(pd);
    return plan;
}

// Plain images. The blocked layout has the fastest routines, but images have to be brought into it and back, which
// takes longer than a 1x1 convolution itself, and it pads a few channels to sixteen. Measured on one thread of a
// processor with AVX-512, in GFLOP/s of blocked and plain: 64 -> 64 3x3 at 112x112: 104 and 71; 256 -> 64 1x1 at 56x56:
// 66 and 105; gradient of the input of 3 -> 64 7x7 at 224x224: 19 and 68.
int choose_layout(const Problem &p, Direction direction) {
    size_t first = p.w.size() - p.stride.size();
    bool is_pointwise = true, is_strided = false;
    for (size_t i = 0; i < p.stride.size(); ++i) {
        is_pointwise &= p.w[first + i] == 1 && p.pad[i] == 0;
        is_strided |= p.stride[i] > 1;
    }
    if (p.channels_last) return direction != kConvBackwardWeights || is_pointwise ? kChannelsLast : kBlocked;
    if (direction == kConvBackwardData && p.w[first - 1] < 16 && p.w.size() == p.x.size()) return kPlain;
    return is_pointwise && (direction != kConvForward || !is_strided) ? kPlain : kBlocked;
}

void execute(const dnnl::reorder &reorder, const memory &from, const memory &to) {
    // A reorder of these kinds needs scratch memory only for weights that are not float32, so it has none here.
    dnnl::reorder copy = reorder;
    copy.execute(stream(), {{DNNL_ARG_FROM, from}, {DNNL_ARG_TO, to}});
}

memory bring_in(const Plan::Port &port, float *data) {
    memory outer(port.outer, engine(), data);
    if (!port.reorder) return outer;
    memory inner(port.inner, engine(), Arena::mine().take(port.inner.get_size()));
    execute(port.reorder, outer, inner);
    return inner;
}

struct Arguments {
    int source, weights, target;
};

Arguments arguments(Direction direction) {
    if (direction == kConvForward) return {DNNL_ARG_SRC, DNNL_ARG_WEIGHTS, DNNL_ARG_DST};
    if (direction == kConvBackwardData) return {DNNL_ARG_DIFF_DST, DNNL_ARG_WEIGHTS, DNNL_ARG_DIFF_SRC};
    return {DNNL_ARG_SRC, DNNL_ARG_DIFF_DST, DNNL_ARG_DIFF_WEIGHTS};
}

}  // namespace

bool Problem::complete(int64_t groups) {
    size_t n = stride.size();
    if (n < 1 || n > 3 || x.size() != n + 2 || y.size() != n + 2) return false;
    if (product(x) == 0 || product(y) == 0 || product(w) == 0) return false;
    for (size_t i = 0; i < n; ++i) {
        int64_t window = dilate[i] * (w[i + 2] - 1) + 1;
        int64_t behind = (y[i + 2] - 1) * stride[i] + window - x[i + 2] - pad[i];
        if (pad[i] < 0 || behind <= -stride[i]) return false;
        pad_behind.push_back(behind);
        dilate[i] -= 1;  // oneDNN counts the elements left out
    }
    if (groups > 1) {
        w[0] /= groups;
        w.insert(w.begin(), groups);
    }
    return true;
}

Dims Problem::key(Direction direction) const {
    int64_t flags = has_bias | channels_last << 1 | scales << 2 | adds << 3 | rectifies << 4;
    Dims key{direction, layout, flags, static_cast<int64_t>(w.size()), omp_get_max_threads()};
    for (const Dims *part : {&x, &w, &y, &stride, &dilate, &pad}) key.insert(key.end(), part->begin(), part->end());
    return key;
}

std::shared_ptr<Plan> plan_for(Problem &p, Direction direction) {
    static Cache<Plan> cache;
    if (p.layout == kChoose) p.layout = choose_layout(p, direction);
    return cache.get(p.key(direction), [&] {
        if (direction == kConvForward) return plan_forward(p);
        return direction == kConvBackwardData ? plan_backward_data(p) : plan_backward_weights(p);
    });
}

void run(const Plan &plan, Direction direction, const Operands &operands) {
    Arena &arena = Arena::mine();
    arena.rewind();
    memory outer(plan.target.outer, engine(), operands.target);
    bool is_apart = static_cast<bool>(plan.target.reorder);
    memory inner = is_apart ? memory(plan.target.inner, engine(), arena.take(plan.target.inner.get_size())) : outer;
    Arguments names = arguments(direction);
    std::unordered_map<int, memory> args{{names.source, bring_in(plan.source, operands.source)},
                                         {names.target, inner}};
    args.emplace(names.weights, operands.weights_are_inner
                                    ? memory(plan.weights.inner, engine(), operands.weights)
                                    : bring_in(plan.weights, operands.weights));
    int n_ops = 0;
    auto add_operand = [&](const Desc &desc, float *data) {
        args.emplace(DNNL_ARG_ATTR_MULTIPLE_POST_OP(n_ops++) | DNNL_ARG_SRC_1, memory(desc, engine(), data));
    };
    if (operands.scale != nullptr) {
        add_operand(plan.channel, operands.scale);
        add_operand(plan.channel, operands.bias);
    } else if (operands.bias != nullptr) {
        args.emplace(DNNL_ARG_BIAS, memory(plan.bias, engine(), operands.bias));
    }
    if (operands.addend != nullptr) add_operand(plan.addend, operands.addend);
    size_t bytes = plan.scratchpad.get_size();
    args.emplace(DNNL_ARG_SCRATCHPAD, memory(plan.scratchpad, engine(), arena.take(bytes)));
    plan.primitive.execute(stream(), args);
    if (is_apart) execute(plan.target.reorder, inner, outer);
    stream().wait();
}

void pack_weights(const Plan &plan, float *weights, float *packed) {
    memory outer(plan.weights.outer, engine(), weights), inner(plan.weights.inner, engine(), packed);
    dnnl::reorder(outer, inner).execute(stream(), {{DNNL_ARG_FROM, outer}, {DNNL_ARG_TO, inner}});
    stream().wait();
}

void repack_weights(const Plan &from, const Plan &to, float *packed, float *repacked) {
    memory source(from.weights.inner, engine(), packed), target(to.weights.inner, engine(), repacked);
    dnnl::reorder(source, target).execute(stream(), {{DNNL_ARG_FROM, source}, {DNNL_ARG_TO, target}});
    stream().wait();
}
