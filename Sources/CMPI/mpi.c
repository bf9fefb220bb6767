#include "CMPI.h"

#define _GNU_SOURCE
#include <dlfcn.h>
#ifdef __linux__
#include <sched.h>
#endif
#include <stdint.h>
#include <stdio.h>
#include <string.h>

// Open MPI: handles are the addresses of objects in the library. MPICH and what descends from it: numbers, the same since 2005.
// The ABI that MPI 5 defines: small numbers in the place of addresses.
enum kind { openmpi, mpich, standard };

static struct {
    int is_open;
    enum kind kind;
    void *library;
    intptr_t world, byte;
    // MPI_STATUS_IGNORE, MPI_THREAD_SERIALIZED
    void *ignored;
    int serialized;
    char version[8192];
} mpi;

static void *symbol(const char *name) { return dlsym(mpi.library, name); }

// A function by its name and type; what is missing was found missing by gm_open.
#define CALL(type, name) ((type)symbol(name))

static const char *const needed[] = {
    "MPI_Init_thread", "MPI_Finalize", "MPI_Abort", "MPI_Comm_rank", "MPI_Comm_size", "MPI_Isend", "MPI_Irecv", "MPI_Test",
    "MPI_Get_library_version",
};

typedef int (*init_function)(int *, char ***, int, int *);
typedef int (*version_function)(char *, int *);
typedef int (*plain_function)(void);
// The functions that take a communicator, with handles as addresses and as numbers.
typedef int (*pair_of_addresses)(void *, int *);
typedef int (*pair_of_numbers)(int, int *);
typedef int (*abort_by_address)(void *, int);
typedef int (*abort_by_number)(int, int);
typedef int (*message_by_address)(const void *, int, void *, int, int, void *, void **);
typedef int (*message_by_number)(const void *, int, int, int, int, int, int *);
typedef int (*test_of_address)(void **, int *, void *);
typedef int (*test_of_number)(int *, int *, void *);

// Found once: they are called for every message.
static struct {
    void *send, *receive, *test;
} functions;

static int refuse(char *message, size_t size, const char *name, const char *why) {
    snprintf(message, size, "%s: %s", name, why);
    if (mpi.library) dlclose(mpi.library);
    mpi.library = NULL;
    return 1;
}

// By the library's name, which the standard fixes: no symbol tells.
static int is_standard(void) {
    Dl_info info;
    if (!dladdr(symbol("MPI_Comm_rank"), &info) || !info.dli_fname) return 0;
    const char *slash = strrchr(info.dli_fname, '/');
    return strncmp(slash ? slash + 1 : info.dli_fname, "libmpi_abi", 10) == 0;
}

int gm_open(const char *name, char *message, size_t size) {
    if (mpi.is_open) return 0;
    // Global: Open MPI's parts are libraries of their own, which look for its symbols.
    mpi.library = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
    if (!mpi.library) {
        const char *why = dlerror();
        snprintf(message, size, "%s", why ? why : name);
        return 1;
    }
    for (size_t i = 0; i < sizeof needed / sizeof *needed; i++) {
        if (!symbol(needed[i])) return refuse(message, size, name, "not an MPI library");
    }
    void *world = symbol("ompi_mpi_comm_world"), *byte = symbol("ompi_mpi_byte");
    if (world && byte) {
        mpi.kind = openmpi;
        mpi.world = (intptr_t)world;
        mpi.byte = (intptr_t)byte;
        mpi.serialized = 2;
    } else if (is_standard()) {
        mpi.kind = standard;
        mpi.world = 0x101;
        mpi.byte = 0x247;
        mpi.serialized = 2048;
    } else {
        mpi.kind = mpich;
        mpi.world = 0x44000000;
        mpi.byte = 0x4c00010d;
        mpi.ignored = (void *)1;
        mpi.serialized = 2;
    }
    int length = 0;
    CALL(version_function, "MPI_Get_library_version")(mpi.version, &length);
    mpi.version[strcspn(mpi.version, "\n\r")] = 0;
    int provided = 0;
    // Calls come from one thread at a time, but not always from the same.
    if (CALL(init_function, "MPI_Init_thread")(NULL, NULL, mpi.serialized, &provided) != 0) {
        return refuse(message, size, name, "MPI_Init_thread fails");
    }
    mpi.is_open = 1;
    if (provided < mpi.serialized) {
        CALL(plain_function, "MPI_Finalize")();
        mpi.is_open = 0;
        return refuse(message, size, name, "it was built without threads (MPI_THREAD_SERIALIZED)");
    }
    functions.send = symbol("MPI_Isend");
    functions.receive = symbol("MPI_Irecv");
    functions.test = symbol("MPI_Test");
    return 0;
}

int gm_is_open(void) { return mpi.is_open; }

const char *gm_library(void) { return mpi.version; }

static int asked(const char *name) {
    int answer = 0;
    if (mpi.kind == mpich) {
        CALL(pair_of_numbers, name)((int)mpi.world, &answer);
    } else {
        CALL(pair_of_addresses, name)((void *)mpi.world, &answer);
    }
    return answer;
}

int gm_rank(void) { return asked("MPI_Comm_rank"); }

int gm_size(void) { return asked("MPI_Comm_size"); }

static void start(void *function, const void *bytes, int count, int rank, int tag, gm_request *request) {
    if (mpi.kind == mpich) {
        ((message_by_number)function)(bytes, count, (int)mpi.byte, rank, tag, (int)mpi.world, &request->number);
    } else {
        ((message_by_address)function)(bytes, count, (void *)mpi.byte, rank, tag, (void *)mpi.world, &request->pointer);
    }
}

void gm_send(const void *bytes, int count, int rank, int tag, gm_request *request) {
    start(functions.send, bytes, count, rank, tag, request);
}

void gm_receive(void *bytes, int count, int rank, int tag, gm_request *request) {
    start(functions.receive, bytes, count, rank, tag, request);
}

int gm_done(gm_request *request) {
    int done = 0;
    if (mpi.kind == mpich) {
        ((test_of_number)functions.test)(&request->number, &done, mpi.ignored);
    } else {
        ((test_of_address)functions.test)(&request->pointer, &done, mpi.ignored);
    }
    return done;
}

void gm_close(void) {
    if (!mpi.is_open) return;
    CALL(plain_function, "MPI_Finalize")();
    mpi.is_open = 0;
}

void gm_abort(int status) {
    if (!mpi.is_open) return;
    if (mpi.kind == mpich) {
        CALL(abort_by_number, "MPI_Abort")((int)mpi.world, status);
    } else {
        CALL(abort_by_address, "MPI_Abort")((void *)mpi.world, status);
    }
}

int gm_processors(unsigned char *bits, size_t size) {
    memset(bits, 0, size);
    int count = 0;
#ifdef __linux__
    cpu_set_t set;
    if (sched_getaffinity(0, sizeof set, &set) != 0) return 0;
    for (size_t n = 0; n < CPU_SETSIZE && n < 8 * size; n++) {
        if (!CPU_ISSET(n, &set)) continue;
        bits[n / 8] |= (unsigned char)(1u << n % 8);
        count++;
    }
#endif
    return count;
}
