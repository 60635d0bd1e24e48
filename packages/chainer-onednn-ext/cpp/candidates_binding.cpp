#include "candidates_binding.hpp"

#include <stdexcept>

#include "candidates.hpp"

namespace {

ConvShape shape_of(nb::handle geometry) {
    Dims d = dims_of(geometry);
    if (d.size() != 16) throw std::invalid_argument("geometry must be the 16 numbers of ConvShape");
    return {d[0], d[1], d[2], d[3], d[4], d[5], d[6], d[7], d[8], d[9], d[10], d[11], d[12], d[13], d[14], d[15]};
}

Floats array_of(nb::handle object, int64_t size, const char *name) {
    Floats array = Floats::from(object);
    if (!array || array.size() != size)
        throw std::invalid_argument(std::string(name) + " must be float32 and of the size that geometry says");
    return array;
}

// A vector or image that may be None.
const float *optional(nb::handle object, int64_t size, const char *name, Floats &keep) {
    if (object.is_none()) return nullptr;
    keep = array_of(object, size, name);
    return keep.data();
}

template <typename F> nb::object run(const Dims &shape, F f) {
    Floats result = Floats::empty(shape);
    bool is_done;
    {
        nb::gil_scoped_release release;
        is_done = f(result.data());
    }
    return is_done ? result.object() : nb::none();
}

}  // namespace

nb::object candidate_forward(int candidate, nb::handle geometry, nb::handle x, nb::handle W, nb::handle scale,
                             nb::handle shift, nb::handle addend, bool relu) {
    ConvShape s = shape_of(geometry);
    Floats x_array = array_of(x, s.x_size(), "x"), w_array = array_of(W, s.w_size(), "W"), keep[3];
    Epilogue epilogue{optional(scale, s.o, "scale", keep[0]), optional(shift, s.o, "shift", keep[1]),
                      optional(addend, s.y_size(), "addend", keep[2]), relu};
    return run({s.n, s.oh, s.ow, s.o}, [&](float *y) {
        return candidates::forward(candidate, s, x_array.data(), w_array.data(), y, epilogue);
    });
}

nb::object candidate_backward_data(int candidate, nb::handle geometry, nb::handle gy, nb::handle W) {
    ConvShape s = shape_of(geometry);
    Floats gy_array = array_of(gy, s.y_size(), "gy"), w_array = array_of(W, s.w_size(), "W");
    return run({s.n, s.h, s.w, s.c}, [&](float *gx) {
        return candidates::backward_data(candidate, s, gy_array.data(), w_array.data(), gx);
    });
}

nb::object candidate_backward_weights(int candidate, nb::handle geometry, nb::handle x, nb::handle gy) {
    ConvShape s = shape_of(geometry);
    Floats x_array = array_of(x, s.x_size(), "x"), gy_array = array_of(gy, s.y_size(), "gy");
    return run({s.o, s.c / s.groups, s.kh, s.kw}, [&](float *gW) {
        return candidates::backward_weights(candidate, s, x_array.data(), gy_array.data(), gW);
    });
}

int choose_candidate(int direction, nb::handle geometry) {
    return candidates::choose(static_cast<Direction>(direction), shape_of(geometry));
}

void set_choice(int direction, nb::handle geometry, int candidate) {
    if (direction < kConvForward || direction > kConvBackwardWeights || candidate < 0 || candidate >= kCandidates)
        throw std::invalid_argument("direction must be 0, 1 or 2, and candidate one of those of candidates.hpp");
    candidates::set_choice(static_cast<Direction>(direction), shape_of(geometry), candidate);
}
