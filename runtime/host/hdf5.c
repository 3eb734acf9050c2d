// SPDX-License-Identifier: MIT
// From logs to SONATA HDF5 (https://github.com/AllenInstitute/sonata, "SONATA developer guide": spike and report files).
//
//   spikes.h5   /spikes/<population>[.<port>]/{node_ids, timestamps}        sorted by time, then node
//   report_<population>_<variable>.h5   /report/<population>/{data[time, node], mapping/{node_ids, index_pointer, time}}
//
// Logs are read twice: once to count and to see whether they are in order (they are, unless time began anew), once to copy. Files
// grow under a temporary name and are renamed when whole, then their logs are removed.
#include "host/hdf5.h"
#include "host/hdf5_file.h"
#include "host/log.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

enum { BLOCK = 1 << 14, PATH = 4600 };
typedef struct Source { char path[PATH]; LogHeader head; int64_t records, values, first, last; int ends; bool ordered, uniform, done, exact; } Source;       // exact: spikes lie between steps
typedef struct Job { const char *dir; Source *src; int64_t n; char *err; size_t errlen; } Job;

// SONATA's "sorting" is an enumeration: none 0, by_id 1, by_time 2.
static bool sorting_attr(hid_t at) {
    hid_t type = H5Tenum_create(H5T_NATIVE_UINT8), space = H5Screate(H5S_SCALAR);
    uint8_t v = 0;
    H5Tenum_insert(type, "none", &v);
    v = 1, H5Tenum_insert(type, "by_id", &v);
    v = 2, H5Tenum_insert(type, "by_time", &v);
    hid_t a = H5Acreate2(at, "sorting", type, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = a >= 0 && H5Awrite(a, type, &v) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space), H5Tclose(type);
    return ok;
}

static double time_of(const LogHeader *h, int64_t step) { return h->t0 + (double)step * h->dt; }

// --- first reading ---
static void survey(Source *s, LogReader *r) {
    LogRecord rec;
    s->ordered = s->uniform = true;
    while (log_next(r, &rec)) {
        if (s->head.kind == LOG_REPORT && rec.count != (uint32_t)(s->head.hi - s->head.lo)) break;
        if (rec.step == LOG_ENDS) { s->ends++; continue; }
        if (s->records == 0) s->first = rec.step;
        else {
            if (rec.step < s->last || (rec.step == s->last && s->head.kind == LOG_REPORT)) s->ordered = false;
            if (rec.step != s->last + s->head.every) s->uniform = false;
        }
        s->last = rec.step;
        s->records++;
        s->values += rec.count;
        s->exact = s->exact || (s->head.kind == LOG_SPIKES && rec.values);
    }
}

// --- spikes ---
typedef struct Spike { double t, off; int64_t step; uint64_t id; } Spike;
static int by_time(const void *a, const void *b) {
    const Spike *x = a, *y = b;
    if (x->t != y->t) return x->t < y->t ? -1 : 1;
    if (x->step != y->step) return x->step < y->step ? -1 : 1;
    if (x->off != y->off) return x->off < y->off ? -1 : 1;
    return x->id != y->id ? (x->id < y->id ? -1 : 1) : 0;
}

typedef struct Column { hid_t ids, times, steps, offsets; hsize_t at; uint64_t *id; double *t, *off; int64_t *step, n; } Column;    // steps: -1, or of exact spikes
static bool column_flush(Column *c) {
    hsize_t n = (hsize_t)c->n;
    bool ok = n == 0 || (hdf5_file_part(c->ids, H5T_NATIVE_UINT64, 1, &c->at, &n, c->id) && hdf5_file_part(c->times, H5T_NATIVE_DOUBLE, 1, &c->at, &n, c->t));
    if (ok && n && c->steps >= 0)
        ok = hdf5_file_part(c->steps, H5T_NATIVE_INT64, 1, &c->at, &n, c->step) && hdf5_file_part(c->offsets, H5T_NATIVE_DOUBLE, 1, &c->at, &n, c->off);
    c->at += n, c->n = 0;
    return ok;
}
static bool column_add(Column *c, const Spike *s) {
    c->t[c->n] = s->t, c->step[c->n] = s->step, c->off[c->n] = s->off, c->id[c->n++] = s->id;
    return c->n < BLOCK || column_flush(c);
}

static void take_step(Spike *to, const LogHeader *h, const LogRecord *rec) {
    for (uint32_t i = 0; i < rec->count; i++) {
        to[i].step = rec->step;
        to[i].off = rec->values ? rec->values[i] : 0;
        to[i].t = time_of(h, rec->step) + to[i].off;
        to[i].id = rec->ids[i];
    }
    qsort(to, rec->count, sizeof *to, by_time);
}

static bool copy_spikes(const Source *s, LogReader *r, Column *c) {
    Spike *all = NULL;
    int64_t cap = 0, n = 0;
    bool ok = true;
    LogRecord rec;
    for (int64_t k = 0; ok && k < s->records && log_next(r, &rec); k++) {
        int64_t need = (s->ordered ? 0 : n) + rec.count;
        if (need > cap) {
            int64_t c2 = need > 2 * cap ? need : 2 * cap;
            Spike *b = realloc(all, (size_t)c2 * sizeof *b);
            if (!b) { ok = false; break; }
            all = b, cap = c2;
        }
        take_step(all + (s->ordered ? 0 : n), &s->head, &rec);
        if (!s->ordered) { n += rec.count; continue; }
        for (uint32_t i = 0; ok && i < rec.count; i++) ok = column_add(c, &all[i]);
    }
    if (n) qsort(all, (size_t)n, sizeof *all, by_time);
    for (int64_t i = 0; ok && i < n; i++) ok = column_add(c, &all[i]);
    free(all);
    return ok && column_flush(c);
}

static bool integer_attr(hid_t at, const char *name, int64_t v) {
    hid_t space = H5Screate(H5S_SCALAR), a = H5Acreate2(at, name, H5T_STD_I64LE, space, H5P_DEFAULT, H5P_DEFAULT);
    bool ok = a >= 0 && H5Awrite(a, H5T_NATIVE_INT64, &v) >= 0;
    if (a >= 0) H5Aclose(a);
    H5Sclose(space);
    return ok;
}

static bool write_spikes(hid_t group, const Source *s, LogReader *r) {
    char name[400];
    int n0 = snprintf(name, 360, "%s%s%s", s->head.population, s->head.variable[0] ? "." : "", s->head.variable);
    // The same network used a second time by one experiment: E, E_2, ...
    for (int k = 2; H5Lexists(group, name, H5P_DEFAULT) > 0; k++) snprintf(name + n0, 20, "_%d", k);
    hid_t g = hdf5_file_group(group, name);
    hsize_t n = (hsize_t)s->values, chunk = BLOCK;
    if (g < 0) return false;
    Column c = { hdf5_file_dataset(g, "node_ids", H5T_STD_U64LE, 1, &n, &chunk), hdf5_file_dataset(g, "timestamps", H5T_IEEE_F64LE, 1, &n, &chunk),
                 -1, -1, 0, malloc(BLOCK * sizeof(uint64_t)), malloc(BLOCK * sizeof(double)), malloc(BLOCK * sizeof(double)), malloc(BLOCK * sizeof(int64_t)), 0 };
    // time = steps * dt + offsets: as fine after a long time as at the beginning
    if (s->exact) c.steps = hdf5_file_dataset(g, "steps", H5T_STD_I64LE, 1, &n, &chunk), c.offsets = hdf5_file_dataset(g, "offsets", H5T_IEEE_F64LE, 1, &n, &chunk);
    // recorded_from, recorded_to: the slice of the population whose spikes these are
    bool ok = c.ids >= 0 && c.times >= 0 && c.id && c.t && c.off && c.step && (!s->exact || (c.steps >= 0 && c.offsets >= 0)) && integer_attr(g, "node_count", s->head.n) && integer_attr(g, "recorded_from", s->head.lo)
           && integer_attr(g, "recorded_to", s->head.hi) && sorting_attr(g) && hdf5_file_text(c.times, "units", "milliseconds") && copy_spikes(s, r, &c);
    if (c.ids >= 0) H5Dclose(c.ids);
    if (c.times >= 0) H5Dclose(c.times);
    if (c.steps >= 0) H5Dclose(c.steps);
    if (c.offsets >= 0) H5Dclose(c.offsets);
    free(c.id), free(c.t), free(c.off), free(c.step);
    H5Gclose(g);
    return ok;
}

// --- reports ---
static bool write_mapping(hid_t g, const Source *s) {
    hid_t m = hdf5_file_group(g, "mapping");
    if (m < 0) return false;
    hsize_t n = (hsize_t)(s->head.hi - s->head.lo);
    uint64_t *ids = malloc((n + 1) * sizeof *ids), *ptr = malloc((n + 1) * sizeof *ptr);
    double every = (double)s->head.every * s->head.dt;
    double time[3] = { time_of(&s->head, s->first), s->records ? time_of(&s->head, s->last + s->head.every) : 0, every };
    bool ok = ids && ptr;
    for (hsize_t i = 0; ok && i <= n; i++) ids[i] = (uint64_t)s->head.lo + i, ptr[i] = i;
    ok = ok && hdf5_file_vector(m, "node_ids", H5T_NATIVE_UINT64, n, ids, NULL) && hdf5_file_vector(m, "index_pointer", H5T_NATIVE_UINT64, n + 1, ptr, NULL)
            && hdf5_file_vector(m, "time", H5T_NATIVE_DOUBLE, 3, time, "ms");
    free(ids), free(ptr);
    H5Gclose(m);
    return ok;
}

// Of synapses: source and target neuron of each, from the log's first records.
static bool write_ends(hid_t g, const Source *s, LogReader *r) {
    static const char *const names[2] = { "source_ids", "target_ids" };
    hsize_t n = (hsize_t)(s->head.hi - s->head.lo);
    hid_t m = H5Gopen2(g, "mapping", H5P_DEFAULT);
    uint64_t *ids = malloc((n + 1) * sizeof *ids);
    bool ok = m >= 0 && ids;
    LogRecord rec;
    for (int k = 0; ok && k < 2 && s->ends == 2; k++) {
        ok = log_next(r, &rec);
        for (hsize_t i = 0; ok && i < n; i++) ids[i] = (uint64_t)rec.values[i];
        ok = ok && hdf5_file_vector(m, names[k], H5T_NATIVE_UINT64, n, ids, NULL);
    }
    log_rewind(r);
    free(ids);
    if (m >= 0) H5Gclose(m);
    return ok;
}

static bool copy_report(const Source *s, LogReader *r, hid_t data, double *times) {
    hsize_t width = (hsize_t)(s->head.hi - s->head.lo);
    int64_t rows = BLOCK / (int64_t)(width ? width : 1) + 1, held = 0;
    LogRecord rec;
    for (int k = 0; k < s->ends; k++)
        if (!log_next(r, &rec)) return false;
    double *buf = malloc((size_t)rows * (size_t)(width + 1) * sizeof *buf), scale = s->head.unit_scale;
    bool ok = buf != NULL;
    for (int64_t k = 0; ok && k < s->records && log_next(r, &rec); k++) {
        times[k] = time_of(&s->head, rec.step);
        for (hsize_t i = 0; i < width; i++) buf[(hsize_t)held * width + i] = rec.values[i] / scale;
        if (++held < rows && k + 1 < s->records) continue;
        hsize_t start[2] = { (hsize_t)(k + 1 - held), 0 }, count[2] = { (hsize_t)held, width };
        ok = width == 0 || hdf5_file_part(data, H5T_NATIVE_DOUBLE, 2, start, count, buf);
        held = 0;
    }
    free(buf);
    return ok;
}

static bool write_report(hid_t file, const Source *s, LogReader *r) {
    hid_t top = hdf5_file_group(file, "report"), g = top >= 0 ? hdf5_file_group(top, s->head.population) : -1;
    hsize_t width = (hsize_t)(s->head.hi - s->head.lo), dims[2] = { (hsize_t)s->records, width };
    hsize_t rows = width ? BLOCK / width : BLOCK, chunk[2] = { rows < 1 ? 1 : rows, BLOCK };
    hid_t d = g >= 0 ? hdf5_file_dataset(g, "data", s->head.traits & LOG_SINGLE ? H5T_IEEE_F32LE : H5T_IEEE_F64LE, 2, dims, chunk) : -1;
    double *times = malloc(((size_t)s->records + 1) * sizeof *times);
    bool ok = d >= 0 && times && hdf5_file_text(d, "units", s->head.unit) && hdf5_file_text(d, "variable_name", s->head.variable) && write_mapping(g, s)
           && hdf5_file_text(g, "owner", s->head.traits & LOG_SYNAPSES ? "projection" : "population")
           && write_ends(g, s, r) && copy_report(s, r, d, times);
    // Samples with gaps (parts were discarded) have no single spacing: their times are given one by one as well.
    if (ok && !s->uniform) {
        hid_t m = H5Gopen2(g, "mapping", H5P_DEFAULT);
        ok = m >= 0 && hdf5_file_vector(m, "timestamps", H5T_NATIVE_DOUBLE, dims[0], times, "ms");
        if (m >= 0) H5Gclose(m);
    }
    free(times);
    if (d >= 0) H5Dclose(d);
    if (g >= 0) H5Gclose(g);
    if (top >= 0) H5Gclose(top);
    return ok;
}

// --- files ---
static bool fail(Job *j, const char *path) {
    int e = errno;                                  // HDF5 leaves all kinds of values; only these tell something
    if (e != ENOSPC && e != EDQUOT && e != EFBIG && e != EACCES && e != EROFS && e != EIO && e != ENOMEM) e = 0;
    snprintf(j->err, j->errlen, "cannot write '%s'%s%s (what was recorded stays in '%s/.log' and is converted by the next run or plot of this folder)",
             path, e ? ": " : "", e ? strerror(e) : "", j->dir);
    return false;
}

// Asks for the room first, rather than filling the disk to its last byte in vain.
static bool enough_room(const char *dir, int64_t values, int64_t bytes_each) {
    struct statvfs v;
    if (statvfs(dir, &v) != 0) return true;
    errno = ENOSPC;
    return (double)v.f_bavail * (double)v.f_frsize > (double)values * (double)bytes_each * 0.5 + 65536;
}

static bool put_in_place(Job *j, hid_t f, bool ok, const char *tmp, const char *path) {
    if (!hdf5_file_close(f)) ok = false;
    if (ok && rename(tmp, path) == 0) return true;
    int e = errno;
    unlink(tmp);
    errno = e;
    return fail(j, path);
}

static void folder_of(const Job *j, const Source *s, char out[PATH]) {
    snprintf(out, PATH, "%.4000s%s%s", j->dir, s->head.folder[0] ? "/" : "", s->head.folder);
    size_t base = strlen(j->dir);
    for (char *p = out + base + 1; s->head.folder[0]; p++) {        // runs of nested sweeps have nested folders
        if (*p != '/' && *p) continue;
        char c = *p;
        *p = 0;
        mkdir(out, 0777);
        *p = c;
        if (!c) break;
    }
}

static void safe_name(char *s) {
    for (; *s; s++)
        if (*s == '/' || (unsigned char)*s < ' ') *s = '_';
}

// How many logs before this one record the same.
static int earlier(const Job *j, const Source *s) {
    int n = 0;
    for (const Source *e = j->src; e < s; e++)
        n += e->head.kind == s->head.kind && !strcmp(e->head.folder, s->head.folder) && !strcmp(e->head.population, s->head.population)
          && !strcmp(e->head.variable, s->head.variable);
    return n;
}

static bool convert_report(Job *j, Source *s) {
    char dir[PATH], path[PATH + 512], tmp[PATH + 520], name[480], again[24] = "", err[64];
    folder_of(j, s, dir);
    int before = earlier(j, s);
    if (before) snprintf(again, sizeof again, "_%d", before + 1);
    snprintf(name, sizeof name, "report_%s_%s%s.h5", s->head.population, s->head.variable, again);
    safe_name(name);
    snprintf(path, sizeof path, "%s/%s", dir, name);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    if (!enough_room(dir, s->values, (s->head.traits & LOG_SINGLE) ? 4 : 8)) return fail(j, path);
    hid_t f = hdf5_file_create(tmp);
    if (f < 0) return fail(j, path);
    LogReader *r = log_open(s->path, &s->head, err, sizeof err);
    bool ok = r && write_report(f, s, r);
    if (r) log_done(r);
    return s->done = put_in_place(j, f, ok, tmp, path);
}

// All spike logs of the same folder as the first go into one file.
static bool convert_spikes(Job *j, Source *first) {
    char dir[PATH], path[PATH + 16], tmp[PATH + 24], err[64];
    folder_of(j, first, dir);
    snprintf(path, sizeof path, "%s/spikes.h5", dir);
    snprintf(tmp, sizeof tmp, "%s.tmp", path);
    int64_t values = 0;
    for (Source *s = first; s < j->src + j->n; s++) values += s->head.kind == LOG_SPIKES && strcmp(s->head.folder, first->head.folder) == 0 ? s->values : 0;
    if (!enough_room(dir, values, 16)) return fail(j, path);
    hid_t f = hdf5_file_create(tmp), g = f >= 0 ? hdf5_file_group(f, "spikes") : -1;
    if (f < 0) return fail(j, path);
    bool ok = g >= 0;
    for (Source *s = first; ok && s < j->src + j->n; s++) {
        if (s->done || s->head.kind != LOG_SPIKES || strcmp(s->head.folder, first->head.folder) != 0) continue;
        LogReader *r = log_open(s->path, &s->head, err, sizeof err);
        ok = r && write_spikes(g, s, r);
        if (r) log_done(r);
        s->done = ok;
    }
    if (g >= 0) H5Gclose(g);
    ok = put_in_place(j, f, ok, tmp, path);
    for (Source *s = first; s < j->src + j->n; s++)
        if (s->head.kind == LOG_SPIKES && strcmp(s->head.folder, first->head.folder) == 0) s->done = ok;
    return ok;
}

static int by_path(const void *a, const void *b) { return strcmp(((const Source *)a)->path, ((const Source *)b)->path); }

static bool find_logs(Job *j) {
    char dir[PATH], err[600];
    snprintf(dir, sizeof dir, "%.4400s/.log", j->dir);
    DIR *d = opendir(dir);
    if (!d) return errno == ENOENT || fail(j, dir);
    struct dirent *e;
    while ((e = readdir(d))) {
        size_t n = strlen(e->d_name);
        if (n < 4 || strcmp(e->d_name + n - 4, ".log") != 0) continue;
        Source *more = realloc(j->src, (size_t)(j->n + 1) * sizeof *more);
        if (!more) { closedir(d); errno = ENOMEM; return fail(j, dir); }
        j->src = more;
        Source *s = &more[j->n];
        memset(s, 0, sizeof *s);
        if (snprintf(s->path, sizeof s->path, "%.4200s/%.255s", dir, e->d_name) >= PATH) continue;
        LogReader *r = log_open(s->path, &s->head, err, sizeof err);
        if (!r) {
            struct stat st;                             // killed before its header was written: holds nothing
            if (stat(s->path, &st) == 0 && st.st_size < (off_t)sizeof(LogHeader)) unlink(s->path);
            continue;
        }
        survey(s, r);
        log_done(r);
        j->n++;
    }
    closedir(d);
    if (j->n) qsort(j->src, (size_t)j->n, sizeof *j->src, by_path);
    return true;
}

bool hdf5_convert(const char *dir, int64_t *found, char *err, size_t errlen) {
    Job j = { dir, NULL, 0, err, errlen };
    bool ok = find_logs(&j);
    if (found) *found = j.n;
    if (ok && j.n == 0) return true;
    ok = ok && hdf5_lazy_load(err, errlen);
    if (!ok) { free(j.src); return false; }
    H5E_auto2_t show;
    void *show_data;
    H5Eget_auto2(H5E_DEFAULT, &show, &show_data);
    H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
    for (int64_t i = 0; ok && i < j.n; i++)
        if (!j.src[i].done) ok = j.src[i].head.kind == LOG_SPIKES ? convert_spikes(&j, &j.src[i]) : convert_report(&j, &j.src[i]);
    for (int64_t i = 0; i < j.n; i++)
        if (j.src[i].done) unlink(j.src[i].path);
    H5Eset_auto2(H5E_DEFAULT, show, show_data);
    free(j.src);
    return ok;
}
