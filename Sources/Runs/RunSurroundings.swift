package import Engine
package import Zoo

/// What every step of a run may use beside what it is made from: threads, places, an ear and a way to be stopped.
package struct RunSurroundings: Sendable {
    /// Nil for `GRAFT_THREADS`, or else the number of processors.
    package let threads: Int?
    /// Where features are kept.
    let cacheDirectory: String
    /// Bytes of features that are kept in memory; where they would be more, pictures are run again in every epoch.
    let memoryLimit: Int
    /// Processes that do this run together with this one; nil for none. Rank 0 alone writes, and tells.
    package let ranks: (any Ranks)?
    package let interrupter: Interrupter
    package let tell: @Sendable (TrainingEvent) -> Void

    package init(
        threads: Int?, cacheDirectory: String, memoryLimit: Int = PhaseInputs.memoryLimit,
        ranks: (any Ranks)? = nil, interrupter: Interrupter,
        tell: @escaping @Sendable (TrainingEvent) -> Void
    ) {
        self.threads = threads
        self.cacheDirectory = cacheDirectory
        self.memoryLimit = memoryLimit
        self.ranks = ranks
        self.interrupter = interrupter
        self.tell = tell
    }

    /// Whether a step that failed may be left out: not where it was told to stop, nor where pictures cannot be read and other
    /// processes, which could read theirs, would go on without this one.
    func mayGoOn(after error: GraftError) -> Bool {
        error.code != .cancelled && (ranks == nil || ![.invalidData, .unreadable, .file].contains(error.code))
    }

    /// The same with nobody to tell.
    var silent: RunSurroundings {
        RunSurroundings(
            threads: threads, cacheDirectory: cacheDirectory, memoryLimit: memoryLimit, ranks: ranks,
            interrupter: interrupter, tell: { _ in })
    }

    /// The same for one of several things that are done at a time.
    var onOneThread: RunSurroundings {
        RunSurroundings(
            threads: 1, cacheDirectory: cacheDirectory, memoryLimit: memoryLimit, ranks: ranks,
            interrupter: interrupter, tell: tell)
    }
}
