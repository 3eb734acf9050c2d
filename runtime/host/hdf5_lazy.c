// SPDX-License-Identifier: MIT
// The HDF5 library is loaded when the first file is converted or read, not when the program starts: with its dependencies it costs
// 30 ms, a large part of the time to the first step, and a program that records nothing does without it. Each function that we use is
// defined here under its own name, finds the real one once and calls it; the identifiers of predefined types are copied when the library
// opens (their macros call H5open first).
#include "host/hdf5_file.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef SNN_HDF5_SONAME
#define SNN_HDF5_SONAME "libhdf5.so"
#endif
static void *library;

bool hdf5_lazy_load(char *err, size_t errlen) {
    if (library) return true;
    library = dlopen(SNN_HDF5_SONAME, RTLD_NOW | RTLD_LOCAL);
    if (!library) snprintf(err, errlen, "the HDF5 library cannot be loaded: %s", dlerror());
    return library != NULL;
}

static void *find(const char *name) {
    char err[400];
    void *p = hdf5_lazy_load(err, sizeof err) ? dlsym(library, name) : NULL;
    if (p) return p;
    fprintf(stderr, "error: %s\n", library ? "the HDF5 library lacks a function that is needed here" : err);
    exit(3);
}

#define LAZY(R, name, params, args) \
    R name params {                 \
        static R(*f) params;        \
        if (!f) f = (R(*) params)find(#name); \
        return f args;              \
    }

// --- identifiers: our own copies ---
#define IDS(X) X(H5T_C_S1_g) X(H5T_IEEE_F32LE_g) X(H5T_IEEE_F64LE_g) X(H5T_NATIVE_DOUBLE_g) X(H5T_NATIVE_INT64_g) X(H5T_NATIVE_UINT32_g) \
    X(H5T_NATIVE_UINT64_g) X(H5T_NATIVE_UINT8_g) X(H5T_STD_I64LE_g) X(H5T_STD_U64LE_g) X(H5P_CLS_DATASET_CREATE_ID_g) X(H5P_CLS_FILE_ACCESS_ID_g) \
    X(H5P_CLS_GROUP_CREATE_ID_g)
#define DEFINE(id) hid_t id = -1;
IDS(DEFINE)
#define COPY(id) { const hid_t *p = dlsym(library, #id); if (p && *p > 0) id = *p; }
herr_t H5open(void) {
    static herr_t (*f)(void);
    if (f) return 0;
    f = (herr_t(*)(void))find("H5open");
    herr_t r = f();
    IDS(COPY)
    return r;
}

LAZY(herr_t, H5check_version, (unsigned a, unsigned b, unsigned c), (a, b, c))
LAZY(herr_t, H5Aclose, (hid_t a), (a))
LAZY(hid_t, H5Acreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e, hid_t g), (a, b, c, d, e, g))
LAZY(htri_t, H5Aexists, (hid_t a, const char *b), (a, b))
LAZY(htri_t, H5Aexists_by_name, (hid_t a, const char *b, const char *c, hid_t d), (a, b, c, d))
LAZY(hid_t, H5Aget_type, (hid_t a), (a))
LAZY(hid_t, H5Aopen, (hid_t a, const char *b, hid_t c), (a, b, c))
LAZY(hid_t, H5Aopen_by_name, (hid_t a, const char *b, const char *c, hid_t d, hid_t e), (a, b, c, d, e))
LAZY(herr_t, H5Aread, (hid_t a, hid_t b, void *c), (a, b, c))
LAZY(herr_t, H5Awrite, (hid_t a, hid_t b, const void *c), (a, b, c))
LAZY(herr_t, H5Dclose, (hid_t a), (a))
LAZY(hid_t, H5Dcreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e, hid_t g, hid_t h), (a, b, c, d, e, g, h))
LAZY(hid_t, H5Dget_space, (hid_t a), (a))
LAZY(hid_t, H5Dopen2, (hid_t a, const char *b, hid_t c), (a, b, c))
LAZY(herr_t, H5Dread, (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, void *g), (a, b, c, d, e, g))
LAZY(herr_t, H5Dwrite, (hid_t a, hid_t b, hid_t c, hid_t d, hid_t e, const void *g), (a, b, c, d, e, g))
LAZY(herr_t, H5Eget_auto2, (hid_t a, H5E_auto2_t *b, void **c), (a, b, c))
LAZY(herr_t, H5Eset_auto2, (hid_t a, H5E_auto2_t b, void *c), (a, b, c))
LAZY(hid_t, H5FDregister, (const H5FD_class_t *a), (a))
LAZY(herr_t, H5Fclose, (hid_t a), (a))
LAZY(hid_t, H5Fcreate, (const char *a, unsigned b, hid_t c, hid_t d), (a, b, c, d))
LAZY(hid_t, H5Fopen, (const char *a, unsigned b, hid_t c), (a, b, c))
LAZY(herr_t, H5Gclose, (hid_t a), (a))
LAZY(hid_t, H5Gcreate2, (hid_t a, const char *b, hid_t c, hid_t d, hid_t e), (a, b, c, d, e))
LAZY(herr_t, H5Gget_info, (hid_t a, H5G_info_t *b), (a, b))
LAZY(hid_t, H5Gopen2, (hid_t a, const char *b, hid_t c), (a, b, c))
LAZY(htri_t, H5Lexists, (hid_t a, const char *b, hid_t c), (a, b, c))
LAZY(ssize_t, H5Lget_name_by_idx, (hid_t a, const char *b, H5_index_t c, H5_iter_order_t d, hsize_t e, char *g, size_t h, hid_t i), (a, b, c, d, e, g, h, i))
LAZY(herr_t, H5Pclose, (hid_t a), (a))
LAZY(hid_t, H5Pcreate, (hid_t a), (a))
LAZY(herr_t, H5Pset_chunk, (hid_t a, int b, const hsize_t *c), (a, b, c))
LAZY(herr_t, H5Pset_deflate, (hid_t a, unsigned b), (a, b))
LAZY(herr_t, H5Pset_driver, (hid_t a, hid_t b, const void *c), (a, b, c))
LAZY(herr_t, H5Pset_fclose_degree, (hid_t a, H5F_close_degree_t b), (a, b))
LAZY(herr_t, H5Pset_libver_bounds, (hid_t a, H5F_libver_t b, H5F_libver_t c), (a, b, c))
LAZY(herr_t, H5Pset_obj_track_times, (hid_t a, hbool_t b), (a, b))
LAZY(herr_t, H5Pset_shuffle, (hid_t a), (a))
LAZY(herr_t, H5Sclose, (hid_t a), (a))
LAZY(hid_t, H5Screate, (H5S_class_t a), (a))
LAZY(hid_t, H5Screate_simple, (int a, const hsize_t *b, const hsize_t *c), (a, b, c))
LAZY(hssize_t, H5Sget_simple_extent_npoints, (hid_t a), (a))
LAZY(herr_t, H5Sselect_hyperslab, (hid_t a, H5S_seloper_t b, const hsize_t *c, const hsize_t *d, const hsize_t *e, const hsize_t *g), (a, b, c, d, e, g))
LAZY(herr_t, H5Tclose, (hid_t a), (a))
LAZY(hid_t, H5Tcopy, (hid_t a), (a))
LAZY(hid_t, H5Tenum_create, (hid_t a), (a))
LAZY(herr_t, H5Tenum_insert, (hid_t a, const char *b, const void *c), (a, b, c))
LAZY(H5T_class_t, H5Tget_class, (hid_t a), (a))
LAZY(size_t, H5Tget_size, (hid_t a), (a))
LAZY(htri_t, H5Tis_variable_str, (hid_t a), (a))
LAZY(herr_t, H5Tset_cset, (hid_t a, H5T_cset_t b), (a, b))
LAZY(herr_t, H5Tset_size, (hid_t a, size_t b), (a, b))
