#include "candidates.hpp"

#include "matrix_product.hpp"

bool candidates::forward(int candidate, const ConvShape &s, const float *x, const float *W, float *y,
                         const Epilogue &epilogue) {
    return candidate == kMatrixProduct && matrix_product::forward(s, x, W, y, epilogue);
}

bool candidates::backward_data(int candidate, const ConvShape &s, const float *gy, const float *W, float *gx) {
    return candidate == kMatrixProduct && matrix_product::backward_data(s, gy, W, gx);
}

bool candidates::backward_weights(int candidate, const ConvShape &s, const float *x, const float *gy, float *gW) {
    return candidate == kMatrixProduct && matrix_product::backward_weights(s, x, gy, gW);
}

int candidates::choose(Direction direction, const ConvShape &s) {
    bool is_strided = s.sh != 1 || s.sw != 1;
    if (s.groups != 1) return kOneDnnLast;
    if (direction == kConvBackwardWeights) return kMatrixProduct;
    return s.is_pointwise() && !(is_strided && direction == kConvForward) ? kMatrixProduct : kOneDnnLast;
}
