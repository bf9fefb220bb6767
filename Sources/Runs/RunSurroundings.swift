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

    /// The same with nobody to tell.
    var silent: RunSurroundings {
        RunSurroundings(
            threads: threads, cacheDirectory: cacheDirectory, memoryLimit: memoryLimit, ranks: ranks,
            interrupter: interrupter, tell: { _ in })
    }
}
