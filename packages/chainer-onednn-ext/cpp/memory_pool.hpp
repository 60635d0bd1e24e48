// Memory for large arrays, used again: the kernel hands out fresh pages full of zeros, which costs as much as a pass over
// them, and the C library gives blocks beyond 32 MB back at once.
#pragma once

#include "arrays.hpp"

// Bytes in use by arrays, and kept for later ones. Together they have never been more than were in use at once.
nb::object memory_pool_bytes();
// Gives back to the system what is not in use.
void free_memory_pool();
