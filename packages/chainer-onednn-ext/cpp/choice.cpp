// Which way a convolution is done. The rule comes from timing all candidates for all convolutions of AlexNet, VGG-16,
// NIN, GoogLeNet-BN and ResNet-50 at 1 and 4 images, on one core of a processor with AVX-512 (Zen 4). All convolutions
// together, forward, by data and by weights, were 0.2, 2 and 1 % slower by the rule than by the best of each there; the
// worst was slower by a third. chainer.config.autotune tries instead.
#include <omp.h>

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <vector>

#include "candidates.hpp"
#include "winograd.hpp"

namespace {

using Key = std::vector<int64_t>;

Key key_of(Direction direction, const ConvShape &s) {
    return {omp_get_max_threads(), direction, s.n, s.h, s.w, s.c, s.oh, s.ow, s.o, s.kh, s.kw, s.sh, s.sw, s.ph, s.pw,
            s.dh, s.dw, s.groups};
}

std::atomic<bool> has_choices{false};
std::shared_mutex lock;
std::map<Key, int> choices;

int64_t squares(const ConvShape &s, int64_t side) {
    return s.n * ((s.oh + side - 1) / side) * ((s.ow + side - 1) / side);
}

// About proportional to the time; `filters` is that of transforming or packing them, in pixels or squares.
double time_of_definition(const ConvShape &s) {
    constexpr double filters = 50;
    return 9 * (static_cast<double>(s.n * s.oh * s.ow) + filters);
}

double time_of_winograd(const ConvShape &s, int64_t side) {
    constexpr double filters = 16;
    const double efficiency = side == 2 ? 1.3 : 1;  // transforms weigh more where they save less
    const int64_t rows = (squares(s, side) + kTileRows - 1) / kTileRows * kTileRows;
    return efficiency * static_cast<double>((side + 2) * (side + 2)) * (static_cast<double>(rows) + filters);
}

int choose_by_rule(Direction direction, const ConvShape &s) {
    if (winograd::is_served(s) && s.c >= kPanel && s.o >= kPanel) {
        const ConvShape t = direction == kConvBackwardData ? s.transposed() : s;
        const double four = time_of_winograd(t, 4), two = time_of_winograd(t, 2);
        if (std::min(four, two) > time_of_definition(t)) return kOneDnnLast;
        return four <= two ? kWinograd4 : kWinograd2;
    }
    // Few pixels of many channels, mostly at distances that are powers of two: the time goes into filters, and most of
    // an image's lines share one part of the caches.
    if (!s.is_pointwise() || s.groups != 1) return kOneDnnLast;
    const int64_t pixels = s.n * s.oh * s.ow;
    const bool is_strided = s.sh != 1 || s.sw != 1, is_wide = s.c >= 1024 || s.c == 512;
    if (direction == kConvForward && is_wide) {
        if (pixels <= 256) return kOneDnnBlocked;
        if (is_strided) return kMatrixProduct;
        if (pixels <= 512) return kOneDnnBlocked;
    }
    if (direction == kConvBackwardWeights && s.c % 1024 == 0 && pixels <= 512) return kMatrixProduct;
    return direction == kConvBackwardData && is_strided && s.o <= s.c ? kMatrixProduct : kOneDnnLast;
}

}  // namespace

int candidates::choose(Direction direction, const ConvShape &s) {
    if (has_choices) {
        std::shared_lock<std::shared_mutex> guard(lock);
        auto found = choices.find(key_of(direction, s));
        if (found != choices.end()) return found->second;
    }
    return choose_by_rule(direction, s);
}

void candidates::set_choice(Direction direction, const ConvShape &s, int candidate) {
    std::unique_lock<std::shared_mutex> guard(lock);
    choices[key_of(direction, s)] = candidate;
    has_choices = true;
}
