"""Where arrays live: one module a kind of device, and the table of fast kernels."""
