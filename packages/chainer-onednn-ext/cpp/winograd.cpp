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
    const Squares squares(s, side);
    const int64_t n = squares.positions(), count = squares.count(), x_row = round_up(s.c, kPanel);
    const int64_t y_row = round_up(s.o, kPanel);
    // As many squares at a time as stay in the last cache, so that the sums go to memory and back seldom.
    constexpr int64_t kBytes = 16 << 20;
    const int64_t fitting = kBytes / (n * (x_row + y_row) * static_cast<int64_t>(sizeof(float)));
    const int64_t block = std::min(count, std::max<int64_t>(fitting, 48));
    const int64_t x_position = block * x_row + kGap, y_position = block * y_row + kGap, position = s.c * y_row + kGap;
    Arena::mine().rewind();
    float *V = take_floats(n * x_position), *Y = take_floats(n * y_position), *sums = take_floats(n * position);
    constexpr int64_t kChannels = 2 * kTileColumns;
    const int64_t parts = round_up(s.o, kChannels) / kChannels;
    for (int64_t begin = 0; begin < count; begin += block) {
        const int64_t size = std::min(block, count - begin);
        parallel_for(size, n * (x_row + y_row), [=, &squares](int64_t i) {
            squares.input(begin + i, x, V + i * x_row, x_position);
            squares.output_adjoint(begin + i, gy, Y + i * y_row, y_position);
        });
        parallel_for(n * parts, elements_of_product(s.c, kChannels, size), [=](int64_t i) {
            int64_t p = i / parts, first = i % parts * kChannels;
            simd().multiply({s.c, std::min(kChannels, y_row - first), size, V + p * x_position, 1, x_row,
                             Y + p * y_position + first, kPanel, y_row, sums + p * position + first, y_row, begin > 0,
                             Epilogue()});
        });
    }
    parallel_for(y_row / kPanel, s.c * kPanel * n * 4, [=, &squares](int64_t panel) {
        int64_t first = panel * kPanel;
        for (int64_t c = 0; c < s.c; ++c)
            squares.loops.filters_adjoint(sums + c * y_row + first, position, gW + (first * s.c + c) * 9, s.c * 9,
                                          std::min(kPanel, s.o - first));
    });
    return true;
}
