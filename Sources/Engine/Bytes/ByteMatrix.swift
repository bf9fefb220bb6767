import CKernels
import Zoo

/// What a layer's sums become: bytes of a range, or float32.
struct ByteScaling {
    /// Of the input's bytes.
    let input: ByteRange
    /// Of what is made; nil for float32.
    let output: ByteRange?
    /// Of the residual's bytes.
    var residual: ByteRange?
}

/// Some output channels of a convolution in 8 bits: `round(weight / unit)`, with a unit a channel that is a 127th of the largest
/// weight, so that weights which were rounded that way once stay what they are.
struct ByteChannels {
    /// `[channel][input channel, kernel row, kernel column]`, as in the checkpoint.
    private(set) var weights: [Int8]
    /// What a sum of products stands for one of, over the output's scale.
    private(set) var multipliers: [Float]
    /// With what the input's and the residual's bytes of 0 add up to.
    private(set) var biases: [Int32]

    /// A layer with more products a sum could leave 32 bits.
    static let mostDepth = 16_384
    /// The largest bias in units.
    private static let mostBias = 0x1p27

    init(_ convolution: ConvolutionWork, columns: Range<Int>, _ scaling: ByteScaling) {
        let depth = convolution.weight.count / max(1, convolution.geometry.outputs)
        let step = Double(scaling.input.scale), outStep = Double(scaling.output?.scale ?? 1)
        weights = []
        multipliers = []
        biases = []
        weights.reserveCapacity(columns.count * depth)
        for column in columns {
            let factor = convolution.scale[column] * step
            var bias = convolution.bias[column]
            if let residual = scaling.residual { bias -= Double(residual.scale) * Double(residual.zero) }
            let values = convolution.weight[column * depth..<(column + 1) * depth]
            var largest: Float = 0
            for value in values { largest = max(largest, value.magnitude) }
            // A channel that is nearly dead is counted in units of its bias.
            var unit = max(Double(largest) * factor.magnitude / 127, bias.magnitude / Self.mostBias)
            if !(unit > Double(Float.leastNormalMagnitude)) { unit = Double(Float.leastNormalMagnitude) }
            var sum = 0, magnitudes = 0
            for value in values {
                let whole = Int((Double(value) * factor / unit).rounded(.toNearestOrEven))
                weights.append(Int8(max(-127, min(127, whole))))
                sum += whole
                magnitudes += whole.magnitude == 0 ? 0 : Int(whole.magnitude)
            }
            let whole = Int((bias / unit).rounded(.toNearestOrEven)) - sum * Int(scaling.input.zero)
            biases.append(Int32(max(-0x7000_0000, min(0x7000_0000, whole))))
            // Nothing that is rounded may leave what the kernels round rightly.
            let most = Double(magnitudes) * 255 + Double(whole.magnitude)
            let multiplier = unit / outStep
            let limit = scaling.output == nil ? Double(Float.greatestFiniteMagnitude) : 0x1p29 / max(1, most)
            multipliers.append(Float(min(multiplier, limit)))
        }
    }
}

/// A matrix of 8-bit weights in the panels that the kernels read, with what is added to its sums and what they are multiplied by.
struct ByteMatrix: @unchecked Sendable, BitwiseCopyable {
    let panels: UnsafePointer<Int8>
    let bias: UnsafePointer<Int32>
    let multipliers: UnsafePointer<Float>
    /// Columns in vectors.
    let vectors: Int
    let panelCount: Int

    /// - Parameters:
    ///   - segments: for each, the places in a column's weights in the order in which the kernel meets them.
    init(
        _ convolution: ConvolutionWork, columns: Range<Int>, segments: [[Int]], _ scaling: ByteScaling,
        for target: Target
    ) {
        let groups = segments.reduce(0) { $0 + ($1.count + 3) / 4 }
        // Where in a column's weights each of a group's four stands; -1 for none.
        let places = segments.flatMap { $0 + [Int](repeating: -1, count: (4 - $0.count % 4) % 4) }
        let depth = convolution.weight.count / max(1, convolution.geometry.outputs)
        self.init(convolution, columns: columns, bytes: groups * 4, scaling, for: target) { weights, order, target in
            var position = target
            for group in 0..<groups {
                for column in order {
                    for byte in 0..<4 {
                        let place = places[group * 4 + byte]
                        position.pointee = column < 0 || place < 0 ? 0 : weights[column * depth + place]
                        position += 1
                    }
                }
            }
        }
    }

    /// - Parameters:
    ///   - bytes: that a column takes in its panel.
    ///   - pack: fills a panel with the weights of all columns (`[column][input channel, kernel row, kernel column]`), given which
    ///     column stands where; -1 for none.
    init(
        _ convolution: ConvolutionWork, columns: Range<Int>, bytes: Int, _ scaling: ByteScaling, for target: Target,
        pack: @escaping @Sendable (UnsafeBufferPointer<Int8>, _ order: [Int], UnsafeMutablePointer<Int8>) -> Void
    ) {
        let lanes = target.bytes.lanes, vectors = target.bytes.vectors(columns.count)
        let panelCount = gk_byte_panel_count(vectors)
        let packed = target.storage.allocate(Int8.self, count: bytes * vectors * lanes)
        let bias = target.storage.allocate(Int32.self, count: vectors * lanes)
        let multipliers = target.storage.allocate(Float.self, count: vectors * lanes)
        panels = UnsafePointer(packed)
        self.bias = UnsafePointer(bias)
        self.multipliers = UnsafePointer(multipliers)
        self.vectors = vectors
        self.panelCount = panelCount
        let natural = scaling.output == nil
        nonisolated(unsafe) let (starts, biases, factors) = (packed, bias, multipliers)
        target.storage.later {
            let channels = ByteChannels(convolution, columns: columns, scaling)
            for panel in 0..<panelCount {
                let first = gk_byte_panel_start(panel, vectors)
                let width = gk_byte_panel_start(panel + 1, vectors) - first
                var order: [Int] = []
                for vector in 0..<width {
                    for lane in 0..<lanes {
                        let place = natural ? vector * lanes + lane : gk_byte_column(vector, lane, width)
                        let column = first * lanes + place
                        order.append(column < columns.count ? column : -1)
                    }
                }
                for (index, column) in order.enumerated() {
                    biases[first * lanes + index] = column < 0 ? 0 : channels.biases[column]
                    factors[first * lanes + index] = column < 0 ? 0 : channels.multipliers[column]
                }
                channels.weights.withUnsafeBufferPointer { pack($0, order, starts + first * lanes * bytes) }
            }
        }
    }
}
