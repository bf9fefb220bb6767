import Cluster
import Testing
import Zoo

/// Who has started a process, by its environment.
@Suite struct LauncherTests {
    private func libraries(_ environment: [String: String]) throws -> [String]? {
        try Launcher(environment: environment)?.libraries.map { name in
            String(name.prefix { $0 != "." })
        }
    }

    @Test func noneIsThere() throws {
        #expect(try Launcher(environment: [:]) == nil)
        #expect(try Launcher(environment: ["GRAFT_MPI": ""]) == nil)
        #expect(try Launcher(environment: ["GRAFT_MPI": "off", "OMPI_COMM_WORLD_SIZE": "4"]) == nil)
        // A batch script of Slurm, and a step of one task.
        #expect(try Launcher(environment: ["SLURM_NTASKS": "4", "SLURM_PROCID": "0"]) == nil)
        #expect(try Launcher(environment: ["SLURM_STEP_NUM_TASKS": "1", "SLURM_PROCID": "0"]) == nil)
    }

    @Test func launchersAreTold() throws {
        let openMPI = try #require(
            try Launcher(environment: ["OMPI_COMM_WORLD_SIZE": "4", "OMPI_COMM_WORLD_RANK": "2", "PMIX_RANK": "2"]))
        #expect(openMPI.size == 4 && openMPI.rank == 2)
        #expect(try libraries(["OMPI_COMM_WORLD_SIZE": "4"]) == ["libmpi"])
        let slurm = try #require(
            try Launcher(environment: ["PMIX_RANK": "1", "SLURM_STEP_NUM_TASKS": "3", "SLURM_JOB_ID": "7"]))
        #expect(slurm.size == 3 && slurm.rank == 1 && slurm.name == "srun --mpi=pmix")
        #expect(try libraries(["PMI_SIZE": "2", "PMI_RANK": "1"]) == ["libmpi_abi", "libmpi", "libmpich"])
        #expect(try libraries(["PMI_SIZE": "2", "GRAFT_MPI": "/opt/libmine.so"]) == ["/opt/libmine"])
        #expect(try libraries(["GRAFT_MPI": "/opt/libmine.so"]) == ["/opt/libmine"])
    }

    @Test func tasksThatDoNotKnowOfEachOtherAreRefused() {
        #expect {
            _ = try Launcher(environment: ["SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "1"])
        } throws: { error in
            "\(error)".contains("srun --mpi=pmix") && "\(error)".contains("4 tasks")
        }
    }

    @Test func threadsShareTheProcessors() {
        func machine(_ host: String, _ bits: UInt8...) -> Machine { Machine(host: host, processors: bits) }
        let bound = [machine("a", 0b0011), machine("a", 0b1100), machine("b", 0b0011)]
        #expect(bound.map { $0.threads(beside: bound) } == [2, 2, 2])
        let free = [machine("a", 0b1111), machine("a", 0b1111), machine("b", 0b1111, 1)]
        #expect(free.map { $0.threads(beside: free) } == [2, 2, 5])
        let many = [machine("a", 1), machine("a", 1), machine("a", 1)]
        #expect(many.map { $0.threads(beside: many) } == [1, 1, 1])
        #expect(Machine(message: machine("a", 0, 5).message) == machine("a", 0, 5))
    }
}
