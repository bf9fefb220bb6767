import Synchronization

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What operators look at, in Prometheus' text format.
package final class ServerMetrics: Sendable {
    private struct Key: Hashable {
        let name: String
        let labels: String
    }

    private struct State {
        var counters: [Key: Double] = [:]
        var latencies: [String: Histogram] = [:]
        var models: [String: ModelCounts] = [:]
    }

    private let state = Mutex(State())

    package init() {}

    /// Seconds at which a histogram's steps end.
    package static let steps = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]

    private struct Histogram {
        var counts = [Int](repeating: 0, count: ServerMetrics.steps.count + 1)
        var sum = 0.0

        mutating func add(_ seconds: Double) {
            counts[ServerMetrics.steps.firstIndex { seconds <= $0 } ?? ServerMetrics.steps.count] += 1
            sum += seconds
        }
    }

    /// The protocol's statistics of a model, in nanoseconds.
    package struct ModelCounts: Sendable {
        package var inferences = 0
        package var successes = 0
        package var failures = 0
        package var successTime = Duration.zero
        package var failureTime = Duration.zero
        package var queueTime = Duration.zero
        package var inputTime = Duration.zero
        package var runTime = Duration.zero
        /// Milliseconds since 1970.
        package var last = 0
    }

    /// An answered request.
    func answered(route: String, status: Int, time: Duration) {
        state.withLock { state in
            state.counters[
                Key(name: "graft_requests_total", labels: "route=\"\(route)\",status=\"\(status)\""), default: 0] += 1
            state.latencies[route, default: Histogram()].add(time.seconds)
        }
    }

    /// A request that was turned away or dropped.
    func rejected(_ reason: String) { add("graft_rejected_total", "reason=\"\(reason)\"", 1) }

    /// A model that was loaded again, or not.
    func reloaded(_ model: String, isGood: Bool) {
        add("graft_reloads_total", "model=\"\(model)\",result=\"\(isGood ? "swapped" : "kept")\"", 1)
    }

    private func add(_ name: String, _ labels: String, _ amount: Double) {
        state.withLock { $0.counters[Key(name: name, labels: labels), default: 0] += amount }
    }

    /// A picture that was answered.
    func picture(of model: String, _ times: StageTimes) {
        state.withLock { state in
            for (stage, time) in [("decode", times.decode), ("resize", times.resize), ("run", times.run)] {
                state.counters[
                    Key(name: "graft_stage_seconds_total", labels: "model=\"\(model)\",stage=\"\(stage)\""), default: 0] +=
                    time.seconds
            }
            state.counters[Key(name: "graft_pictures_total", labels: "model=\"\(model)\""), default: 0] += 1
            state.models[model, default: ModelCounts()].inferences += 1
            state.models[model, default: ModelCounts()].inputTime += times.decode + times.resize
            state.models[model, default: ModelCounts()].runTime += times.run
        }
    }

    /// A request to a model that is over.
    func finished(_ model: String, isGood: Bool, time: Duration, queued: Duration) {
        state.withLock { state in
            var counts = state.models[model, default: ModelCounts()]
            if isGood {
                counts.successes += 1
                counts.successTime += time
                counts.last = Int(Date().timeIntervalSince1970 * 1000)
            } else {
                counts.failures += 1
                counts.failureTime += time
            }
            counts.queueTime += queued
            state.models[model] = counts
        }
    }

    /// The protocol's statistics.
    func counts(of model: String) -> ModelCounts { state.withLock { $0.models[model, default: ModelCounts()] } }

    private static let help = [
        "graft_requests_total": "Requests by route and status.",
        "graft_rejected_total": "Requests turned away or dropped before compute, by reason.",
        "graft_reloads_total": "Models loaded again.",
        "graft_stage_seconds_total": "Time of pictures by stage.",
        "graft_pictures_total": "Pictures answered.",
    ]

    /// - Parameter gauges: values of this moment.
    func text(gauges: [(name: String, help: String, value: Double)]) -> String {
        let (counters, latencies) = state.withLock { ($0.counters, $0.latencies) }
        var text = ""
        for (name, entries) in Dictionary(grouping: counters, by: \.key.name).sorted(by: { $0.key < $1.key }) {
            text += "# HELP \(name) \(Self.help[name] ?? "")\n# TYPE \(name) counter\n"
            for entry in entries.sorted(by: { $0.key.labels < $1.key.labels }) {
                text += "\(name){\(entry.key.labels)} \(Self.number(entry.value))\n"
            }
        }
        let name = "graft_request_duration_seconds"
        text += "# HELP \(name) Time from a request's last byte to its answer.\n# TYPE \(name) histogram\n"
        for (route, histogram) in latencies.sorted(by: { $0.key < $1.key }) {
            var total = 0
            for (index, count) in histogram.counts.enumerated() {
                total += count
                let end = index < Self.steps.count ? Self.number(Self.steps[index]) : "+Inf"
                text += "\(name)_bucket{route=\"\(route)\",le=\"\(end)\"} \(total)\n"
            }
            text += "\(name)_sum{route=\"\(route)\"} \(histogram.sum)\n\(name)_count{route=\"\(route)\"} \(total)\n"
        }
        for gauge in gauges {
            text += "# HELP \(gauge.name) \(gauge.help)\n# TYPE \(gauge.name) gauge\n"
            text += "\(gauge.name) \(Self.number(gauge.value))\n"
        }
        return text
    }

    private static func number(_ value: Double) -> String {
        Int(exactly: value).map(String.init) ?? "\(value)"
    }
}

extension Duration {
    var seconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }

    var nanoseconds: Int { Int(components.seconds) * 1_000_000_000 + Int(components.attoseconds / 1_000_000_000) }
}
