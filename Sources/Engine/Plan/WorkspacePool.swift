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

    func withWorkspace<R>(_ body: (Workspace) -> R) -> R {
        let workspace =
            idle.withLock { $0.popLast() } ?? Workspace(program, memory: memory, threads: threads)
        // The most that one run needs: more were taken only because several ran at once.
        defer { idle.withLock { if $0.count < threads { $0.append(workspace) } } }
        return body(workspace)
    }
}
