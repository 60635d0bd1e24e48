#include "candidates.hpp"

#include "matrix_product.hpp"
#include "winograd.hpp"

namespace {

// Outputs on a side of Winograd's squares; 0 for other candidates.
int side_of(int candidate) { return candidate == kWinograd2 ? 2 : candidate == kWinograd4 ? 4 : 0; }

}  // namespace

bool candidates::forward(int candidate, const ConvShape &s, const float *x, const float *W, float *y,
                         const Epilogue &epilogue) {
    if (int side = side_of(candidate)) return winograd::forward(side, s, x, W, y, epilogue);
    return candidate == kMatrixProduct && matrix_product::forward(s, x, W, y, epilogue);
}

bool candidates::backward_data(int candidate, const ConvShape &s, const float *gy, const float *W, float *gx) {
    if (int side = side_of(candidate)) return winograd::backward_data(side, s, gy, W, gx);
    return candidate == kMatrixProduct && matrix_product::backward_data(s, gy, W, gx);
}

bool candidates::backward_weights(int candidate, const ConvShape &s, const float *x, const float *gy, float *gW) {
    if (int side = side_of(candidate)) return winograd::backward_weights(side, s, x, gy, gW);
    return candidate == kMatrixProduct && matrix_product::backward_weights(s, x, gy, gW);
}
