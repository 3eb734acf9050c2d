// SPDX-License-Identifier: MIT
// Creating an HDF5 file that survives a full disk. HDF5 1.10 crashes when a file cannot be flushed at its close, so our own low-level
// driver notes the first failed write, drops the rest and reports success; whoever closes the file hears of it and removes it.
#include "host/hdf5_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if H5_VERSION_GE(1, 14, 0)
#include <H5FDdevelop.h>
#endif

typedef struct Driver { H5FD_t pub; int fd; haddr_t eoa, eof; } Driver;
static _Thread_local int write_errno;              // of the file being written by this thread; 0: all well

static H5FD_t *driver_open(const char *name, unsigned flags, hid_t fapl, haddr_t maxaddr) {
    (void)fapl, (void)maxaddr;
    int fd = open(name, O_RDWR | O_CLOEXEC | (flags & H5F_ACC_CREAT ? O_CREAT : 0) | (flags & H5F_ACC_TRUNC ? O_TRUNC : 0), 0666);
    Driver *d = fd >= 0 ? calloc(1, sizeof *d) : NULL;
    if (!d) {
        write_errno = errno ? errno : ENOMEM;
        if (fd >= 0) close(fd);
        return NULL;
    }
    d->fd = fd, write_errno = 0;                    // HDF5 first tries to open what is to be created
    return &d->pub;
}

static herr_t driver_close(H5FD_t *f) {
    Driver *d = (Driver *)f;
    if (close(d->fd) != 0 && !write_errno) write_errno = errno;
    free(d);
    return 0;
}

static int driver_cmp(const H5FD_t *a, const H5FD_t *b) {
    int x = ((const Driver *)a)->fd, y = ((const Driver *)b)->fd;
    return (x > y) - (x < y);
}

static herr_t driver_query(const H5FD_t *f, unsigned long *flags) {
    (void)f;
    *flags = H5FD_FEAT_AGGREGATE_METADATA | H5FD_FEAT_ACCUMULATE_METADATA | H5FD_FEAT_DATA_SIEVE | H5FD_FEAT_AGGREGATE_SMALLDATA;
    return 0;
}

static haddr_t driver_get_eoa(const H5FD_t *f, H5FD_mem_t t) { (void)t; return ((const Driver *)f)->eoa; }
static haddr_t driver_get_eof(const H5FD_t *f, H5FD_mem_t t) { (void)t; return ((const Driver *)f)->eof; }
static herr_t driver_set_eoa(H5FD_t *f, H5FD_mem_t t, haddr_t at) { (void)t; ((Driver *)f)->eoa = at; return 0; }

static herr_t driver_read(H5FD_t *f, H5FD_mem_t t, hid_t x, haddr_t at, size_t n, void *to) {
    (void)t, (void)x;
    char *p = to;
    while (n > 0) {
        ssize_t got = pread(((Driver *)f)->fd, p, n, (off_t)at);
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        p += got, at += (haddr_t)got, n -= (size_t)got;
    }
    memset(p, 0, n);
    return 0;
}

static herr_t driver_write(H5FD_t *f, H5FD_mem_t t, hid_t x, haddr_t at, size_t n, const void *from) {
    (void)t, (void)x;
    Driver *d = (Driver *)f;
    const char *p = from;
    if (at + n > d->eof) d->eof = at + n;
    while (n > 0 && !write_errno) {
        ssize_t put = pwrite(d->fd, p, n, (off_t)at);
        if (put < 0 && errno == EINTR) continue;
        if (put <= 0) { write_errno = put == 0 ? ENOSPC : errno; break; }
        p += put, at += (haddr_t)put, n -= (size_t)put;
    }
    return 0;
}

static herr_t driver_truncate(H5FD_t *f, hid_t x, hbool_t closing) {
    (void)x, (void)closing;
    Driver *d = (Driver *)f;
    if (d->eoa == d->eof || write_errno) return 0;
    if (ftruncate(d->fd, (off_t)d->eoa) != 0) write_errno = errno;
    d->eof = d->eoa;
    return 0;
}

static const H5FD_class_t driver = {
#if H5_VERSION_GE(1, 14, 0)
    .version = H5FD_CLASS_VERSION, .value = (H5FD_class_value_t)513,
#endif
    .name = "snn", .maxaddr = ((haddr_t)1 << 62), .fc_degree = H5F_CLOSE_STRONG, .open = driver_open, .close = driver_close, .cmp = driver_cmp,
    .query = driver_query, .get_eoa = driver_get_eoa, .set_eoa = driver_set_eoa, .get_eof = driver_get_eof, .read = driver_read,
    .write = driver_write, .truncate = driver_truncate, .fl_map = H5FD_FLMAP_DICHOTOMY,
};

hid_t hdf5_file_create(const char *path) {
    static hid_t id = -1;                            // only the thread that ends a program run converts
    if (id < 0) id = H5FDregister(&driver);
    hid_t props = H5Pcreate(H5P_FILE_ACCESS);
    H5Pset_driver(props, id, NULL);
    H5Pset_fclose_degree(props, H5F_CLOSE_STRONG);
    H5Pset_libver_bounds(props, H5F_LIBVER_EARLIEST, H5F_LIBVER_V110);
    write_errno = errno = 0;
    hid_t f = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, props);
    H5Pclose(props);
    errno = write_errno;
    return f;
}

bool hdf5_file_failed(void) { return write_errno != 0; }

bool hdf5_file_close(hid_t f) {
    bool ok = H5Fclose(f) >= 0 && !write_errno;
    errno = write_errno;
    return ok;
}

bool hdf5_file_text(hid_t at, const char *name, const char *value) {
    hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
    H5Tset_size(type, strlen(value) + 1);
    H5Tset_cset(type, H5T_CSET_UTF8);
    hid_t a = H5Acreate2(at, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = a >= 0 && H5Awrite(a, type, value) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space), H5Tclose(type);
    return ok;
}

// No times of creation: the same results are the same bytes.
hid_t hdf5_file_group(hid_t at, const char *name) {
    hid_t props = H5Pcreate(H5P_GROUP_CREATE);
    H5Pset_obj_track_times(props, false);
    hid_t g = H5Gcreate2(at, name, H5P_DEFAULT, props, H5P_DEFAULT);
    H5Pclose(props);
    return g;
}

hid_t hdf5_file_dataset(hid_t at, const char *name, hid_t type, int rank, const hsize_t *dims, const hsize_t *chunk) {
    hid_t space = H5Screate_simple(rank, dims, NULL), props = H5Pcreate(H5P_DATASET_CREATE);
    H5Pset_obj_track_times(props, false);
    hsize_t total = 1, piece[2] = { 1, 1 };
    for (int i = 0; i < rank; i++) total *= dims[i], piece[i] = chunk && chunk[i] < dims[i] ? chunk[i] : dims[i];
    if (chunk && total > 0) H5Pset_chunk(props, rank, piece), H5Pset_shuffle(props), H5Pset_deflate(props, 1);
    hid_t d = H5Dcreate2(at, name, type, space, H5P_DEFAULT, props, H5P_DEFAULT);
    H5Pclose(props), H5Sclose(space);
    return d;
}

bool hdf5_file_part(hid_t d, hid_t type, int rank, const hsize_t *start, const hsize_t *count, const void *p) {
    hid_t file = H5Dget_space(d), mem = H5Screate_simple(rank, count, NULL);
    H5Sselect_hyperslab(file, H5S_SELECT_SET, start, NULL, count, NULL);
    bool ok = !write_errno && H5Dwrite(d, type, mem, file, H5P_DEFAULT, p) >= 0;
    H5Sclose(mem), H5Sclose(file);
    return ok;
}

bool hdf5_file_vector(hid_t at, const char *name, hid_t type, hsize_t n, const void *p, const char *units) {
    hid_t d = hdf5_file_dataset(at, name, type, 1, &n, NULL);
    bool ok = d >= 0 && (n == 0 || H5Dwrite(d, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, p) >= 0) && (!units || hdf5_file_text(d, "units", units));
    if (d >= 0) H5Dclose(d);
    return ok;
}
