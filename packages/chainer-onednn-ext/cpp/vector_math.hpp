// Elementary functions of vectors. NaN of NaN.
#pragma once

#include "vectors.hpp"

// x <= 0 as k log 2 + r with an integer k and |r| <= log(2) / 2; power is 2^k, or 0 where that is not a normal number.
struct Reduced {
    Vector r, power;

    explicit Reduced(Vector x) {
        const Vector log2e = vector(1.44269504088896341f);
        const Vector rounding = vector(12582912.0f);  // 1.5 * 2^23: added, it leaves an integer in the low bits
        Vector within = at_least(-88.0f, x);          // its k is -127, whose biased exponent is that of 0
        Vector shifted = within * log2e + rounding;
        Vector k = shifted - rounding;
        // log 2 in two parts, of which the product of the first with any k here is exact
        r = within - k * vector(0.693359375f) + k * vector(2.12194440e-4f);
        __m256i biased = _mm256_add_epi32(_mm256_castps_si256(shifted), _mm256_set1_epi32(127));
        power = _mm256_castsi256_ps(_mm256_slli_epi32(biased, 23));
    }

    // exp(r) - 1
    Vector expm1() const {
        Vector p = vector(1.9875691500e-4f);
        p = p * r + vector(1.3981999507e-3f);
        p = p * r + vector(8.3334519073e-3f);
        p = p * r + vector(4.1665795894e-2f);
        p = p * r + vector(1.6666665459e-1f);
        p = p * r + vector(5.0000001201e-1f);
        return p * r * r + r;
    }
};

inline Vector negative_magnitude(Vector x) { return _mm256_or_ps(x, vector(-0.0f)); }

// exp of x <= 0 to about 2 units in the last place; 0 below -88.
inline Vector exp_of_negative(Vector x) {
    Reduced z(x);
    return (z.expm1() + vector(1)) * z.power;
}

// exp(x) - 1 of x <= 0, without cancellation near 0.
inline Vector expm1_of_negative(Vector x) {
    Reduced z(x);
    return z.expm1() * z.power + (z.power - vector(1));
}

// Exact to some units in the last place also where it is next to 0.
inline Vector sigmoid_of(Vector x) {
    Vector e = exp_of_negative(negative_magnitude(x));
    return where(is_less(x, vector(0)), e, vector(1)) / (vector(1) + e);
}

// log(1 + u) of 0 <= u <= 1, as 2 artanh(u / (2 + u)), of whose series eight terms are enough.
inline Vector log1p_of_fraction(Vector u) {
    Vector s = u / (vector(2) + u);
    Vector t = s * s;
    Vector p = vector(1.0f / 15);
    p = p * t + vector(1.0f / 13);
    p = p * t + vector(1.0f / 11);
    p = p * t + vector(1.0f / 9);
    p = p * t + vector(1.0f / 7);
    p = p * t + vector(1.0f / 5);
    p = p * t + vector(1.0f / 3);
    return vector(2) * (p * t * s + s);
}

// From 9.02 on, tanh is rounded to 1. Below, the reduction holds for positive numbers too.
inline Vector tanh_of(Vector x) {
    Reduced z(vector(2) * at_most(9.02f, x));
    Vector e = z.expm1() * z.power + (z.power - vector(1));
    return e / (e + vector(2));
}
