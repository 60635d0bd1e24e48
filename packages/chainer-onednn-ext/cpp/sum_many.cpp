// Sum of arrays of one shape, in one pass over memory.
#include "kernels.hpp"
#include "parallel.hpp"
#include "vectors.hpp"

namespace {

// All arrays are read side by side, which keeps more streams of memory busy than one after the other.
template <int kVectors, typename Lanes>
void add_at(int64_t i, const std::vector<Floats> &terms, Lanes lanes, float *to) {
    Vector sums[kVectors];
    for (int v = 0; v < kVectors; ++v) sums[v] = lanes.load(terms[0].data() + i + 8 * v);
    for (size_t t = 1; t < terms.size(); ++t) {
        const float *from = terms[t].data() + i;
        for (int v = 0; v < kVectors; ++v) sums[v] += lanes.load(from + 8 * v);
    }
    for (int v = 0; v < kVectors; ++v) lanes.store(to + i + 8 * v, sums[v]);
}

}  // namespace

nb::object sum_many(nb::handle xs) {
    std::vector<Floats> terms;
    for (nb::handle x : xs) {
        terms.push_back(Floats::from(x));
        if (!terms.back() || terms.back().shape() != terms[0].shape()) return nb::none();
    }
    if (terms.empty()) return nb::none();
    Floats y = Floats::empty(terms[0].shape());
    float *to = y.data();
    run_without_gil(y.size(), [&, to] {
        parallel_parts(y.size(), static_cast<int64_t>(terms.size()), [&, to](int64_t begin, int64_t end) {
            constexpr int kVectors = 4;
            int64_t i = begin;
            for (; i + 8 * kVectors <= end; i += 8 * kVectors) add_at<kVectors>(i, terms, AllLanes{}, to);
            for_vectors(end - i, [&](int64_t k, auto lanes) { add_at<1>(i + k, terms, lanes, to); });
        });
    });
    return y.object();
}
