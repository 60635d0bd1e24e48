#include "memory_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <list>
#include <mutex>
#include <unordered_map>

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// From the system itself: the C library would keep what is given back, in pieces.
void *map(size_t bytes) {
    size_t room = bytes < 2 * kHugePage ? 0 : kHugePage;
    void *mapped = mmap(nullptr, bytes + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    if (room == 0) return mapped;
    auto *begin = static_cast<char *>(mapped);
    char *data = begin + (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
    if (data > begin) munmap(begin, data - begin);
    if (data < begin + room) munmap(data + bytes, begin + room - data);
    madvise(data, bytes, MADV_HUGEPAGE);
    return data;
}

class MemoryPool {
public:
    void *allocate(size_t bytes) {
        bytes = (std::max<size_t>(bytes, 1) + 4095) / 4096 * 4096;
        std::lock_guard<std::mutex> guard(lock_);
        auto best = kept_.end();
        for (auto block = kept_.begin(); block != kept_.end(); ++block) {
            bool fits = block->size >= bytes && block->size <= bytes + bytes / 4;
            if (fits && (best == kept_.end() || block->size < best->size)) best = block;
        }
        Block block{nullptr, bytes};
        if (best != kept_.end()) {
            block = *best;
            kept_.erase(best);
            n_kept_ -= block.size;
        } else {
            make_room(bytes);
            block.data = map(bytes);
            if (block.data == nullptr) return nullptr;
        }
        used_[block.data] = block.size;
        n_used_ += block.size;
        most_used_ = std::max(most_used_, n_used_);
        return block.data;
    }

    size_t size_of(void *data) {
        std::lock_guard<std::mutex> guard(lock_);
        return used_.at(data);
    }

    void release(void *data) {
        std::lock_guard<std::mutex> guard(lock_);
        auto found = used_.find(data);
        kept_.push_back({data, found->second});
        n_used_ -= found->second;
        n_kept_ += found->second;
        used_.erase(found);
    }

    void clear() {
        std::lock_guard<std::mutex> guard(lock_);
        while (!kept_.empty()) drop_oldest();
        most_used_ = n_used_;
    }

    std::pair<size_t, size_t> bytes() {
        std::lock_guard<std::mutex> guard(lock_);
        return {n_used_, n_kept_};
    }

private:
    struct Block {
        void *data;
        size_t size;
    };

    // A new block must not make all of them more than have been in use at once.
    void make_room(size_t bytes) {
        while (!kept_.empty() && n_used_ + n_kept_ + bytes > most_used_) drop_oldest();
    }

    void drop_oldest() {
        munmap(kept_.front().data, kept_.front().size);
        n_kept_ -= kept_.front().size;
        kept_.pop_front();
    }

    std::mutex lock_;
    std::list<Block> kept_;  // the one that has been kept longest first
    std::unordered_map<void *, size_t> used_;
    size_t n_used_ = 0, n_kept_ = 0, most_used_ = 0;
};

MemoryPool &pool() {
    static auto *const mine = new MemoryPool;  // arrays may die after everything else
    return *mine;
}

void *pool_malloc(void *, size_t bytes) { return pool().allocate(bytes); }

void *pool_calloc(void *, size_t n, size_t size) {
    void *data = pool().allocate(n * size);
    if (data != nullptr) std::memset(data, 0, n * size);
    return data;
}

void pool_free(void *, void *data, size_t) {
    if (data != nullptr) pool().release(data);
}

void *pool_realloc(void *, void *data, size_t bytes) {
    void *moved = pool().allocate(bytes);
    if (moved == nullptr || data == nullptr) return moved;
    std::memcpy(moved, data, std::min(bytes, pool().size_of(data)));
    pool().release(data);
    return moved;
}

PyObject *handler() {
    static PyDataMem_Handler functions = {
        "chainer_onednn_ext", 1, {nullptr, pool_malloc, pool_calloc, pool_realloc, pool_free}};
    static PyObject *const capsule = PyCapsule_New(&functions, "mem_handler", nullptr);
    return capsule;
}

// While one lives, NumPy takes the memory of new arrays from the pool. They own it as any array does.
class PooledAllocation {
public:
    PooledAllocation() : before_(PyDataMem_SetHandler(handler())) {
        if (before_ == nullptr) nb::raise_python_error();
    }
    ~PooledAllocation() {
        Py_XDECREF(PyDataMem_SetHandler(before_));
        Py_DECREF(before_);
    }
    PooledAllocation(const PooledAllocation &) = delete;

private:
    PyObject *before_;
};

}  // namespace

PyObject *empty_from_pool(int ndim, npy_intp *shape, int type_number) {
    PooledAllocation pooled;
    return PyArray_EMPTY(ndim, shape, type_number, 0);
}

nb::object memory_pool_bytes() {
    auto [used, kept] = pool().bytes();
    return nb::make_tuple(used, kept);
}

void free_memory_pool() { pool().clear(); }
