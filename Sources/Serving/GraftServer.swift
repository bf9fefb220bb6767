import Dispatch
package import Exchange
import Synchronization
import Weights
package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// A server of models on this machine, from its start to its end: `graft serve`.
package struct GraftServer: Sendable {
    /// A model to serve.
    package struct Entry: Sendable, Hashable {
        /// What addresses call it.
        package let name: String
        /// A model file or a pretrained name.
        package let reference: String

        /// `NAME=MODEL`, or a model whose name follows from its file's or entry's.
        package init(_ argument: String) {
            let pieces = argument.split(separator: "=", maxSplits: 1).map(String.init)
            if pieces.count == 2, ModelDescription.isName(pieces[0]) {
                (name, reference) = (pieces[0], pieces[1])
            } else {
                (name, reference) = (ModelDescription.name(for: argument), argument)
            }
        }
    }

    /// The models; the first is the page's.
    package var entries: [Entry]
    /// The address to listen at.
    package var host = "127.0.0.1"
    /// The port; 0 for one that the system chooses.
    package var port = 8000
    /// What clients must know; nil for nothing.
    package var token: String?
    /// PEM files of the server's certificate, with those that lead to a known one, and of its private key; nil for
    /// connections that are not encrypted. It needs a build with the trait `TLS`.
    package var certificate: String?
    /// The certificate's private key.
    package var key: String?
    /// Names besides its own under which the server may be asked for; `*` for any.
    package var allowedHosts: [String] = []
    /// Other sites whose pages may ask.
    package var allowedOrigins: [String] = []
    /// What the server takes upon itself at most.
    package var limits = ServingLimits()
    /// A folder of class folders from which the first model may learn on the page; nil for a model that stays.
    package var learningFolder: String?
    /// How many pictures are computed at a time.
    package var threads: Int
    /// How models compute; nil for what their files say.
    package var precision: PrecisionChoice?
    /// Takes a line: requests, and what happens to the server.
    package var log: @Sendable (String) -> Void = { _ in }

    /// - Parameter threads: how many pictures are computed at a time.
    package init(_ entries: [Entry], threads: Int) {
        self.entries = entries
        self.threads = threads
    }

    /// Whether the address is this machine's own, which no other reaches.
    package static func isLocal(_ host: String) -> Bool {
        host == "localhost" || host == "::1" || host.hasPrefix("127.")
    }

    /// Serves until a signal ends it. Blocks.
    /// - Parameter started: told the port when requests are answered.
    /// - Throws: a `GraftError`: a model that cannot be had, an address that is taken.
    package func run(registry: Registry, started: (Int) -> Void) throws {
        // A client that leaves ends its connection, not the server.
        signal(SIGPIPE, SIG_IGN)
        let signals = ServerSignals()
        var identity: ServerIdentity?
        if let certificate {
            identity = try ServerIdentity(.init(certificate: certificate, key: key ?? certificate))
        }
        let loader = ModelLoader(
            registry: registry, threads: threads, pixels: limits.picturePixels, precision: precision)
        var models: [EngineModel] = []
        for entry in entries { models.append(try loader.load(entry)) }
        let shelf = try ModelShelf(models)
        let desk = try learningFolder.map { folder throws(GraftError) in
            try TeachingDesk(
                folder: folder, model: models[0], name: entries[0].name, registry: registry, threads: threads,
                pixels: limits.picturePixels, shelf: shelf)
        }
        let rules = AccessRules(hosts: hosts, token: token, origins: Set(allowedOrigins))
        let service = ServingService(shelf: shelf, rules: rules, limits: limits, threads: threads, desk: desk, log: log)
        let listener = try HTTPListener(service, host: host, port: port, identity: identity)
        // A model that learns is not replaced by its file: what it learnt would be gone.
        let watcher = ModelWatcher(Array(entries.dropFirst(desk == nil ? 0 : 1)), loader: loader, service: service)
        started(listener.port)
        var next = signals.wait(for: .seconds(1))
        while next != .end {
            if next == .reload { reload(identity) }
            watcher.check(isAsked: next == .reload)
            next = signals.wait(for: .seconds(1))
        }
        log("ending: \(listener.busy) requests are in flight")
        service.drain()
        let end = ContinuousClock.now + limits.drainTime
        while listener.busy > 0, ContinuousClock.now < end, signals.wait(for: .milliseconds(20)) != .end {}
        log(listener.busy == 0 ? "ended" : "ended with \(listener.busy) requests in flight")
        // What still computes is nobody's any more: the process ends without it.
        listener.stop()
    }

    private func reload(_ identity: ServerIdentity?) {
        guard let identity else { return }
        do {
            try identity.reload()
            log("the certificate was read again")
        } catch {
            log("the old certificate is kept: \(error)")
        }
    }

    private var hosts: Set<String> {
        if allowedHosts.contains("*") { return [] }
        var hosts = AccessRules.local.union(allowedHosts.map { $0.lowercased() })
        hosts.insert(host.contains(":") ? "[\(host)]" : host.lowercased())
        if !Self.isLocal(host) { hosts.formUnion(HTTPListener.ownAddresses) }
        return hosts
    }
}

/// The signals that a server obeys.
private final class ServerSignals: @unchecked Sendable {
    enum Event: Equatable { case none, reload, end }

    private let arrived = DispatchSemaphore(value: 0)
    private let events = Mutex<[Event]>([])
    /// Written by `init` alone.
    private var sources: [any DispatchSourceSignal] = []

    init() {
        for (number, event) in [(SIGTERM, Event.end), (SIGINT, .end), (SIGHUP, .reload)] {
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { [self] in
                events.withLock { $0.append(event) }
                arrived.signal()
            }
            source.resume()
            sources.append(source)
        }
    }

    /// The next event, or none when the time is over.
    func wait(for time: DispatchTimeInterval) -> Event {
        _ = arrived.wait(timeout: .now() + time)
        return events.withLock { $0.isEmpty ? .none : $0.removeFirst() }
    }
}
