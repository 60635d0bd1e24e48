#include "onednn.hpp"

#include <sys/mman.h>

#include <cstdlib>
#include <new>

#include "address_sanitizer.hpp"

const dnnl::engine &engine() {
    static const dnnl::engine cpu(dnnl::engine::kind::cpu, 0);
    return cpu;
}

dnnl::stream &stream() {
    static thread_local dnnl::stream mine(engine());
    return mine;
}

Arena &Arena::mine() {
    static thread_local Arena arena;
    return arena;
}

void Arena::rewind() {
    next_ = 0;
    for (const Block &block : blocks_) forbid(block.memory.get(), block.size);
}

void *Arena::take(size_t bytes) {
    if (bytes == 0) return nullptr;
    if (next_ == blocks_.size()) blocks_.push_back({{nullptr, std::free}, 0});
    Block &block = blocks_[next_++];
    if (block.size < bytes) {
        constexpr size_t kPage = size_t{2} << 20;
        size_t alignment = bytes < kPage ? 4096 : kPage;
        size_t size = (bytes + alignment - 1) / alignment * alignment;
        block.memory.reset();  // first, so that old and new are never there at once
        block.size = 0;
        block.memory.reset(std::aligned_alloc(alignment, size));
        if (!block.memory) throw std::bad_alloc();
        if (alignment == kPage) madvise(block.memory.get(), size, MADV_HUGEPAGE);
        block.size = size;
    }
    permit(block.memory.get(), bytes);
    forbid(static_cast<char *>(block.memory.get()) + bytes, block.size - bytes);
    return block.memory.get();
}
