// Bins of regions of interest and samples in them, computed as NumPy does it in float32.
#include "roi_geometry.hpp"

#include <cmath>

std::optional<Regions> regions_of(nb::handle rois, nb::handle roi_indices, int64_t n_images, double scale) {
    Regions regions{Floats::from(rois), Array<int64_t>::from(roi_indices, true), static_cast<float>(scale)};
    if (!regions.boxes || !regions.images || regions.boxes.size() != 4 * regions.size()) return std::nullopt;
    constexpr float kFar = 1 << 20;
    for (int64_t i = 0; i < regions.boxes.size(); ++i)
        if (!(std::abs(regions.boxes.data()[i] * regions.scale) < kFar)) return std::nullopt;
    for (int64_t r = 0; r < regions.size(); ++r)
        if (regions.image(r) < 0 || regions.image(r) >= n_images) return std::nullopt;
    return regions;
}

std::vector<Range> rounded_bins(const Regions &regions, const Axis &axis, bool is_inclusive) {
    std::vector<Range> bins;
    bins.reserve(regions.size() * axis.n_bins);
    auto within = [&](int64_t pixel) { return std::min(std::max<int64_t>(pixel, 0), axis.length); };
    for (int64_t r = 0; r < regions.size(); ++r) {
        auto start = static_cast<int64_t>(std::nearbyint(regions.low(r, axis.number)));
        auto stop = static_cast<int64_t>(std::nearbyint(regions.high(r, axis.number)));
        double step = static_cast<double>(std::max<int64_t>(stop - start + is_inclusive, 1)) / axis.n_bins;
        for (int64_t i = 0; i < axis.n_bins; ++i) {
            auto first = static_cast<int64_t>(std::floor(i * step)), last = static_cast<int64_t>(std::ceil((i + 1) * step));
            bins.push_back({within(first + start), within(last + start)});
        }
    }
    return bins;
}

Samples::Samples(const Regions &regions, const Axis &axis, int64_t ratio) {
    auto length = static_cast<float>(axis.length);
    for (int64_t r = 0; r < regions.size(); ++r) {
        float start = regions.low(r, axis.number), size = std::max(regions.high(r, axis.number) - start, 1.0f);
        float step = size / static_cast<float>(axis.n_bins);
        int64_t count = ratio > 0 ? ratio : static_cast<int64_t>(std::ceil(step));
        counts_.push_back(count);
        begins_.push_back(static_cast<int64_t>(samples_.size()));
        for (int64_t bin = 0; bin < axis.n_bins; ++bin)
            for (int64_t number = 0; number < count; ++number) {
                float place = start + static_cast<float>(bin) * step;
                place = place + (static_cast<float>(number) + 0.5f) * step / static_cast<float>(count);
                bool is_inside = place >= -1 && place <= length;
                place = std::min(std::max(place, 0.0f), length - 1);
                auto low = static_cast<int64_t>(place);
                samples_.push_back({low, std::min(low + 1, axis.length - 1), place - static_cast<float>(low), is_inside});
            }
    }
}

void Shares::add(int64_t first, int64_t n) {
    first_.push_back(first);
    weights_.resize(weights_.size() + n);
    begins_.push_back(static_cast<int64_t>(weights_.size()));
}

Shares::Shares(const std::vector<Range> &bins) {
    for (const Range &bin : bins) {
        int64_t n = std::max<int64_t>(bin.last - bin.first, 0);
        add(bin.first, n);
        std::fill(weights_.end() - n, weights_.end(), 1 / static_cast<float>(n));
    }
}

Shares::Shares(const Samples &samples, int64_t n_regions, int64_t n_bins) {
    for (int64_t r = 0; r < n_regions; ++r) {
        int64_t count = samples.count(r);
        for (int64_t bin = 0; bin < n_bins; ++bin) {
            // Samples are in order, so the pixels of those that count are neighbours.
            const Sample *begin = samples.of(r, bin), *end = begin + count;
            while (begin < end && !begin->is_inside) ++begin;
            while (begin < end && !end[-1].is_inside) --end;
            add(begin < end ? begin->low : 0, begin < end ? end[-1].high - begin->low + 1 : 0);
            float *weights = weights_.data() + begins_[begins_.size() - 2] - first_.back();
            for (const Sample *s = begin; s < end; ++s) {
                weights[s->low] += (1 - s->fraction) / static_cast<float>(count);
                weights[s->high] += s->fraction / static_cast<float>(count);
            }
        }
    }
}
