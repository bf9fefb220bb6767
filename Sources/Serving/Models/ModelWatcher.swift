import Exchange
import Synchronization
import Weights
import Zoo

/// Loads models for a server.
struct ModelLoader: Sendable {
    let registry: Registry
    let threads: Int
    let pixels: Int
    let precision: PrecisionChoice?

    /// Read whole, checked against its hashes, and run once.
    func load(_ entry: GraftServer.Entry) throws(GraftError) -> EngineModel {
        try EngineModel(
            entry.reference, name: entry.name, registry: registry, threads: threads, pixels: pixels,
            precision: precision)
    }
}

/// Puts a changed model file in the place of the old one, when it is whole and right. Until then, and if it never is, the
/// old one answers.
final class ModelWatcher {
    private let entries: [GraftServer.Entry]
    private let loader: ModelLoader
    private let service: ServingService
    /// What is served, by name, and what was seen last.
    private var served: [String: Stamp] = [:]
    private var seen: [String: Stamp] = [:]

    /// When a file was written and how long it is.
    private struct Stamp: Equatable {
        let date: Double
        let size: Int
        let number: UInt64
    }

    init(_ entries: [GraftServer.Entry], loader: ModelLoader, service: ServingService) {
        self.entries = entries
        self.loader = loader
        self.service = service
        for entry in entries { served[entry.name] = Self.stamp(entry.reference) }
        seen = served
    }

    private static func stamp(_ reference: String) -> Stamp? {
        guard case .file(let path) = ModelReference(reference),
            let facts = FileSystem.facts(of: path)
        else { return nil }
        return Stamp(date: facts.changed, size: facts.size, number: facts.number)
    }

    /// Looks at the files; a new one is loaded when it did not change since the last look.
    /// - Parameter isAsked: whether every model is to be loaded again, changed or not.
    func check(isAsked: Bool) {
        for entry in entries {
            let stamp = Self.stamp(entry.reference)
            defer { seen[entry.name] = stamp }
            guard isAsked || (stamp != nil && stamp != served[entry.name] && stamp == seen[entry.name]) else {
                continue
            }
            // Not tried again until it changes once more.
            served[entry.name] = stamp
            load(entry)
        }
    }

    private func load(_ entry: GraftServer.Entry) {
        let start = ContinuousClock.now
        do {
            let model = try loader.load(entry)
            service.shelf.swap(model)
            service.metrics.reloaded(entry.name, isGood: true)
            let milliseconds = (ContinuousClock.now - start).nanoseconds / 1_000_000
            service.log(
                "model \(entry.name): loaded again in \(milliseconds) ms, SHA-256 \(model.description.sha256)")
        } catch {
            service.metrics.reloaded(entry.name, isGood: false)
            service.log("model \(entry.name): the old one is kept: \(error)")
        }
    }
}
