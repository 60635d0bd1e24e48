// The three kernels of convolution on oneDNN, for 1 to 3 spatial axes.
#pragma once

#include "arrays.hpp"

nb::object conv_forward(nb::handle x, nb::handle W, nb::handle b, nb::handle stride, nb::handle pad, nb::handle dilate,
                        int64_t groups, nb::handle out_size, int layout);
nb::object conv_backward_data(nb::handle gy, nb::handle W, nb::handle b, nb::handle stride, nb::handle pad,
                              nb::handle dilate, int64_t groups, nb::handle in_size, int layout);
nb::object conv_backward_weights(nb::handle x, nb::handle gy, nb::handle stride, nb::handle pad, nb::handle dilate,
                                 int64_t groups, nb::handle ksize, int layout);
