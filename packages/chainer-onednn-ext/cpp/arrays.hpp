// NumPy arrays as the kernels see them: contiguous, aligned, of one dtype.
#pragma once

#include <nanobind/nanobind.h>
#ifndef CHAINER_IMPORTS_NUMPY
#define NO_IMPORT_ARRAY
#endif
#define PY_ARRAY_UNIQUE_SYMBOL chainer_onednn_ext_numpy
#include <numpy/arrayobject.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <vector>

namespace nb = nanobind;

using Dims = std::vector<int64_t>;

template <typename T> constexpr int type_number();
template <> constexpr int type_number<float>() { return NPY_FLOAT32; }
template <> constexpr int type_number<int32_t>() { return NPY_INT32; }
template <> constexpr int type_number<int64_t>() { return NPY_INT64; }
template <> constexpr int type_number<uint8_t>() { return NPY_UINT8; }
template <> constexpr int type_number<uint16_t>() { return NPY_UINT16; }
template <> constexpr int type_number<uint32_t>() { return NPY_UINT32; }

inline PyArrayObject *as_numpy(nb::handle object) { return reinterpret_cast<PyArrayObject *>(object.ptr()); }

// Arrays of so many bytes get memory that has been used before, from the pool.
constexpr int64_t kPooledBytes = 1 << 20;
PyObject *empty_from_pool(int ndim, npy_intp *shape, int type_number);

// A reference to a C-contiguous, aligned array of T: the given one, or a copy of it where it is not so.
template <typename T> class Array {
public:
    Array() = default;

    // Empty if the object is not an array of this dtype; `cast` converts other dtypes.
    static Array from(nb::handle object, bool cast = false) {
        if (!PyArray_Check(object.ptr()) || (!cast && PyArray_TYPE(as_numpy(object)) != type_number<T>())) return {};
        if (PyArray_TYPE(as_numpy(object)) == type_number<T>() && PyArray_ISCARRAY_RO(as_numpy(object)))
            return Array(nb::borrow(object));
        int flags = NPY_ARRAY_CARRAY_RO | (cast ? NPY_ARRAY_FORCECAST : 0);
        PyObject *copy = PyArray_FromAny(object.ptr(), PyArray_DescrFromType(type_number<T>()), 0, 0, flags, nullptr);
        if (copy == nullptr) nb::raise_python_error();
        return Array(nb::steal(copy));
    }

    // Only an array that can be written in place; empty otherwise.
    static Array in_place(nb::handle object) {
        if (!PyArray_Check(object.ptr()) || PyArray_TYPE(as_numpy(object)) != type_number<T>()) return {};
        if (!PyArray_ISCARRAY(as_numpy(object))) return {};
        return Array(nb::borrow(object));
    }

    static Array empty(const Dims &shape) {
        static_assert(sizeof(npy_intp) == sizeof(int64_t));
        auto *dims = const_cast<npy_intp *>(reinterpret_cast<const npy_intp *>(shape.data()));
        int64_t bytes = sizeof(T);
        for (int64_t n : shape) bytes *= n;
        PyObject *made = bytes < kPooledBytes ? PyArray_EMPTY(static_cast<int>(shape.size()), dims, type_number<T>(), 0)
                                              : empty_from_pool(static_cast<int>(shape.size()), dims, type_number<T>());
        if (made == nullptr) nb::raise_python_error();
        return Array(nb::steal(made));
    }

    static Array zeros(const Dims &shape) {
        Array made = empty(shape);
        std::fill_n(made.data(), made.size(), T{0});
        return made;
    }

    explicit operator bool() const { return object_.is_valid(); }
    T *data() const { return static_cast<T *>(PyArray_DATA(as_numpy(object_))); }
    int ndim() const { return PyArray_NDIM(as_numpy(object_)); }
    int64_t dim(int axis) const { return PyArray_DIM(as_numpy(object_), axis); }
    int64_t size() const { return PyArray_SIZE(as_numpy(object_)); }
    Dims shape() const {
        const npy_intp *dims = PyArray_DIMS(as_numpy(object_));
        return Dims(dims, dims + ndim());
    }
    nb::object object() const { return object_; }

private:
    explicit Array(nb::object object) : object_(std::move(object)) {}
    nb::object object_;
};

using Floats = Array<float>;

inline Dims dims_of(nb::handle tuple) {
    Dims dims;
    for (nb::handle item : tuple) {
        long long value = PyLong_AsLongLong(item.ptr());
        if (value == -1 && PyErr_Occurred()) nb::raise_python_error();
        dims.push_back(value);
    }
    return dims;
}

inline int64_t product(const Dims &dims, size_t from = 0) {
    int64_t n = 1;
    for (size_t i = from; i < dims.size(); ++i) n *= dims[i];
    return n;
}
