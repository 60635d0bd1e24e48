#include "memory_pool.hpp"

#include <sys/mman.h>

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <iterator>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <unordered_map>

#include "address_sanitizer.hpp"

namespace {

constexpr size_t kHugePage = size_t{2} << 20;

// From the system itself: the C library would keep what is given back, in pieces.
char *map(size_t bytes) {
    size_t room = bytes < 2 * kHugePage ? 0 : kHugePage;
    void *mapped = mmap(nullptr, bytes + room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) return nullptr;
    auto *begin = static_cast<char *>(mapped);
    if (room == 0) return begin;
    char *data = begin + (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
    if (data > begin) munmap(begin, data - begin);
    if (data < begin + room) munmap(data + bytes, begin + room - data);
    madvise(data, bytes, MADV_HUGEPAGE);
    return data;
}

// Blocks are cut from pieces of memory that nobody uses, and become one with the free pieces beside them when they come
// back: arrays of many sizes live on the same pages.
class MemoryPool {
public:
    void *allocate(size_t wanted) {
        const size_t bytes = (std::max<size_t>(wanted, 1) + kPage - 1) / kPage * kPage;
        std::lock_guard<std::mutex> guard(lock_);
        auto best = free_by_size_.lower_bound({bytes, nullptr});
        char *data;
        if (best != free_by_size_.end()) {
            auto [size, begin] = *best;
            data = begin;
            remove_free(begin, size);
            if (size > bytes) add_free(begin + bytes, size - bytes);
        } else {
            make_room(bytes);
            data = map(bytes);
            if (data == nullptr) return nullptr;
        }
        used_[data] = bytes;
        n_used_ += bytes;
        most_used_ = std::max(most_used_, n_used_);
        permit(data, wanted);
        forbid(data + wanted, bytes - wanted);
        return data;
    }

    size_t size_of(void *data) {
        std::lock_guard<std::mutex> guard(lock_);
        return used_.at(static_cast<char *>(data));
    }

    void release(void *released) {
        auto *data = static_cast<char *>(released);
        std::lock_guard<std::mutex> guard(lock_);
        auto found = used_.find(data);
        size_t size = found->second;
        forbid(data, size);
        n_used_ -= size;
        used_.erase(found);
        if (auto next = free_.find(data + size); next != free_.end()) {
            size_t more = next->second;
            remove_free(next->first, more);
            size += more;
        }
        if (auto next = free_.lower_bound(data); next != free_.begin()) {
            auto [begin, before] = *std::prev(next);
            if (begin + before == data) {
                remove_free(begin, before);
                data = begin;
                size += before;
            }
        }
        add_free(data, size);
    }

    void clear() {
        std::lock_guard<std::mutex> guard(lock_);
        give_back(n_kept_);
        most_used_ = n_used_;
    }

    std::pair<size_t, size_t> bytes() {
        std::lock_guard<std::mutex> guard(lock_);
        return {n_used_, n_kept_};
    }

private:
    static constexpr size_t kPage = 4096;

    void add_free(char *begin, size_t size) {
        free_[begin] = size;
        free_by_size_.insert({size, begin});
        n_kept_ += size;
    }

    void remove_free(char *begin, size_t size) {
        free_.erase(begin);
        free_by_size_.erase({size, begin});
        n_kept_ -= size;
    }

    // A new block must not make all of them more than have been in use at once.
    void make_room(size_t bytes) {
        size_t all = n_used_ + n_kept_ + bytes;
        if (all > most_used_) give_back(std::min(n_kept_, all - most_used_));
    }

    // The ends of as few pieces as will do.
    void give_back(size_t bytes) {
        while (bytes > 0) {
            auto best = free_by_size_.lower_bound({bytes, nullptr});
            if (best == free_by_size_.end()) --best;
            auto [size, begin] = *best;
            size_t part = std::min(size, bytes);
            remove_free(begin, size);
            if (size > part) add_free(begin, size - part);
            permit(begin + size - part, part);  // whoever gets these addresses next
            munmap(begin + size - part, part);
            bytes -= part;
        }
    }

    std::mutex lock_;
    std::map<char *, size_t> free_;  // no two of them touch
    std::set<std::pair<size_t, char *>> free_by_size_;
    std::unordered_map<char *, size_t> used_;
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
    const size_t size = pool().size_of(data);
    permit(data, size);
    std::memcpy(moved, data, std::min(bytes, size));
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

Pooled take_from_pool(size_t bytes) {
    void *data = pool().allocate(bytes);
    if (data == nullptr) throw std::bad_alloc();
    return Pooled(static_cast<float *>(data), [](float *taken) { pool().release(taken); });
}

nb::object memory_pool_bytes() {
    auto [used, kept] = pool().bytes();
    return nb::make_tuple(used, kept);
}

void free_memory_pool() { pool().clear(); }
