import Synchronization

/// The workspaces of a plan. Each run takes those it needs; they are kept for the next one.
final class WorkspacePool: Sendable {
    private let program: Program
    private let memory: MemoryPlan
    private let threads: Int
    private let idle = Mutex<[Workspace]>([])

    init(_ program: Program, threads: Int) {
        self.program = program
        self.threads = threads
        memory = MemoryPlan(program)
    }

    /// Lends `count` workspaces.
    func withWorkspaces(_ count: Int, _ body: ([Workspace]) -> Void) {
        var taken = idle.withLock { idle in
            let some = Array(idle.suffix(count))
            idle.removeLast(some.count)
            return some
        }
        while taken.count < count { taken.append(Workspace(program, memory: memory, threads: threads)) }
        body(taken)
        // More are there only because several runs met.
        idle.withLock { idle in idle += taken.prefix(max(0, 4 * threads - idle.count)) }
    }
}
