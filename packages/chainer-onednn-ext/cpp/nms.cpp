// Non-maximum suppression: boxes in the order given, each kept if it overlaps little with those kept before.
#include "kernels.hpp"
#include "vectors.hpp"

namespace {

// Boxes that have been kept, by coordinate, filled up to whole vectors with boxes that overlap with none.
class Kept {
public:
    explicit Kept(int64_t n) {
        for (auto &c : coordinates_) c.resize(n + 8);
        area_.resize(n + 8);
    }

    void add(const float *box) {
        for (int k = 0; k < 4; ++k) coordinates_[k][size_] = box[k];
        area_[size_++] = area_of(box);
    }

    bool overlaps(const float *box, float thresh) const {
        Vector area = vector(area_of(box));
        for (int64_t i = 0; i < size_; i += 8) {
            Vector top = _mm256_max_ps(vector(box[0]), at(0, i)), left = _mm256_max_ps(vector(box[1]), at(1, i));
            Vector bottom = _mm256_min_ps(vector(box[2]), at(2, i)), right = _mm256_min_ps(vector(box[3]), at(3, i));
            Vector meet = _mm256_and_ps(is_less(top, bottom), is_less(left, right));
            if (_mm256_movemask_ps(meet) == 0) continue;
            Vector both = _mm256_and_ps(meet, (bottom - top) * (right - left));
            Vector iou = both / (area + _mm256_loadu_ps(area_.data() + i) - both);
            if (_mm256_movemask_ps(_mm256_cmp_ps(iou, vector(thresh), _CMP_GE_OQ)) & lanes(size_ - i)) return true;
        }
        return thresh <= 0 && size_ > 0;  // boxes apart overlap by 0
    }

    int64_t size() const { return size_; }

private:
    static float area_of(const float *box) { return (box[2] - box[0]) * (box[3] - box[1]); }
    static int lanes(int64_t n) { return n >= 8 ? 0xff : (1 << n) - 1; }
    Vector at(int k, int64_t i) const { return _mm256_loadu_ps(coordinates_[k].data() + i); }

    std::array<std::vector<float>, 4> coordinates_;
    std::vector<float> area_;
    int64_t size_ = 0;
};

}  // namespace

nb::object nms(nb::handle bbox, double thresh, nb::handle order, int64_t limit) {
    Floats boxes = Floats::from(bbox);
    Array<int64_t> turns = Array<int64_t>::from(order, true);
    if (!boxes || !turns || boxes.ndim() != 2 || boxes.dim(1) != 4 || turns.size() != boxes.dim(0)) return nb::none();
    int64_t n = turns.size(), most = limit < 0 ? n : std::min(limit, n);
    std::vector<int32_t> found;
    run_without_gil(n * 64, [&] {
        Kept kept(most);
        for (int64_t k = 0; k < n && kept.size() < most; ++k) {
            int64_t i = turns.data()[k];
            const float *box = boxes.data() + 4 * i;
            if (kept.overlaps(box, static_cast<float>(thresh))) continue;
            kept.add(box);
            found.push_back(static_cast<int32_t>(i));
        }
    });
    Array<int32_t> selected = Array<int32_t>::empty({static_cast<int64_t>(found.size())});
    std::copy(found.begin(), found.end(), selected.data());
    return selected.object();
}
