"""Functions that squash or gate their input elementwise, and relatives."""
