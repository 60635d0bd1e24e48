#include "winograd.hpp"

#include "panels.hpp"

namespace {

// Positions lie so many floats further apart than they must: the first cache could not hold many at powers of two.
constexpr int64_t kGap = kPanel;

// The squares into which the output is cut, and those of the input that they depend on.
struct Squares {
    ConvShape s;
    int64_t side;
    const WinogradLoops &loops;

    Squares(const ConvShape &s, int side)
        : s(s), side(side), loops(side == 2 ? simd().winograd2 : simd().winograd4) {}

    int64_t positions() const { return (side + 2) * (side + 2); }
    int64_t columns() const { return (s.ow + side - 1) / side; }
    int64_t rows() const { return (s.oh + side - 1) / side; }
    int64_t count() const { return s.n * rows() * columns(); }

    // Floats of one channel of an input and an output square at all positions.
    int64_t products() const { return positions() * count() * s.c * s.o; }

    void input(int64_t square, const float *x, float *to, int64_t position) const {
        Place p = place(square);
        int64_t top = p.top - s.ph, left = p.left - s.pw;
        loops.input(x + ((p.image * s.h + top) * s.w + left) * s.c, s.w * s.c, s.c,
                    {-top, s.h - top, -left, s.w - left}, s.c, to, position);
    }

    // To channels [begin, end) of y.
    void output(int64_t square, const float *from, int64_t position, Part channels, float *y,
                const Epilogue &epilogue) const {
        Place p = place(square);
        int64_t offset = ((p.image * s.oh + p.top) * s.ow + p.left) * s.o + channels.begin;
        loops.output(from, position, {0, s.oh - p.top, 0, s.ow - p.left}, channels.size(), y + offset, s.ow * s.o, s.o,
                     epilogue.moved(offset, channels.begin));
    }

    void output_adjoint(int64_t square, const float *gy, float *to, int64_t position) const {
        Place p = place(square);
        loops.output_adjoint(gy + ((p.image * s.oh + p.top) * s.ow + p.left) * s.o, s.ow * s.o, s.o,
                             {0, s.oh - p.top, 0, s.ow - p.left}, s.o, to, position);
    }

private:
    struct Place {
        int64_t image, top, left;
    };
    Place place(int64_t square) const {
        int64_t column = square % columns(), row = square / columns();
        return {row / rows(), row % rows() * side, column * side};
    }
};

// Filters as the convolution at hand sees them: so far from one output channel to the next, and so far from one input
// channel to the next.
struct Filters {
    const float *W;
    int64_t output, input;
    bool is_rotated;
};

// A convolution in steps: transform squares and filters, multiply at each position, transform back.
class Convolution {
public:
    Convolution(const Squares &squares, const Filters &filters, const float *x, float *y, const Epilogue &epilogue)
        : squares_(squares), filters_(filters), x_(x), y_(y), epilogue_(epilogue), c_(squares.s.c), o_(squares.s.o),
          row_(round_up(c_, kPanel)), work_(elements_of_product(squares.count() * squares.positions(), o_, c_)) {
        threads_ = std::min<int64_t>(omp_get_max_threads(), 1 + work_ / kElementsPerThread);
        Arena::mine().rewind();
        if (squares.count() > threads_ * kManySquares)
            by_squares();
        else
            by_channels();
    }

private:
    // With fewer squares a thread, threads divide channels: transformed filters are many times larger than filters, and
    // are made where they are used, once.
    static constexpr int64_t kManySquares = 8 * kTileRows;

    // Squares whose transforms stay in a core's part of the caches; more where filters have to come from memory.
    int64_t block_squares() const {
        int64_t filters = squares_.positions() * c_ * o_ * sizeof(float);
        int64_t fitting = (int64_t{1} << 20) / (squares_.positions() * row_ * static_cast<int64_t>(sizeof(float)));
        int64_t least = filters > (int64_t{8} << 20) ? 8 * kTileRows : 4 * kTileRows;
        return std::max(std::min(fitting, 16 * kTileRows) / kTileRows * kTileRows, least);
    }

    // Output channels whose products with a block stay in the second cache.
    static int64_t block_channels(int64_t squares) { return squares > 4 * kTileRows ? kTileColumns : 2 * kTileColumns; }

    void by_squares() {
        const int64_t block = block_squares(), channels = block_channels(block);
        const int64_t position = block * row_ + kGap, filter_position = panels_size(c_, o_) + kGap;
        const int64_t product_position = block * channels + kGap, n = squares_.positions();
        float *U = take_floats(n * filter_position), *V = take_floats(threads_ * n * position);
        float *M = take_floats(threads_ * n * product_position);
        parallel_for(round_up(o_, kPanel) / kPanel, c_ * kPanel * n * 4, [=](int64_t panel) {
            transform_filters(panel, U + panel * c_ * kPanel, filter_position);
        });
        parallel_for(threads_, work_ / threads_, [=](int64_t thread) {
            Part mine = part_of(squares_.count(), kTileRows, thread, threads_);
            float *v = V + thread * n * position, *m = M + thread * n * product_position;
            for (int64_t begin = mine.begin; begin < mine.end; begin += block) {
                int64_t count = std::min(block, mine.end - begin);
                for (int64_t i = 0; i < count; ++i) squares_.input(begin + i, x_, v + i * row_, position);
                for (int64_t first = 0; first < o_; first += channels) {
                    Part part{first, std::min(o_, first + channels)};
                    multiply(v, position, begin, count, U + first * c_, filter_position, part, m, product_position);
                }
            }
        });
    }

    void by_channels() {
        constexpr int64_t kBlock = 8 * kTileRows, kChannels = kTileColumns;
        const int64_t count = squares_.count(), n = squares_.positions(), units = round_up(o_, kChannels) / kChannels;
        const int64_t position = count * row_ + kGap, filter_position = kChannels * c_ + kGap;
        const int64_t product_position = kBlock * kChannels + kGap, threads = std::min(threads_, units);
        float *V = take_floats(n * position), *U = take_floats(threads * n * filter_position);
        float *M = take_floats(threads * n * product_position);
        parallel_for(count, n * row_, [=](int64_t i) { squares_.input(i, x_, V + i * row_, position); });
        parallel_for(threads, work_ / threads, [=](int64_t thread) {
            Part mine = part_of(o_, kChannels, thread, threads);
            float *u = U + thread * n * filter_position, *m = M + thread * n * product_position;
            for (int64_t first = mine.begin; first < mine.end; first += kChannels) {
                Part part{first, std::min(mine.end, first + kChannels)};
                for (int64_t q = 0; q < part.size(); q += kPanel)
                    transform_filters((first + q) / kPanel, u + q * c_, filter_position);
                for (int64_t begin = 0; begin < count; begin += kBlock)
                    multiply(V + begin * row_, position, begin, std::min(kBlock, count - begin), u, filter_position,
                             part, m, product_position);
            }
        });
    }

    // Those of a panel of output channels.
    void transform_filters(int64_t panel, float *to, int64_t position) const {
        const float *from = filters_.W + panel * kPanel * filters_.output;
        int64_t lanes = std::min(kPanel, o_ - panel * kPanel);
        for (int64_t c = 0; c < c_; ++c)
            squares_.loops.filters(from + c * filters_.input, filters_.output, lanes, filters_.is_rotated,
                                   to + c * kPanel, position);
    }

    // Some squares from `first` on times the filters of some output channels, up to y.
    void multiply(const float *V, int64_t position, int64_t first, int64_t count, const float *U,
                  int64_t filter_position, Part channels, float *M, int64_t product_position) const {
        const int64_t width = round_up(channels.size(), kPanel);
        for (int64_t i = 0; i < squares_.positions(); ++i)
            simd().multiply({count, width, c_, V + i * position, row_, 1, U + i * filter_position, c_ * kPanel, kPanel,
                             M + i * product_position, width, false, Epilogue()});
        for (int64_t i = 0; i < count; ++i)
            squares_.output(first + i, M + i * width, product_position, channels, y_, epilogue_);
    }

    const Squares &squares_;
    const Filters &filters_;
    const float *x_;
    float *y_;
    const Epilogue &epilogue_;
    const int64_t c_, o_, row_, work_;
    int64_t threads_;
};

// The gradient of filters: transform squares of both images, multiply over squares at each position, transform back.
class FilterGradient {
public:
    FilterGradient(const Squares &squares, const float *x, const float *gy, float *gW)
        : squares_(squares), x_(x), gy_(gy), gW_(gW), n_(squares.positions()), c_(squares.s.c), o_(squares.s.o),
          x_row_(round_up(c_, kPanel)), y_row_(round_up(o_, kPanel)) {
        const int64_t count = squares.count(), threads = omp_get_max_threads();
        // As many squares at a time as stay in the last cache.
        constexpr int64_t kBytes = 20 << 20;
        const int64_t fitting = kBytes / (n_ * (x_row_ + y_row_) * static_cast<int64_t>(sizeof(float)));
        block_ = std::min(count, std::max(fitting, 4 * kTileRows));
        x_position_ = block_ * x_row_ + kGap, y_position_ = block_ * y_row_ + kGap;
        // A part of the channels of both images, whose sums stay in the second cache of the thread that works on it.
        y_parts_ = (o_ + kOutputs - 1) / kOutputs;
        const int64_t inputs = (c_ + kInputs - 1) / kInputs, units = (c_ + kTileRows - 1) / kTileRows;
        x_parts_ = std::min(units, std::max(inputs, 2 * threads / y_parts_));
        const int64_t parts = x_parts_ * y_parts_;
        Arena::mine().rewind();
        float *V = take_floats(n_ * x_position_), *Y = take_floats(n_ * y_position_);
        // With one block only, sums need not last.
        const bool is_one = block_ == count;
        float *sums = take_floats((is_one ? std::min(threads, parts) : parts) * n_ * kSums);
        for (int64_t begin = 0; begin < count; begin += block_) {
            const int64_t size = std::min(block_, count - begin), work = elements_of_product(c_, o_, size * n_);
            parallel_for(size, n_ * (x_row_ + y_row_), [=](int64_t i) {
                squares_.input(begin + i, x_, V + i * x_row_, x_position_);
                squares_.output_adjoint(begin + i, gy_, Y + i * y_row_, y_position_);
            });
            const int64_t workers = std::min({threads, parts, 1 + work / kElementsPerThread});
            parallel_for(workers, work / workers, [=](int64_t worker) {
                const Part mine = part_of(parts, 1, worker, workers);
                for (int64_t i = mine.begin; i < mine.end; ++i) {
                    float *to = sums + (is_one ? worker : i) * n_ * kSums;
                    add(V, Y, begin, size, i, to);
                    if (begin + size == count) transform_back(i, to);
                }
            });
        }
    }

private:
    static constexpr int64_t kInputs = 4 * kTileRows, kOutputs = 2 * kTileColumns;
    static constexpr int64_t kSums = kInputs * kOutputs + kGap;  // of a part at one position

    Part inputs(int64_t part) const { return part_of(c_, kTileRows, part / y_parts_, x_parts_); }
    Part outputs(int64_t part) const {
        int64_t first = part % y_parts_ * kOutputs;
        return {first, std::min(o_, first + kOutputs)};
    }

    void add(const float *V, const float *Y, int64_t begin, int64_t size, int64_t part, float *sums) const {
        const Part c = inputs(part), o = outputs(part);
        for (int64_t i = 0; i < n_; ++i)
            simd().multiply({c.size(), round_up(o.size(), kPanel), size, V + i * x_position_ + c.begin, 1, x_row_,
                             Y + i * y_position_ + o.begin, kPanel, y_row_, sums + i * kSums, kOutputs, begin > 0,
                             Epilogue()});
    }

    void transform_back(int64_t part, const float *sums) const {
        const Part inputs = this->inputs(part), outputs = this->outputs(part);
        for (int64_t o = outputs.begin; o < outputs.end; o += kPanel)
            for (int64_t c = inputs.begin; c < inputs.end; ++c)
                squares_.loops.filters_adjoint(sums + (c - inputs.begin) * kOutputs + o - outputs.begin, kSums,
                                               gW_ + (o * c_ + c) * 9, c_ * 9, std::min(kPanel, outputs.end - o));
    }

    const Squares &squares_;
    const float *x_, *gy_;
    float *gW_;
    const int64_t n_, c_, o_, x_row_, y_row_;
    int64_t block_, x_position_, y_position_, x_parts_, y_parts_;
};

}  // namespace

bool winograd::is_served(const ConvShape &s) {
    return s.kh == 3 && s.kw == 3 && s.sh == 1 && s.sw == 1 && s.dh == 1 && s.dw == 1 && s.groups == 1 &&
           s.x_size() > 0 && s.y_size() > 0;
}

bool winograd::forward(int side, const ConvShape &s, const float *x, const float *W, float *y,
                       const Epilogue &epilogue) {
    if (!is_served(s)) return false;
    Convolution(Squares(s, side), Filters{W, s.c * 9, 9, false}, x, y, epilogue);
    return true;
}

bool winograd::backward_data(int side, const ConvShape &s, const float *gy, const float *W, float *gx) {
    if (!is_served(s)) return false;
    Convolution(Squares(s.transposed(), side), Filters{W, 9, s.c * 9, true}, gy, gx, Epilogue());
    return true;
}

bool winograd::backward_weights(int side, const ConvShape &s, const float *x, const float *gy, float *gW) {
    if (!is_served(s)) return false;
    FilterGradient(Squares(s, side), x, gy, gW);
    return true;
}
