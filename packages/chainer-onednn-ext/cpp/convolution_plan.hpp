// How oneDNN computes a convolution and its two gradients: made once a problem, then run on bare pointers.
#pragma once

#include "candidates.hpp"
#include "onednn.hpp"

// In which order a primitive gets the elements of its images.
enum Layout { kBlocked = 0, kPlain = 1, kChannelsLast = 2, kChoose = 3 };

// Everything that a primitive depends on.
struct Problem {
    Dims x, w, y;  // shapes, channels second; w has an axis of groups in front when there are several
    Dims stride, dilate, pad, pad_behind;
    bool has_bias = false;
    int layout = kBlocked;  // inside the primitive
    bool channels_last = false;  // of the images outside
    // What else is done to each element of the output: y = relu(conv * scale + shift + addend)
    bool scales = false, adds = false, rectifies = false;

    // Completes pad_behind and the groups. False if the sizes are none that oneDNN takes.
    bool complete(int64_t groups);

    // With the number of threads, for which oneDNN divides the work when it makes the primitive.
    Dims key(Direction direction) const;
};

// A primitive with what it takes to feed it. Each of its three memories may lie otherwise inside.
struct Plan {
    struct Port {
        dnnl::memory::desc outer, inner;
        dnnl::reorder reorder;  // set if the two differ
    };
    dnnl::primitive primitive;  // not set: oneDNN has no fast way, the plain body serves
    Port source, weights, target;
    dnnl::memory::desc bias, scratchpad, channel, addend;
};

// The operands of a run: the images or filters of the three ports, and what a forward pass takes besides.
struct Operands {
    float *source, *weights, *target;
    float *bias = nullptr, *scale = nullptr, *addend = nullptr;  // bias is the shift if there is a scale
    bool weights_are_inner = false;
};

// From a cache. Chooses the layout first if it is kChoose.
std::shared_ptr<Plan> plan_for(Problem &problem, Direction direction);

void run(const Plan &plan, Direction direction, const Operands &operands);

// Brings weights into the order in which the primitive takes them.
void pack_weights(const Plan &plan, float *weights, float *packed);

// The same filters from the order of one primitive into that of another.
void repack_weights(const Plan &from, const Plan &to, float *packed, float *repacked);
