// Convolution as a product of matrices: a row for each output pixel, which holds what its window sees.
#pragma once

#include "candidates.hpp"

namespace matrix_product {

bool forward(const ConvShape &s, const float *x, const float *W, float *y, const Epilogue &epilogue);
bool backward_data(const ConvShape &s, const float *gy, const float *W, float *gx);
bool backward_weights(const ConvShape &s, const float *x, const float *gy, float *gW);

}  // namespace matrix_product
