// Memory for large arrays, used again: the kernel hands out fresh pages full of zeros, which costs as much as a pass over
// them, and the C library gives blocks beyond 32 MB back at once.
#pragma once

#include <memory>

#include "arrays.hpp"

// Memory from the pool for what is not an array; throws std::bad_alloc. Needs no GIL.
using Pooled = std::unique_ptr<float, void (*)(float *)>;
Pooled take_from_pool(size_t bytes);

// Bytes in use by arrays, and kept for later ones. Together they have never been more than were in use at once.
nb::object memory_pool_bytes();
// Gives back to the system what is not in use.
void free_memory_pool();
