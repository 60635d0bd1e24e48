// The kernels in C++ of our own. Each takes the arguments of its Python kernel, and None is "not done".
#pragma once

#include <string>

#include "arrays.hpp"

nb::object relu(nb::handle x);
nb::object relu_backward(nb::handle y, nb::handle gy, nb::handle addend);
nb::object dropout(nb::handle x, double ratio, uint64_t key);

nb::object eltwise(nb::handle x, const char *name, double parameter);
nb::object eltwise_backward(nb::handle y, nb::handle gy, const char *name, double parameter);

nb::object matmul(nb::handle a, nb::handle b, bool transpose_a, bool transpose_b);

nb::object pool_forward(const char *mode, nb::handle x, nb::handle ksize, nb::handle stride, nb::handle pad,
                        nb::handle out_size);
nb::object pool_backward(const char *mode, nb::handle gy, nb::handle indexes, nb::handle ksize, nb::handle stride,
                         nb::handle pad, nb::handle in_size);

nb::object batch_norm_forward(nb::handle x, nb::handle gamma, nb::handle beta, nb::handle axis, double eps);
nb::object batch_norm_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean, nb::handle inv_std,
                               nb::handle axis);
nb::object batch_norm_inference(nb::handle x, nb::handle gamma, nb::handle beta, nb::handle mean, nb::handle var,
                                nb::handle axis, double eps);

nb::object batch_norm_inference_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean,
                                         nb::handle var, nb::handle axis, double eps);

nb::object group_norm(nb::handle x, nb::handle gamma, nb::handle beta, int64_t groups, double eps);
nb::object group_norm_backward(nb::handle x, nb::handle gamma, nb::handle gy, nb::handle mean, nb::handle inv_std,
                               int64_t groups);

// Channels are the second axis, or the last one.
nb::object lrn_forward(nb::handle x, int64_t n, double k, double alpha, double beta, bool channels_last);
nb::object lrn_backward(nb::handle x, nb::handle y, nb::handle gy, nb::handle unit_scale, int64_t n, double k,
                        double alpha, double beta, bool channels_last);

nb::object softmax(nb::handle x, int64_t axis);
nb::object softmax_backward(nb::handle y, nb::handle gy, int64_t axis);
nb::object log_softmax(nb::handle x, int64_t axis);
nb::object log_softmax_backward(nb::handle y, nb::handle gy, int64_t axis);

nb::object softmax_cross_entropy(nb::handle x, nb::handle t, int64_t ignore_label);
nb::object softmax_cross_entropy_backward(nb::handle y, nb::handle t, nb::handle scale, int64_t ignore_label);

// The mode is "average", "max" or "max_inclusive"; a sampling ratio of None is one for each region.
nb::object roi_align(const char *mode, nb::handle x, nb::handle rois, nb::handle roi_indices, nb::handle outsize,
                     double scale, nb::handle sampling_ratio);
nb::object roi_align_backward(const char *mode, nb::handle gy, nb::handle argmax, nb::handle rois,
                              nb::handle roi_indices, nb::handle x_shape, double scale, nb::handle sampling_ratio);
nb::object roi_pool(const char *mode, nb::handle x, nb::handle rois, nb::handle roi_indices, nb::handle outsize,
                    double scale);
nb::object roi_pool_backward(const char *mode, nb::handle gy, nb::handle argmax, nb::handle rois,
                             nb::handle roi_indices, nb::handle x_shape, double scale);
nb::object nms(nb::handle bbox, double thresh, nb::handle order, int64_t limit);

nb::object sum_many(nb::handle xs);

nb::object im2col(nb::handle img, nb::handle ksize, nb::handle stride, nb::handle pad, nb::handle dilate,
                  nb::handle out_size, double value);
nb::object col2im(nb::handle col, nb::handle stride, nb::handle pad, nb::handle dilate, nb::handle size);

nb::object embed_backward(nb::handle x, nb::handle gy, nb::handle w_shape);

nb::object lstm(nb::handle c_prev, nb::handle x);
nb::object lstm_backward(nb::handle c_prev, nb::handle gc, nb::handle gh, nb::handle gates, nb::handle tanh_c);

// Terms are the parts of a sum before the nonlinearity of a gate.
nb::object gru_reset(nb::handle h, nb::handle terms);
nb::object gru_reset_backward(nb::handle h, nb::handle gate, nb::handle gy);
nb::object gru_output(nb::handle h, nb::handle update_terms, nb::handle candidate_terms);
nb::object gru_output_backward(nb::handle h, nb::handle update, nb::handle candidate, nb::handle gy);

nb::object rnn_forward(const std::string &unit, nb::handle x, nb::handle h0, nb::handle c0, nb::handle ws,
                       nb::handle bs, nb::handle batches, bool is_reversed);
nb::object rnn_backward(const std::string &unit, nb::handle x, nb::handle h0, nb::handle c0, nb::handle ws,
                        nb::handle batches, bool is_reversed, nb::handle hs, nb::handle gates, nb::handle cells,
                        nb::handle ghs, nb::handle gh, nb::handle gc, bool needs_gx);

// The lists hold the arrays of all parameters; false is "not done".
bool sgd_update(nb::list thetas, nb::list grads, double lr);
bool momentum_sgd_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum);
bool corrected_momentum_sgd_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum);
bool nesterov_ag_update(nb::list thetas, nb::list grads, nb::list velocities, double lr, double momentum);
bool ada_grad_update(nb::list thetas, nb::list grads, nb::list squares, double lr, double eps);
bool ada_delta_update(nb::list thetas, nb::list grads, nb::list squares, nb::list steps, double rho, double eps);
bool rmsprop_graves_update(nb::list thetas, nb::list grads, nb::list squares, nb::list means, nb::list deltas,
                           double lr, double alpha, double momentum, double eps);
bool smorms3_update(nb::list thetas, nb::list grads, nb::list memories, nb::list means, nb::list squares, double lr,
                    double eps);
bool msvag_update(nb::list thetas, nb::list grads, nb::list ms, nb::list vs, double lr, double beta, double eta,
                  double decay, int64_t t);
bool rmsprop_update(nb::list thetas, nb::list grads, nb::list squares, double lr, double alpha, double eps,
                    bool eps_inside_sqrt);
bool adam_update(nb::list thetas, nb::list grads, nb::list ms, nb::list vs, nb::handle vhats, double alpha_t,
                 double beta1, double beta2, double eps, double eta, double decay, nb::handle bounds);

// Letting other threads of Python in costs about as much as a thousand elements.
template <typename F> void run_without_gil(int64_t elements, F f) {
    if (elements < 4096) {
        f();
        return;
    }
    nb::gil_scoped_release release;
    f();
}
