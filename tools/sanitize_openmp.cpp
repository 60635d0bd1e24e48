// Tells ThreadSanitizer how the threads of OpenMP wait for one another; tools/sanitize.py preloads it.
//
// GCC's libgomp is not compiled with the sanitizer and waits by futexes that it cannot see, so whatever two loops in a
// row write would look like a race. Here each parallel region is wrapped: what its caller did before happens before all
// that the threads of the region do, and that before what the caller does next.
#include <dlfcn.h>

extern "C" {
void __tsan_acquire(void *);
void __tsan_release(void *);

using Body = void (*)(void *);

void GOMP_parallel(Body, void *, unsigned, unsigned);
}

namespace {

struct Region {
    Body body;
    void *data;
    char fork, join;  // their addresses stand for the two events
};

void run(void *argument) {
    auto *region = static_cast<Region *>(argument);
    __tsan_acquire(&region->fork);
    region->body(region->data);
    __tsan_release(&region->join);
}

}  // namespace

void GOMP_parallel(Body body, void *data, unsigned n_threads, unsigned flags) {
    static auto *const original = reinterpret_cast<decltype(&GOMP_parallel)>(dlsym(RTLD_NEXT, "GOMP_parallel"));
    Region region{body, data, 0, 0};
    __tsan_release(&region.fork);
    original(run, &region, n_threads, flags);
    __tsan_acquire(&region.join);
}
