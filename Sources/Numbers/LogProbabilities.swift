#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// Probabilities of logits divided by a temperature, in double precision; sums are in the order of the classes.
package enum LogProbabilities {
    /// They sum to 1.
    package static func probabilities(
        _ logits: some Collection<Double>, temperature: Double = 1
    ) -> [Double] {
        guard let largest = logits.max() else { return [] }
        var values = logits.map { exp(($0 - largest) / temperature) }
        let sum = values.reduce(0, +)
        for index in values.indices { values[index] /= sum }
        return values
    }

    /// The mean cross entropy.
    /// - Parameter logits: `[N, classes]`
    package static func loss(of logits: [Double], labels: [Int], classes: Int, temperature: Double) -> Double {
        guard !labels.isEmpty else { return 0 }
        var sum = 0.0
        for (row, label) in labels.enumerated() {
            let values = logits[row * classes..<(row + 1) * classes]
            let largest = values.max() ?? 0
            let total = values.reduce(0) { $0 + exp(($1 - largest) / temperature) }
            sum += log(total) - (logits[row * classes + label] - largest) / temperature
        }
        return sum / Double(labels.count)
    }
}
