// What all oneDNN primitives here share: the engine, a stream and scratch memory a thread, a cache of primitives.
#pragma once

#include <oneapi/dnnl/dnnl.hpp>

#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "arrays.hpp"

const dnnl::engine &engine();
dnnl::stream &stream();  // of the calling thread

// Scratch memory of the calling thread. It only grows: what a step needed the next one needs again, and fresh
// pages cost as much as a pass over them. Every kernel starts with rewind().
class Arena {
public:
    static Arena &mine();
    void rewind();
    void *take(size_t bytes);

private:
    struct Block {
        std::unique_ptr<void, void (*)(void *)> memory;
        size_t size;
    };
    std::vector<Block> blocks_;
    size_t next_ = 0;
};

// The least recently used of a number of entries is forgotten. Values are shared: one in use outlives the cache.
template <typename Value> class Cache {
public:
    std::shared_ptr<Value> get(const Dims &key, const std::function<std::shared_ptr<Value>()> &make) {
        {
            std::lock_guard<std::mutex> guard(lock_);
            auto found = index_.find(key);
            if (found != index_.end()) {
                entries_.splice(entries_.begin(), entries_, found->second);
                return found->second->second;
            }
        }
        std::shared_ptr<Value> value = make();  // outside the lock: it takes milliseconds
        std::lock_guard<std::mutex> guard(lock_);
        if (index_.count(key) == 0) {
            entries_.emplace_front(key, value);
            index_[key] = entries_.begin();
            if (entries_.size() > kCapacity) {
                index_.erase(entries_.back().first);
                entries_.pop_back();
            }
        }
        return value;
    }

private:
    static constexpr size_t kCapacity = 1024;
    struct Hash {
        size_t operator()(const Dims &key) const {
            size_t h = 1469598103934665603u;
            for (int64_t v : key) h = (h ^ static_cast<size_t>(v)) * 1099511628211u;
            return h;
        }
    };
    using Entry = std::pair<Dims, std::shared_ptr<Value>>;
    std::mutex lock_;
    std::list<Entry> entries_;
    std::unordered_map<Dims, typename std::list<Entry>::iterator, Hash> index_;
};
