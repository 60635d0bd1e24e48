// Tells AddressSanitizer which bytes may be touched of memory that is handed out here; without it, nothing happens.
// tools/sanitize.py compiles the module with it.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>

inline void permit(const void *data, size_t bytes) { ASAN_UNPOISON_MEMORY_REGION(data, bytes); }
inline void forbid(const void *data, size_t bytes) { ASAN_POISON_MEMORY_REGION(data, bytes); }
#else
inline void permit(const void *, size_t) {}
inline void forbid(const void *, size_t) {}
#endif
