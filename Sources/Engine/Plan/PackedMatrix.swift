import CKernels
import Zoo

/// A matrix in the panels that the kernels read, and its bias; both lie in the plan's storage. Its elements may be pairs of bfloat16,
/// two rows in one.
struct PackedMatrix: @unchecked Sendable, BitwiseCopyable {
    let panels: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    /// What is added behind the activation.
    var after: UnsafePointer<Float>?
    /// Whether elements are pairs.
    let isPaired: Bool
    /// Rows.
    let depth: Int
    /// Columns, in vectors.
    let vectors: Int
    let panelCount: Int
    /// See `gk_gemm`.
    let half: Int32

    /// The elements are written when the plan's other matrices are, by all threads.
    /// - Parameter fill: writes some columns of a row.
    init(
        depth: Int, columns: Int, bias: [Double], isPaired: Bool = false, for target: Target,
        fill: @escaping @Sendable (_ row: Int, _ columns: Range<Int>, UnsafeMutablePointer<Float>) -> Void
    ) {
        let lanes = target.kernels.lanes, vectors = target.kernels.vectors(columns)
        let panelCount = target.kernels.panels(vectors)
        self.isPaired = isPaired
        self.depth = depth
        self.vectors = vectors
        self.panelCount = panelCount
        half = target.kernels.endsInHalf(columns)
        self.bias = UnsafePointer(target.storage.floats(bias.map { Float($0) }, padding: vectors * lanes))
        let packed = target.storage.allocate(Float.self, count: depth * vectors * lanes)
        panels = UnsafePointer(packed)
        nonisolated(unsafe) let start = packed
        target.storage.later {
            var position = start
            for panel in 0..<panelCount {
                let first = gk_panel_start(panel, panelCount, vectors) * lanes
                let end = gk_panel_start(panel + 1, panelCount, vectors) * lanes
                let real = first..<max(first, min(end, columns))
                for row in 0..<depth {
                    fill(row, real, position)
                    (position + real.count).update(repeating: 0, count: end - first - real.count)
                    position += end - first
                }
            }
        }
    }

    /// Some output channels of one group of a convolution, with rows in the order (kernel row, kernel column, input
    /// channel). Pairs are of neighbouring channels.
    init(_ convolution: ConvolutionWork, columns: Range<Int>, for target: Target) {
        let geometry = convolution.geometry
        let inputs = geometry.inputs / geometry.groups, taps = geometry.kernel.height * geometry.kernel.width
        let first = columns.lowerBound, isPaired = target.isPaired && geometry.groups == 1
        let rows = isPaired ? (inputs + 1) / 2 : inputs
        self.init(
            depth: taps * rows, columns: columns.count, bias: Array(convolution.bias[columns]), isPaired: isPaired,
            for: target
        ) { row, columns, target in
            let tap = row / rows, place = row % rows
            for (index, column) in columns.enumerated() {
                let start = (first + column) * inputs * taps + tap, scale = convolution.scale[first + column]
                func weight(_ input: Int) -> Float { Float(Double(convolution.weight[start + input * taps]) * scale) }
                if isPaired {
                    let even = weight(2 * place).bfloat16Bits
                    let odd = 2 * place + 1 < inputs ? weight(2 * place + 1).bfloat16Bits : 0
                    target[index] = Float(bitPattern: odd << 16 | even)
                } else {
                    target[index] = weight(place)
                }
            }
        }
        after = convolution.after.map {
            UnsafePointer(
                target.storage.floats($0[columns].map { Float($0) }, padding: vectors * target.kernels.lanes))
        }
    }

    /// All output channels of a group.
    init(_ convolution: ConvolutionWork, group: Int = 0, for target: Target) {
        let outputs = convolution.geometry.outputs / convolution.geometry.groups
        self.init(convolution, columns: group * outputs..<(group + 1) * outputs, for: target)
    }
}

extension Activation? {
    /// The kernels' number for it. A test asks for every one.
    var kernel: gk_activation { map { gk_activation_named($0.rawValue) } ?? GK_NONE }
}
