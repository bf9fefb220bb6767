/// Which values of a graph are kept in 8 bits, and what their bytes stand for. A layer whose inputs and output are among them
/// is computed in whole numbers, with weights of 8 bits.
public struct Quantization: Sendable, Hashable, Codable {
    /// By the value's key (`Graph.valueKeys`).
    public var ranges: [String: ByteRange]
    /// Keys of layers that are computed in float32 all the same.
    public var floatLayers: Set<String>

    /// What is known of the answers, where that was measured.
    public var evidence: Evidence?

    /// Pictures that ranges were found on, others that it was judged on, and those of them with the same first answer.
    public struct Evidence: Sendable, Hashable, Codable {
        /// See `Evidence`.
        public var calibrated: Int
        /// See `Evidence`.
        public var judged: Int
        /// See `Evidence`.
        public var agreeing: Int

        /// These counts.
        public init(calibrated: Int, judged: Int, agreeing: Int) {
            self.calibrated = calibrated
            self.judged = judged
            self.agreeing = agreeing
        }

        private enum CodingKeys: String, CodingKey {
            case calibrated = "calibrated"
            case judged = "judged"
            case agreeing = "agreeing"
        }
    }

    /// Values, and layers that are left out.
    public init(ranges: [String: ByteRange], floatLayers: Set<String> = [], evidence: Evidence? = nil) {
        self.ranges = ranges
        self.floatLayers = floatLayers
        self.evidence = evidence
    }

    /// The same of some first nodes of a graph; all that follow them are in float32.
    package func limited(to prefix: Graph, of graph: Graph) -> Quantization {
        let keys = graph.valueKeys, first = Set(keys.prefix(prefix.nodes.count))
        return Quantization(
            ranges: ranges.filter { first.contains($0.key) },
            floatLayers: floatLayers.intersection(first).union(keys.dropFirst(prefix.nodes.count)))
    }

    /// The node from which on everything is in float32, as `limited` leaves it; the number of nodes where nothing is.
    package func firstFloatNode(of graph: Graph) -> Int {
        let keys = graph.valueKeys
        return (keys.lastIndex { !floatLayers.contains($0) } ?? -1) + 1
    }

    private enum CodingKeys: String, CodingKey {
        case ranges = "ranges"
        case floatLayers = "float_layers"
        case evidence = "evidence"
    }
}

/// What an unsigned byte stands for: `(byte - zero) * scale`.
public struct ByteRange: Sendable, Hashable, Codable {
    /// The step between neighbouring bytes.
    public var scale: Float
    /// The byte of 0.
    public var zero: UInt8

    /// Bytes a step of `scale` apart, with that one for 0.
    public init(scale: Float, zero: UInt8) {
        self.scale = scale
        self.zero = zero
    }

    /// The range from `least` to `most`, widened to hold 0, which is met exactly: margins and dead channels are 0.
    public init(from least: Double, to most: Double) {
        let low = min(least, 0), high = max(most, 0)
        let step = max((high - low) / 255, Double(Self.leastScale))
        scale = Float(step)
        zero = UInt8(max(0, min(255, (-low / step).rounded(.toNearestOrEven))))
    }

    /// Below it products of scales would lose digits.
    static let leastScale: Float = 1e-12
    /// Scales beyond it stand for nothing that a network computes.
    static let greatestScale: Float = 1e12

    /// Whether arithmetic with it stays finite.
    package var isUsable: Bool { scale >= Self.leastScale && scale <= Self.greatestScale }

    /// What a byte stands for.
    package func value(_ byte: Int) -> Float { Float(byte - Int(zero)) * scale }

    /// The nearest byte, ties to even.
    package func byte(_ value: Double) -> UInt8 {
        UInt8(max(0, min(255, (value / Double(scale)).rounded(.toNearestOrEven) + Double(zero))))
    }

    private enum CodingKeys: String, CodingKey {
        case scale = "scale"
        case zero = "zero"
    }
}

extension Graph {
    /// A name for every node's value: its layer's, with a number behind it where that made several.
    package var valueKeys: [String] {
        var seen: [String: Int] = [:]
        return nodes.map { node in
            let count = seen[node.name, default: 0] + 1
            seen[node.name] = count
            return count == 1 ? node.name : "\(node.name)#\(count)"
        }
    }
}
