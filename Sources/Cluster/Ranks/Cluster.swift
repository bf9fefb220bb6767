import CMPI
package import Engine
package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// The processes that a launcher has started to work together, this one among them.
package struct Cluster: Sendable {
    /// What a training shares its work by.
    package let ranks: any Ranks
    private let transport: MPITransport
    /// The names of the machines, by rank.
    package let hosts: [String]
    /// Threads that this process should use, so that all on this machine together use each processor once.
    package let threads: Int
    /// What the library says it is.
    package var library: String { transport.library }

    /// Joins the others, if there are any. Without a launcher no library is looked for.
    /// - Parameter patience: seconds that a rank waits for another before all are ended; nil for as long as it takes.
    /// - Returns: nil for a process that stands alone.
    /// - Throws: `GraftError.ranks` where launcher and library do not fit together.
    package init?(environment: [String: String], patience: Double? = nil) throws(GraftError) {
        guard let launcher = try Launcher(environment: environment), launcher.size != 1 else { return nil }
        transport = try MPITransport(names: launcher.libraries, launcher: launcher.name, patience: patience)
        guard launcher.size == nil || launcher.size == transport.count else {
            throw GraftError(
                .ranks, "the launcher and the MPI library do not belong together",
                expected: "\(launcher.size ?? 0) processes, started by \(launcher.name)",
                found: "\(transport.count) in \(transport.library)",
                remedy: "start with the launcher of that library, or name the launcher's library with GRAFT_MPI")
        }
        guard transport.count > 1 else {
            transport.close()
            return nil
        }
        let ranks = OrderedExchange(transport)
        self.ranks = ranks
        let own = Machine()
        let machines = ranks.gather(own.message).map(Machine.init(message:))
        hosts = machines.map(\.host)
        threads = own.threads(beside: machines)
    }

    /// Waits until all are here, and parts.
    package func leave() {
        // MPI's own way to wait would keep a processor busy.
        _ = ranks.gather([])
        transport.close()
    }

    /// Ends this process and all others.
    package func abort(status: Int32) -> Never { transport.abort(status: status) }
}

/// A process's machine, and which of its processors it may use.
package struct Machine: Sendable, Hashable {
    package let host: String
    /// A bit a processor; empty where the system does not say.
    package let processors: [UInt8]

    package init(host: String, processors: [UInt8]) {
        self.host = host
        self.processors = processors
    }

    init() {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count - 1)
        host = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        var bits = [UInt8](repeating: 0, count: 128)
        processors = gm_processors(&bits, bits.count) > 0 ? bits : []
    }

    package init(message: [UInt8]) {
        let end = message.firstIndex(of: 0) ?? message.endIndex
        host = String(decoding: message[..<end], as: UTF8.self)
        processors = Array(message[end...].dropFirst())
    }

    package var message: [UInt8] { Array(host.utf8) + [0] + processors }

    /// Processors divided by the processes that may use them too. A launcher that binds leaves each process its own.
    package func threads(beside all: [Machine]) -> Int {
        let allowed = processors.isEmpty ? Self.online : processors.reduce(0) { $0 + $1.nonzeroBitCount }
        let sharers = all.count { other in
            other.host == host
                && (processors.isEmpty || zip(processors, other.processors).contains { $0 & $1 != 0 })
        }
        return max(1, allowed / max(1, sharers))
    }

    private static var online: Int { Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}
