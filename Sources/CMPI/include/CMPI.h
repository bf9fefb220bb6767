#ifndef GRAFT_CMPI_H
#define GRAFT_CMPI_H

#include <stddef.h>

// What Graft uses of MPI: messages of bytes between the processes of MPI_COMM_WORLD, from a library that is opened while the
// program runs. One binary serves every MPI, for no header of any of them is read: the three binary interfaces that there are
// differ in what a handle is, and are told apart by a library's symbols and its name.

// A message under way. Open MPI and the standard ABI have pointers here, MPICH an int.
typedef union {
    void *pointer;
    int number;
} gm_request;

// Opens `name` and starts MPI, once in a process.
// Returns 0, or 1 with one line in `message`: there is no such library, or it is none that is known.
int gm_open(const char *name, char *message, size_t size);

// Whether MPI is running.
int gm_is_open(void);

// What the library says it is, its first line.
const char *gm_library(void);

int gm_rank(void);
int gm_size(void);

// Start a message of `count` bytes; the memory has to stay until gm_done says so. Errors end all processes, as MPI does.
void gm_send(const void *bytes, int count, int rank, int tag, gm_request *request);
void gm_receive(void *bytes, int count, int rank, int tag, gm_request *request);

// Whether a message has gone or come. Not to be asked again after that.
int gm_done(gm_request *request);

// Waits for the other processes to do the same.
void gm_close(void);

// Ends all processes.
void gm_abort(int status);

// Which processors this process may use: bit n of `bits` for the one with number n. Returns how many, 0 where the system does
// not say.
int gm_processors(unsigned char *bits, size_t size);

#endif
