package import Zoo

extension ByteRange {
    /// The range whose bytes stand for the values of a histogram with the least squared error, behind the function that they go
    /// through.
    /// - Parameter activation: what is applied to the values; nil for nothing.
    package init(of histogram: Histogram, through activation: Activation? = nil) {
        let search = RangeSearch(histogram, activation)
        let (least, most) = search.best()
        self.init(from: least, to: most)
    }
}

/// Ends of a range, each moved in steps towards 0 while the other stays.
private struct RangeSearch {
    private var values: [Double] = []
    private var images: [Double] = []
    private var counts: [Double] = []
    private let least: Double
    private let most: Double
    private let activation: Activation?

    private static let steps = 64

    init(_ histogram: Histogram, _ activation: Activation?) {
        self.activation = activation
        least = Double(min(0, histogram.least.isFinite ? histogram.least : 0))
        most = Double(max(0, histogram.most.isFinite ? histogram.most : 0))
        for (part, count) in histogram.counts.enumerated() where count > 0 {
            let value = max(least, min(most, histogram.middle(part)))
            values.append(value)
            images.append(Self.image(value, activation))
            counts.append(Double(count))
        }
    }

    private static func image(_ value: Double, _ activation: Activation?) -> Double {
        activation?.formula.evaluated(at: value) ?? value
    }

    private func error(_ low: Double, _ high: Double) -> Double {
        let range = ByteRange(from: low, to: high)
        let table = (0..<256).map { Self.image(Double(range.value($0)), activation) }
        let scale = Double(range.scale), zero = Double(range.zero)
        var sum = 0.0
        for index in values.indices {
            let byte = max(0, min(255, (values[index] / scale + zero).rounded(.toNearestOrEven)))
            let difference = table[Int(byte)] - images[index]
            sum += counts[index] * difference * difference
        }
        return sum
    }

    func best() -> (least: Double, most: Double) {
        var low = least, high = most, found = error(low, high)
        for _ in 0..<2 {
            for end in [true, false] {
                let whole = end ? most : least
                guard whole != 0 else { continue }
                for step in 1...Self.steps {
                    let part = whole * Double(step) / Double(Self.steps)
                    let other = end ? error(low, part) : error(part, high)
                    guard other < found else { continue }
                    found = other
                    if end { high = part } else { low = part }
                }
            }
        }
        return (low, high)
    }
}
