// Pooling over regions of interest. Images are turned to channels-last first, so that a pixel is one piece of memory.
#include <cmath>
#include <cstring>
#include <limits>

#include "channels_last.hpp"
#include "kernels.hpp"
#include "parallel.hpp"
#include "roi_geometry.hpp"
#include "vectors.hpp"

namespace {

// What is asked for: images, regions, and their bins along both axes.
struct Task {
    Dims shape;  // of the images, (B, C, H, W)
    Regions regions;
    Axis rows, columns;

    int64_t channels() const { return shape[1]; }
    int64_t width() const { return shape[3]; }
    int64_t area() const { return shape[2] * shape[3]; }
    int64_t n_bins() const { return rows.n_bins * columns.n_bins; }
    Dims out_shape() const { return {regions.size(), channels(), rows.n_bins, columns.n_bins}; }
    int64_t row(int64_t region, int64_t bin) const { return region * rows.n_bins + bin / columns.n_bins; }
    int64_t column(int64_t region, int64_t bin) const { return region * columns.n_bins + bin % columns.n_bins; }
};

std::optional<Task> task_of(const Dims &shape, nb::handle rois, nb::handle roi_indices, const Dims &outsize,
                            double scale) {
    if (shape.size() != 4 || product(shape) == 0) return std::nullopt;
    std::optional<Regions> regions = regions_of(rois, roi_indices, shape[0], scale);
    if (!regions) return std::nullopt;
    return Task{shape, *regions, {0, shape[2], outsize[0]}, {1, shape[3], outsize[1]}};
}

// The task of a gradient, whose shape tells the number of bins.
std::optional<Task> task_of_gradient(const Floats &gy, nb::handle x_shape, nb::handle rois, nb::handle roi_indices,
                                     double scale) {
    if (!gy || gy.ndim() != 4) return std::nullopt;
    std::optional<Task> task = task_of(dims_of(x_shape), rois, roi_indices, {gy.dim(2), gy.dim(3)}, scale);
    if (!task || gy.shape() != task->out_shape()) return std::nullopt;
    return task;
}

template <typename T> void transpose(int64_t rows, int64_t columns, const T *from, T *to) {
    for (int64_t j = 0; j < columns; ++j)
        for (int64_t i = 0; i < rows; ++i) to[j * rows + i] = from[i * columns + j];
}

// ---- Means ----

template <int kVectors, typename Lanes>
void add_up(const float *corner, int64_t line, int64_t channels, const Share &rows, const Share &columns, Lanes lanes,
            float *mean) {
    Vector sums[kVectors] = {};
    for (int64_t i = 0; i < rows.n; ++i)
        for (int64_t j = 0; j < columns.n; ++j) {
            Vector weight = vector(rows.weights[i] * columns.weights[j]);
            const float *pixel = corner + i * line + j * channels;
            for (int v = 0; v < kVectors; ++v) sums[v] += weight * lanes.load(pixel + 8 * v);
        }
    for (int v = 0; v < kVectors; ++v) lanes.store(mean + 8 * v, sums[v]);
}

void mean_of_bin(const float *image, int64_t width, int64_t channels, const Share &rows, const Share &columns,
                 float *mean) {
    const float *corner = image + (rows.first * width + columns.first) * channels;
    constexpr int kVectors = 4;
    int64_t c = 0;
    for (; c + 8 * kVectors <= channels; c += 8 * kVectors)
        add_up<kVectors>(corner + c, width * channels, channels, rows, columns, AllLanes{}, mean + c);
    for_vectors(channels - c, [&, c](int64_t i, auto lanes) {
        add_up<1>(corner + c + i, width * channels, channels, rows, columns, lanes, mean + c + i);
    });
}

nb::object means(const Task &task, nb::handle x, const Shares &rows, const Shares &columns) {
    Floats images = Floats::from(to_channels_last(x)), y = Floats::empty(task.out_shape());
    const float *from = images.data();
    float *to = y.data();
    int64_t channels = task.channels(), n = task.n_bins();
    run_without_gil(y.size(), [&, from, to] {
        parallel_for(task.regions.size(), 8 * n * channels, [&](int64_t r) {
            std::vector<float> tile(n * channels);
            const float *image = from + task.regions.image(r) * task.area() * channels;
            for (int64_t bin = 0; bin < n; ++bin)
                mean_of_bin(image, task.width(), channels, rows.of(task.row(r, bin)), columns.of(task.column(r, bin)),
                            tile.data() + bin * channels);
            transpose(n, channels, tile.data(), to + r * n * channels);
        });
    });
    return nb::make_tuple(y.object(), nb::none());
}

nb::object means_backward(const Task &task, const Floats &gy, const Shares &rows, const Shares &columns) {
    int64_t channels = task.channels(), n = task.n_bins(), width = task.width();
    Floats images = Floats::empty({task.shape[0], task.shape[2], width, channels});
    const float *up = gy.data();
    float *down = images.data();
    run_without_gil(images.size() + gy.size(), [&, up, down] {
        parallel_parts(images.size(), 1, [=](int64_t begin, int64_t end) {
            std::memset(down + begin, 0, (end - begin) * sizeof(float));
        });
        // Each thread adds to channels of its own, so that sums are in the order of the regions for any number of them.
        parallel_parts(channels, 8 * n * task.regions.size(), [&](int64_t begin, int64_t end) {
            int64_t some = end - begin;
            std::vector<float> tile(n * some);
            for (int64_t r = 0; r < task.regions.size(); ++r) {
                transpose(some, n, up + (r * channels + begin) * n, tile.data());
                float *image = down + task.regions.image(r) * task.area() * channels + begin;
                for (int64_t bin = 0; bin < n; ++bin) {
                    Share row = rows.of(task.row(r, bin)), column = columns.of(task.column(r, bin));
                    for (int64_t i = 0; i < row.n; ++i)
                        for (int64_t j = 0; j < column.n; ++j) {
                            Vector weight = vector(row.weights[i] * column.weights[j]);
                            float *pixel = image + ((row.first + i) * width + column.first + j) * channels;
                            for_vectors(some, [&](int64_t c, auto lanes) {
                                Vector g = lanes.load(tile.data() + bin * some + c);
                                lanes.store(pixel + c, lanes.load(pixel + c) + weight * g);
                            });
                        }
                }
            }
        });
    });
    return from_channels_last(images.object());
}

// ---- Maxima ----

// The largest of what has been seen, and its number: of the first one, -1 if there is none.
struct Largest {
    Vector value = vector(-std::numeric_limits<float>::infinity());
    __m256i number = _mm256_set1_epi32(-1);

    void see(Vector seen, int64_t n) {
        Vector is_larger = _mm256_cmp_ps(seen, value, _CMP_GT_OQ);
        value = where(is_larger, seen, value);
        Vector now = _mm256_castsi256_ps(_mm256_set1_epi32(static_cast<int>(n)));
        number = _mm256_castps_si256(where(is_larger, now, _mm256_castsi256_ps(number)));
    }
    void keep_nan(Vector seen) { value = where(_mm256_cmp_ps(seen, seen, _CMP_UNORD_Q), seen, value); }
};

// Calls look(largest, region, bin, channel, image, lanes) for the channels of each bin; `image` begins at the channel.
template <typename F> nb::object maxima(const Task &task, nb::handle x, bool is_zero_without, F look) {
    Floats images = Floats::from(to_channels_last(x)), y = Floats::empty(task.out_shape());
    Array<int32_t> argmax = Array<int32_t>::empty(task.out_shape());
    const float *from = images.data();
    float *to = y.data();
    int32_t *numbers = argmax.data();
    int64_t channels = task.channels(), n = task.n_bins();
    run_without_gil(y.size(), [&, from, to, numbers] {
        parallel_for(task.regions.size(), 16 * n * channels, [&](int64_t r) {
            std::vector<float> values(n * channels);
            std::vector<int32_t> places(n * channels);
            const float *image = from + task.regions.image(r) * task.area() * channels;
            for (int64_t bin = 0; bin < n; ++bin)
                for_vectors(channels, [&](int64_t c, auto lanes) {
                    Largest largest;
                    look(largest, r, bin, image + c, lanes);
                    Vector number = _mm256_castsi256_ps(largest.number);
                    if (is_zero_without) largest.value = _mm256_blendv_ps(largest.value, vector(0), number);
                    lanes.store(values.data() + bin * channels + c, largest.value);
                    lanes.store(reinterpret_cast<float *>(places.data() + bin * channels + c), number);
                });
            transpose(n, channels, values.data(), to + r * n * channels);
            transpose(n, channels, places.data(), numbers + r * n * channels);
        });
    });
    return nb::make_tuple(y.object(), argmax.object());
}

// Calls spread(region, bin, number, gradient, plane) for each maximum that was found, to add its gradient to the plane
// of its channel. Each thread has channels of its own.
template <typename F>
nb::object maxima_backward(const Task &task, const Floats &gy, nb::handle argmax, F spread) {
    Array<int32_t> numbers = Array<int32_t>::from(argmax, true);
    if (!numbers || numbers.shape() != gy.shape()) return nb::none();
    Floats gx = Floats::empty(task.shape);
    const float *up = gy.data();
    const int32_t *number = numbers.data();
    float *down = gx.data();
    int64_t channels = task.channels(), n = task.n_bins(), area = task.area();
    run_without_gil(gx.size() + gy.size(), [&, up, down, number] {
        parallel_for(channels, 8 * n * task.regions.size() + task.shape[0] * area, [&](int64_t c) {
            for (int64_t b = 0; b < task.shape[0]; ++b)
                std::memset(down + (b * channels + c) * area, 0, area * sizeof(float));
            for (int64_t r = 0; r < task.regions.size(); ++r) {
                float *plane = down + (task.regions.image(r) * channels + c) * area;
                int64_t at = (r * channels + c) * n;
                for (int64_t bin = 0; bin < n; ++bin)
                    if (number[at + bin] >= 0) spread(r, bin, number[at + bin], up[at + bin], plane);
            }
        });
    });
    return gx.object();
}

// Pixels around a sample, as offsets in a plane, and their weights.
struct Corners {
    int64_t at[4];
    float weight[4];

    Corners(const Sample &row, const Sample &column, int64_t width)
        : at{row.low * width + column.low, row.low * width + column.high, row.high * width + column.low,
             row.high * width + column.high},
          weight{(1 - row.fraction) * (1 - column.fraction), (1 - row.fraction) * column.fraction,
                 row.fraction * (1 - column.fraction), row.fraction * column.fraction} {}
};

bool is_average(const char *mode) { return std::strcmp(mode, "average") == 0; }
bool is_inclusive(const char *mode) { return std::strcmp(mode, "max_inclusive") == 0; }

struct BothSamples {
    Samples rows, columns;

    BothSamples(const Task &task, nb::handle ratio)
        : rows(task.regions, task.rows, at(ratio, 0)), columns(task.regions, task.columns, at(ratio, 1)) {}

    Shares row_shares(const Task &task) const { return Shares(rows, task.regions.size(), task.rows.n_bins); }
    Shares column_shares(const Task &task) const { return Shares(columns, task.regions.size(), task.columns.n_bins); }

private:
    static int64_t at(nb::handle ratio, int i) { return ratio[i].is_none() ? 0 : nb::cast<int64_t>(ratio[i]); }
};

}  // namespace

nb::object roi_align(const char *mode, nb::handle x, nb::handle rois, nb::handle roi_indices, nb::handle outsize,
                     double scale, nb::handle sampling_ratio) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    std::optional<Task> task = task_of(source.shape(), rois, roi_indices, dims_of(outsize), scale);
    if (!task) return nb::none();
    BothSamples samples(*task, sampling_ratio);
    if (is_average(mode)) return means(*task, source.object(), samples.row_shares(*task), samples.column_shares(*task));
    int64_t channels = task->channels(), width = task->width(), n_columns = task->columns.n_bins;
    auto look = [&](Largest &largest, int64_t r, int64_t bin, const float *image, auto lanes) {
        const Sample *rows = samples.rows.of(r, bin / n_columns), *columns = samples.columns.of(r, bin % n_columns);
        int64_t height = samples.rows.count(r), count = samples.columns.count(r);
        for (int64_t i = 0; i < height; ++i)
            for (int64_t j = 0; j < count; ++j) {
                if (!rows[i].is_inside || !columns[j].is_inside) continue;
                Corners corners(rows[i], columns[j], width);
                Vector seen = vector(0);
                for (int k = 0; k < 4; ++k)
                    seen += vector(corners.weight[k]) * lanes.load(image + corners.at[k] * channels);
                largest.see(seen, i * count + j);
            }
    };
    return maxima(*task, source.object(), false, look);
}

nb::object roi_align_backward(const char *mode, nb::handle gy, nb::handle argmax, nb::handle rois,
                              nb::handle roi_indices, nb::handle x_shape, double scale, nb::handle sampling_ratio) {
    Floats upper = Floats::from(gy);
    std::optional<Task> task = task_of_gradient(upper, x_shape, rois, roi_indices, scale);
    if (!task) return nb::none();
    BothSamples samples(*task, sampling_ratio);
    if (is_average(mode)) return means_backward(*task, upper, samples.row_shares(*task), samples.column_shares(*task));
    int64_t width = task->width(), n_columns = task->columns.n_bins;
    auto spread = [&](int64_t r, int64_t bin, int64_t number, float g, float *plane) {
        int64_t count = samples.columns.count(r), i = number / count, j = number % count;
        if (i >= samples.rows.count(r)) return;
        Corners corners(samples.rows.of(r, bin / n_columns)[i], samples.columns.of(r, bin % n_columns)[j], width);
        for (int k = 0; k < 4; ++k) plane[corners.at[k]] += corners.weight[k] * g;
    };
    return maxima_backward(*task, upper, argmax, spread);
}

nb::object roi_pool(const char *mode, nb::handle x, nb::handle rois, nb::handle roi_indices, nb::handle outsize,
                    double scale) {
    Floats source = Floats::from(x);
    if (!source) return nb::none();
    std::optional<Task> task = task_of(source.shape(), rois, roi_indices, dims_of(outsize), scale);
    if (!task) return nb::none();
    bool both_corners = is_inclusive(mode);
    std::vector<Range> rows = rounded_bins(task->regions, task->rows, both_corners);
    std::vector<Range> columns = rounded_bins(task->regions, task->columns, both_corners);
    if (is_average(mode)) return means(*task, source.object(), Shares(rows), Shares(columns));
    int64_t channels = task->channels(), width = task->width();
    auto look = [&](Largest &largest, int64_t r, int64_t bin, const float *image, auto lanes) {
        Range row = rows[task->row(r, bin)], column = columns[task->column(r, bin)];
        for (int64_t i = row.first; i < row.last; ++i)
            for (int64_t j = column.first; j < column.last; ++j) {
                Vector seen = lanes.load(image + (i * width + j) * channels);
                largest.see(seen, i * width + j);
                largest.keep_nan(seen);
            }
    };
    return maxima(*task, source.object(), both_corners, look);
}

nb::object roi_pool_backward(const char *mode, nb::handle gy, nb::handle argmax, nb::handle rois,
                             nb::handle roi_indices, nb::handle x_shape, double scale) {
    Floats upper = Floats::from(gy);
    std::optional<Task> task = task_of_gradient(upper, x_shape, rois, roi_indices, scale);
    if (!task) return nb::none();
    if (is_average(mode))
        return means_backward(*task, upper, Shares(rounded_bins(task->regions, task->rows, false)),
                              Shares(rounded_bins(task->regions, task->columns, false)));
    int64_t area = task->area();
    auto spread = [area](int64_t, int64_t, int64_t number, float g, float *plane) {
        if (number < area) plane[number] += g;
    };
    return maxima_backward(*task, upper, argmax, spread);
}
