// SPDX-License-Identifier: MIT
// The results folder: made and proved writable before anything runs, its open logs, and their conversion at the end.
#include "host/record.h"
#include "host/hdf5.h"
#include "host/log.h"
#include "host/results.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

struct RecordFolder { char *dir, *error; Log **log; int64_t nlogs; int lock_fd; pthread_mutex_t lock; };
Log *record_folder_log(RecordFolder *f, LogHeader *h);

static bool make_dirs(const char *dir) {
    char *path = strdup(dir);
    if (!path) return false;
    bool ok = true;
    for (char *s = path + 1; ok; s++) {
        if (*s != '/' && *s != 0) continue;
        char c = *s;
        *s = 0;
        if (mkdir(path, 0777) != 0 && errno != EEXIST) {           // a read-only file system says so even of folders that are there
            int e = errno;
            ok = access(path, X_OK) == 0;
            errno = e;
        }
        *s = c;
        if (c == 0) break;
    }
    int e = errno;
    free(path);
    errno = e;
    return ok;
}

// The lock file holds some room that is given back when the disk is full, so that tables and summary.json can still be written.
enum { RESERVE = 1 << 16 };
static bool take_reserve(int fd) {
    static const char blank[4096];
    for (int i = 0; i < RESERVE / 4096; i++)
        if (write(fd, blank, sizeof blank) != (ssize_t)sizeof blank) return false;
    return true;
}

// Opens dir/.log/.lock, writes to it and locks it against a second run into the same folder. -1 and a message on failure.
static int lock_folder(const char *dir, char *err, size_t errlen) {
    char path[4200];
    snprintf(path, sizeof path, "%s/.log", dir);
    int fd = -1;
    if (make_dirs(path)) {
        snprintf(path, sizeof path, "%s/.log/.lock", dir);
        fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    }
    if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
        snprintf(err, errlen, "another run is writing its results to '%s'", dir);
        close(fd);
        return -1;
    }
    if (fd < 0 || ftruncate(fd, 0) != 0 || !take_reserve(fd)) {
        snprintf(err, errlen, "cannot write results to '%s': %s", dir, strerror(errno));
        if (fd >= 0) close(fd);
        return -1;
    }
    return fd;
}

RecordFolder *record_folder(const char *dir, char *err, size_t errlen) {
    RecordFolder *f = calloc(1, sizeof *f);
    if (!f || !(f->dir = strdup(dir))) { free(f); snprintf(err, errlen, "out of memory"); return NULL; }
    f->lock_fd = lock_folder(dir, err, errlen);
    if (f->lock_fd < 0 || !yield_recover(dir, err, errlen) || !hdf5_convert(dir, NULL, err, errlen)) {
        if (f->lock_fd >= 0) close(f->lock_fd);
        free(f->dir), free(f);
        return NULL;
    }
    pthread_mutex_init(&f->lock, NULL);
    return f;
}

const char *record_folder_path(const RecordFolder *f) { return f->dir; }

const char *record_folder_error(RecordFolder *f) {
    pthread_mutex_lock(&f->lock);
    const char *e = f->error;
    pthread_mutex_unlock(&f->lock);
    return e;
}

static void release_reserve(const RecordFolder *f) {
    if (ftruncate(f->lock_fd, 0) != 0) return;         // nothing depends on it
}

void record_folder_fail(RecordFolder *f, const char *text) {
    pthread_mutex_lock(&f->lock);
    if (!f->error) f->error = strdup(text);
    release_reserve(f);
    pthread_mutex_unlock(&f->lock);
}

// A file name of the name's own letters; everything else becomes '_'. The number in front keeps names apart.
static void log_name(char out[200], int64_t number, const LogHeader *h) {
    int n = snprintf(out, 200, "%04lld-%.80s%s%.60s.log", (long long)number, h->population, h->variable[0] ? "_" : "", h->variable);
    for (int i = 0; i < n; i++)
        if (!isalnum((unsigned char)out[i]) && out[i] != '.' && out[i] != '-') out[i] = '_';
}

Log *record_folder_log(RecordFolder *f, LogHeader *h) {
    char name[200], path[4400], err[512] = "out of memory for recording";
    pthread_mutex_lock(&f->lock);
    log_name(name, f->nlogs, h);
    snprintf(path, sizeof path, "%s/.log/%s", f->dir, name);
    Log **logs = realloc(f->log, (size_t)(f->nlogs + 1) * sizeof *logs), *g = NULL;
    if (logs) f->log = logs, g = log_create(path, h, err, sizeof err);
    if (g) f->log[f->nlogs++] = g;
    pthread_mutex_unlock(&f->lock);
    if (!g) record_folder_fail(f, err);
    return g;
}

static void end_logs(RecordFolder *f) {
    for (int64_t i = 0; i < f->nlogs; i++)
        if (!log_end(f->log[i])) record_folder_fail(f, log_error(f->log[i]));
}

static void remove_log_folder(const char *dir) {
    char path[4200];
    snprintf(path, sizeof path, "%s/.log/.lock", dir);
    unlink(path);
    snprintf(path, sizeof path, "%s/.log", dir);
    rmdir(path);
}

bool record_folder_finish(RecordFolder *f, char *err, size_t errlen) {
    end_logs(f);
    release_reserve(f);
    char text[1024] = "";
    bool ok = hdf5_convert(f->dir, NULL, text, sizeof text);
    if (ok) remove_log_folder(f->dir);
    if (f->error && ok) snprintf(err, errlen, "what was recorded until then is in '%s'", f->dir);
    else if (f->error) snprintf(err, errlen, "what was recorded until then stays in '%s/.log' and is converted by the next run or plot of this folder", f->dir);
    else if (!ok) snprintf(err, errlen, "%s", text);
    return ok && !f->error;
}

bool record_recover(const char *dir, char *err, size_t errlen) {
    char path[4200];
    snprintf(path, sizeof path, "%s/.log", dir);
    if (access(path, F_OK) != 0) return true;
    int fd = lock_folder(dir, err, errlen);
    bool ok = fd >= 0 && yield_recover(dir, err, errlen) && hdf5_convert(dir, NULL, err, errlen);
    if (ok) remove_log_folder(dir);
    if (fd >= 0) close(fd);
    return ok;
}

void record_folder_free(RecordFolder *f) {
    if (!f) return;
    for (int64_t i = 0; i < f->nlogs; i++) log_free(f->log[i]);
    free(f->log), free(f->dir), free(f->error);
    close(f->lock_fd);
    pthread_mutex_destroy(&f->lock);
    free(f);
}
