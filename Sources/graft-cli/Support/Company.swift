import ArgumentParser
import Cluster
import Engine
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    // `stdout` is a variable there.
    @preconcurrency import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes that mpirun or srun has started beside this one, and who of them speaks.
struct Company {
    private let cluster: Cluster
    /// This process's part of the machine; nil for `GRAFT_THREADS`.
    let threads: Int?
    var ranks: any Ranks { cluster.ranks }
    /// Whether this is the one that people hear.
    var speaks: Bool { ranks.rank == 0 }

    /// Joins the others.
    /// - Parameter patience: seconds to wait for one of them.
    /// - Returns: nil for a process that stands alone.
    init?(patience: Double) throws(GraftError) {
        let environment = ProcessInfo.processInfo.environment
        guard let cluster = try Cluster(environment: environment, patience: patience) else { return nil }
        self.cluster = cluster
        threads = environment["GRAFT_THREADS"] == nil ? min(ThreadPool.most, cluster.threads) : nil
        guard speaks else { return }
        let machines = Set(cluster.hosts).count
        // What is wrong with a number is said by the run.
        let threads = (try? ThreadPool.count(threads)) ?? cluster.threads
        Terminal.complain(
            "processes \(ranks.count) on \(machines == 1 ? "this machine" : "\(machines) machines"), "
                + "\(NumberText.counted(threads, "thread")) each (\(cluster.library))", .quiet)
    }

    /// Whether what is wrong with a command line is said by this process: all of them see it.
    static var mayComplain: Bool {
        let launcher = try? Launcher(environment: ProcessInfo.processInfo.environment)
        return (launcher?.rank ?? 0) == 0
    }

    /// A launcher ends all processes as soon as one has failed, the first too, which may not have said why.
    static func letTheFirstSpeak() { sleep(3) }

    /// Ends all processes. What goes wrong mostly does so in all of them at once, and is said by the first; where that one knows
    /// of nothing, who does says it.
    func end(because error: any Error) -> Never {
        let status = (error as? ExitCode)?.rawValue ?? 1
        if !speaks { Self.letTheFirstSpeak() }
        if !(error is ExitCode) {
            Terminal.complain(
                "error: " + (speaks ? "" : "rank \(ranks.rank) on \(cluster.hosts[ranks.rank]): ") + "\(error)")
        }
        fflush(stdout)
        cluster.abort(status: status)
    }

    /// Waits for the others and parts.
    func leave() { cluster.leave() }

    /// The launcher tells all processes to stop, and the first knows how: it ends the others when it has, after a step that may be
    /// long. Where it is gone, this one goes too.
    static func waitForEnd() {
        sleep(120)
        _exit(143)
    }
}
