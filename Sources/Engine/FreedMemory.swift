import CKernels

/// What malloc does with memory that is no longer used.
package enum FreedMemory {
    /// Keeps up to 64 MiB for what is allocated next, where malloc can be told so (glibc). Without it, whether a picture's
    /// buffers are mapped anew for each picture depends on what the program has freed before: up to 7 % of the time.
    package static func keep() { gk_keep_freed_memory() }
}
