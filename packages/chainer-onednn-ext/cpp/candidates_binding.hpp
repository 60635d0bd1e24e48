// One candidate of a convolution as a Python function: for tests and for timing. Geometry is the fields of ConvShape.
#pragma once

#include "arrays.hpp"

nb::object candidate_forward(int candidate, nb::handle geometry, nb::handle x, nb::handle W, nb::handle scale,
                             nb::handle shift, nb::handle addend, bool relu);
nb::object candidate_backward_data(int candidate, nb::handle geometry, nb::handle gy, nb::handle W);
nb::object candidate_backward_weights(int candidate, nb::handle geometry, nb::handle x, nb::handle gy);
int choose_candidate(int direction, nb::handle geometry);
void set_choice(int direction, nb::handle geometry, int candidate);
