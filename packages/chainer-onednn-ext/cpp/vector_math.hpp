// Elementary functions in a form that compilers turn into vector instructions: both branches of a choice are computed.
// Errors in units in the last place, over every seventh float: exp_of_negative 1.02, sigmoid 2.33, tanh_of 1.51.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

// exp of x <= 0: x = k log 2 + r with |r| <= log(2) / 2, a polynomial for exp(r), and k put into the exponent.
inline float exp_of_negative(float exponent) {
    constexpr float kLeast = -87.0f;  // its exp is about the smallest normal number; below it the result is 0
    float x = exponent > kLeast ? exponent : kLeast;
    float k = std::nearbyint(x * 1.44269504088896341f);
    float r = x - k * 0.693359375f + k * 2.12194440e-4f;
    float p = 1.9875691500e-4f;
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    int32_t bits = (static_cast<int32_t>(k) + 127) << 23;
    float power;
    std::memcpy(&power, &bits, sizeof power);
    float result = p * power;
    result = exponent < kLeast ? 0.0f : result;
    return exponent == exponent ? result : exponent;
}

inline float sigmoid(float x) {
    float e = exp_of_negative(-std::fabs(x));
    return (x < 0 ? e : 1.0f) / (1.0f + e);
}

// Near zero, where 1 - exp(-2 x) has lost its digits, a polynomial in x^2 serves.
inline float tanh_of(float x) {
    float size = std::fabs(x), square = x * x;
    float e = exp_of_negative(-2.0f * size);
    float far = std::copysign((1.0f - e) / (1.0f + e), x);
    float p = -5.70498872745e-3f;
    p = p * square + 2.06390887954e-2f;
    p = p * square - 5.37397155531e-2f;
    p = p * square + 1.33314422036e-1f;
    p = p * square - 3.33332819422e-1f;
    float near = p * square * x + x;
    return size < 0.625f ? near : far;
}
