import Foundation
package import Zoo

/// Shows a training while it lasts, to this machine only: `graft train --watch`.
package final class WatchServer: Sendable {
    /// What it shows.
    package let watch = TrainingWatch()
    private let listener: HTTPListener

    /// - Parameter port: nil for the usual one, or any other where that is taken.
    /// - Throws: `GraftError.network` for a port that was asked for and is taken.
    package init(port: Int?) throws(GraftError) {
        let service = ServingService(
            shelf: ModelShelf(), rules: AccessRules(), limits: ServingLimits(), threads: 1, watch: watch)
        func listen(_ port: Int) throws(GraftError) -> HTTPListener {
            try HTTPListener(service, host: "127.0.0.1", port: port)
        }
        if let port {
            listener = try listen(port)
        } else if let usual = try? listen(8000) {
            listener = usual
        } else {
            listener = try listen(0)
        }
    }

    /// Where it listens.
    package var port: Int { listener.port }

    /// Tells the pages how the training ended, waits a moment until they know, and ends. Blocks.
    package func end(_ text: String, isGood: Bool) {
        watch.end(text, isGood: isGood)
        for _ in 0..<60 where watch.isLookedAt || listener.busy > 0 { Thread.sleep(forTimeInterval: 0.05) }
        listener.stop()
    }
}
