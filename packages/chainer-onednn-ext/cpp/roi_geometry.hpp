// How regions of interest are divided into bins, along each axis alone: the numbers of chainer.functions.pooling._roi.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "arrays.hpp"

struct Regions {
    Floats boxes;           // (R, 4): y_min, x_min, y_max, x_max
    Array<int64_t> images;  // (R,)
    float scale;            // pixels to the unit of the boxes

    int64_t size() const { return images.size(); }
    int64_t image(int64_t r) const { return images.data()[r]; }
    float low(int64_t r, int axis) const { return boxes.data()[4 * r + axis] * scale; }
    float high(int64_t r, int axis) const { return boxes.data()[4 * r + 2 + axis] * scale; }
};

// Nothing where the shapes do not fit, an image is not there, or a region lies out of reach of an int.
std::optional<Regions> regions_of(nb::handle rois, nb::handle roi_indices, int64_t n_images, double scale);

// One axis of the images: how long it is, and into how many bins a region is divided.
struct Axis {
    int number;
    int64_t length, n_bins;
};

// Pixels from first to before last; of region r and bin i at r * n_bins + i.
struct Range {
    int64_t first, last;
};
std::vector<Range> rounded_bins(const Regions &regions, const Axis &axis, bool is_inclusive);

// A place between two pixels, how far on the way to the second, and whether it is near enough to the image to count.
struct Sample {
    int64_t low, high;
    float fraction;
    bool is_inside;
};

class Samples {
public:
    // A ratio of 0 takes about one sample a pixel.
    Samples(const Regions &regions, const Axis &axis, int64_t ratio);
    int64_t count(int64_t region) const { return counts_[region]; }  // of each of its bins
    const Sample *of(int64_t region, int64_t bin) const {
        return samples_.data() + begins_[region] + bin * counts_[region];
    }

private:
    std::vector<int64_t> counts_, begins_;
    std::vector<Sample> samples_;
};

// The pixels that have a part in the mean of a bin: n neighbours with a weight each.
struct Share {
    int64_t first, n;
    const float *weights;
};

class Shares {
public:
    explicit Shares(const std::vector<Range> &bins);
    Shares(const Samples &samples, int64_t n_regions, int64_t n_bins);
    Share of(int64_t i) const { return {first_[i], begins_[i + 1] - begins_[i], weights_.data() + begins_[i]}; }

private:
    void add(int64_t first, int64_t n);  // with weights of 0
    std::vector<int64_t> first_, begins_{0};
    std::vector<float> weights_;
};
