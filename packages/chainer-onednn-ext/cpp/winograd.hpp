// Winograd's minimal filtering for convolutions of stride 1 with filters of 3x3: squares of `side` x `side` outputs
// take 9/4 (side 2) or 4 (side 4) times fewer multiplications than the definition has.
#pragma once

#include "candidates.hpp"

namespace winograd {

bool is_served(const ConvShape &s);

bool forward(int side, const ConvShape &s, const float *x, const float *W, float *y, const Epilogue &epilogue);
bool backward_data(int side, const ConvShape &s, const float *gy, const float *W, float *gx);
bool backward_weights(int side, const ConvShape &s, const float *x, const float *gy, float *gW);

}  // namespace winograd
