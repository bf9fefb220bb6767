/// Two ways to answer the same images, counted together (McNemar, Psychometrika 12, 1947): what both have in common says
/// nothing about which is better.
public struct PairedCount: Sendable, Hashable {
    /// Images that only the first way answers right.
    public let onlyBefore: Int
    /// Images that only the second way answers right.
    public let onlyAfter: Int
    /// Images.
    public let total: Int

    /// Counts that are known.
    public init(onlyBefore: Int, onlyAfter: Int, total: Int) {
        self.onlyBefore = onlyBefore
        self.onlyAfter = onlyAfter
        self.total = total
    }

    /// - Parameters:
    ///   - before: whether each image is answered right at first.
    ///   - after: the same images, answered in the other way.
    package init(before: [Bool], after: [Bool]) {
        precondition(before.count == after.count, "the same images")
        self.init(
            onlyBefore: zip(before, after).count { $0 && !$1 }, onlyAfter: zip(before, after).count { !$0 && $1 },
            total: before.count)
    }

    /// By how many images the second way is better.
    public var gain: Int { onlyAfter - onlyBefore }

    /// The 95 % interval of the gain in images (Bonett and Price, Statistics in Medicine 31, 2012: Wald's with one image
    /// more of either kind, honest for few images).
    public var interval: ClosedRange<Double> {
        guard total > 0 else { return 0...0 }
        let size = Double(total + 2)
        let (lost, won) = (Double(onlyBefore + 1) / size, Double(onlyAfter + 1) / size)
        let half = 1.959963984540054 * ((lost + won - (won - lost) * (won - lost)) / size).squareRoot()
        let scale = Double(total)
        return max(-scale, (won - lost - half) * scale)...min(scale, (won - lost + half) * scale)
    }
}

extension PairedCount: Codable {
    private enum CodingKeys: String, CodingKey {
        case onlyBefore = "only_before"
        case onlyAfter = "only_after"
        case total = "total"
        case gain = "gain"
        case interval = "interval_95"
    }

    /// Reads the three counts.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            onlyBefore: try container.decode(Int.self, forKey: .onlyBefore),
            onlyAfter: try container.decode(Int.self, forKey: .onlyAfter),
            total: try container.decode(Int.self, forKey: .total))
    }

    /// Writes the counts, and what follows from them.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(onlyBefore, forKey: .onlyBefore)
        try container.encode(onlyAfter, forKey: .onlyAfter)
        try container.encode(total, forKey: .total)
        try container.encode(gain, forKey: .gain)
        try container.encode([interval.lowerBound, interval.upperBound], forKey: .interval)
    }
}
