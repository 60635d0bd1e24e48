// Kernels for channels-last images: arrays of shape (B, H, W, C), seen as rows of C numbers where space does not matter.
#pragma once

#include "arrays.hpp"

// Between plain and channels-last images.
nb::object to_channels_last(nb::handle x);
nb::object from_channels_last(nb::handle x);

// relu((x - center) * scale + shift + addend); each but x may be None.
nb::object affine_last(nb::handle x, nb::handle center, nb::handle scale, nb::handle shift, nb::handle addend,
                       bool rectifies);
// Mean and biased variance of each channel.
nb::object moments_last(nb::handle x);
nb::object sum_last(nb::handle x);
// Gradients of x, gamma and beta of a batch normalization. gy counts where y, or (x - mean) * scale + shift, is positive,
// if they are given. Where the statistics are fixed, they do not depend on x.
nb::object batch_norm_backward_last(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle y, nb::handle scale,
                                    nb::handle shift, nb::handle mean, nb::handle inv_std, bool is_fixed);

nb::object pool_forward_last(const char *mode, nb::handle x, nb::handle ksize, nb::handle stride, nb::handle pad,
                             nb::handle out_size);
nb::object pool_backward_last(const char *mode, nb::handle gy, nb::handle indexes, nb::handle ksize, nb::handle stride,
                              nb::handle pad, nb::handle in_size);

// Joins and cuts along the channels.
nb::object concat_last(nb::handle xs);
nb::object slice_last(nb::handle x, int64_t begin, int64_t end);
