package import Zoo

/// What started this process as one of several, as far as its environment says.
package struct Launcher: Sendable, Hashable {
    /// For messages.
    package let name: String
    /// How many processes it has started; nil where it does not say.
    package let size: Int?
    /// This one's number; nil where it does not say.
    package let rank: Int?
    /// Libraries that speak to it, the likeliest first.
    package let libraries: [String]

    /// - Returns: nil for a process that stands alone, and where `GRAFT_MPI` is `off`.
    /// - Throws: `GraftError.ranks` for tasks of Slurm that were not told of each other.
    package init?(environment: [String: String]) throws(GraftError) {
        let chosen = environment["GRAFT_MPI"].flatMap { $0.isEmpty ? nil : $0 }
        guard chosen != "off" else { return nil }
        func number(_ names: String...) -> Int? { names.lazy.compactMap { environment[$0].flatMap(Int.init) }.first }
        let own = chosen.map { [$0] }
        if let size = number("OMPI_COMM_WORLD_SIZE") {
            name = "Open MPI's mpirun"
            self.size = size
            rank = number("OMPI_COMM_WORLD_RANK")
            libraries = own ?? Self.openMPI
        } else if let rank = number("PMIX_RANK") {
            name = environment["SLURM_JOB_ID"] == nil ? "a launcher with PMIx" : "srun --mpi=pmix"
            size = number("SLURM_STEP_NUM_TASKS", "SLURM_NTASKS")
            self.rank = rank
            libraries = own ?? Self.openMPI
        } else if let size = number("PMI_SIZE") {
            name = environment["SLURM_JOB_ID"] == nil ? "a launcher with PMI" : "srun --mpi=pmi2"
            self.size = size
            rank = number("PMI_RANK")
            libraries = own ?? Self.mpich
        } else if let own {
            name = "a launcher that is not known"
            size = nil
            rank = nil
            libraries = own
        } else if let tasks = number("SLURM_STEP_NUM_TASKS"), tasks > 1 {
            throw GraftError(
                .ranks, "srun has started \(tasks) tasks that do not know of each other",
                remedy:
                    "start them with srun --mpi=pmix (or pmi2 for MPICH), or a single one; GRAFT_MPI=off for tasks that have "
                    + "nothing to do with each other")
        } else {
            return nil
        }
    }

    #if canImport(Darwin)
        private static let openMPI = ["libmpi.40.dylib"]
        private static let mpich = ["libmpi_abi.1.dylib", "libmpi.12.dylib", "libmpich.12.dylib"]
    #else
        private static let openMPI = ["libmpi.so.40"]
        private static let mpich = ["libmpi_abi.so.1", "libmpi.so.12", "libmpich.so.12"]
    #endif
}
