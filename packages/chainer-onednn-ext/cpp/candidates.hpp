// Ways to do a convolution over arrays whose channels come last: x (n, h, w, c), y (n, oh, ow, o), float32, contiguous.
// Filters W are (o, c / groups, kh, kw), also contiguous. Each function says whether it has done its work.
#pragma once

#include <cstdint>

#include "simd.hpp"

struct ConvShape {
    int64_t n, h, w, c, oh, ow, o, kh, kw, sh, sw, ph, pw, dh, dw, groups;

    int64_t x_size() const { return n * h * w * c; }
    int64_t y_size() const { return n * oh * ow * o; }
    int64_t w_size() const { return o * (c / groups) * kh * kw; }
    bool is_pointwise() const { return kh == 1 && kw == 1 && ph == 0 && pw == 0; }

    // That of the convolution of gy which gives gx, for stride 1: its filters are W rotated, with both axes of channels
    // exchanged.
    ConvShape transposed() const {
        ConvShape t = *this;
        t.h = oh, t.w = ow, t.c = o, t.oh = h, t.ow = w, t.o = c;
        t.ph = dh * (kh - 1) - ph, t.pw = dw * (kw - 1) - pw;
        return t;
    }
};

enum Direction { kConvForward = 0, kConvBackwardData = 1, kConvBackwardWeights = 2 };

// The order is part of the files that keep measured choices.
enum Candidate {
    kOneDnnLast = 0,     // oneDNN, channels last
    kOneDnnBlocked = 1,  // oneDNN in its own layout, with reorders around it
    kMatrixProduct = 2,  // a product with the unfolded image; for 1x1 with the image itself
    kWinograd2 = 3,      // F(2x2, 3x3)
    kWinograd4 = 4,      // F(4x4, 3x3)
    kCandidates = 5
};

namespace candidates {

// Those of this file are kMatrixProduct and later; of others nothing is done and false returned.
bool forward(int candidate, const ConvShape &s, const float *x, const float *W, float *y, const Epilogue &epilogue);
bool backward_data(int candidate, const ConvShape &s, const float *gy, const float *W, float *gx);
bool backward_weights(int candidate, const ConvShape &s, const float *x, const float *gy, float *gW);

// Which candidate to take for a shape: the one that was set for it and the number of threads, else the one of a rule,
// which is the same on every run.
int choose(Direction direction, const ConvShape &s);
void set_choice(Direction direction, const ConvShape &s, int candidate);

}  // namespace candidates
