// Convolution of channels-last images, arrays of shape (B, H, W, C), on oneDNN.
#pragma once

#include <memory>

#include "arrays.hpp"

// A convolution whose filters have been packed and whose images are held, so that it can run later, in one pass with
// what is done to its output.
class PendingConvolution {
public:
    // None where oneDNN has no fast way.
    static nb::object make(nb::handle x, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                           int64_t groups, nb::handle out_size, int layout);

    // relu(conv * scale + shift + addend); each of them may be None.
    nb::object run(nb::handle scale, nb::handle shift, nb::handle addend, bool rectifies) const;

    // Of images and filters: what a profile tells of a run.
    nb::tuple shapes() const;

private:
    struct Parts;
    explicit PendingConvolution(std::shared_ptr<Parts> parts);
    std::shared_ptr<Parts> parts_;
};

nb::object conv_backward_data_last(nb::handle gy, nb::handle W, nb::handle stride, nb::handle pad, nb::handle dilate,
                                   int64_t groups, nb::handle in_size, int layout);
nb::object conv_backward_weights_last(nb::handle x, nb::handle gy, nb::handle stride, nb::handle pad, nb::handle dilate,
                                      int64_t groups, nb::handle ksize, int layout);
