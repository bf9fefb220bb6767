import CKernels
import Zoo

/// A matrix in the panels that the kernels read, and its bias; both lie in the plan's storage.
struct PackedMatrix: @unchecked Sendable, BitwiseCopyable {
    let panels: UnsafePointer<Float>
    let bias: UnsafePointer<Float>
    /// Rows, and the vectors that as many channels take.
    let depth: Int
    let depthVectors: Int
    /// Columns, in vectors.
    let vectors: Int
    let panelCount: Int

    /// - Parameter value: the element at a row below `depth` and a column below `columns`.
    init(depth: Int, columns: Int, bias: [Double], for target: Target, value: (Int, Int) -> Float) {
        let kernels = target.kernels
        self.depth = depth
        depthVectors = kernels.vectors(depth)
        vectors = kernels.vectors(columns)
        panelCount = kernels.panels(vectors)
        self.bias = UnsafePointer(
            target.storage.floats(bias.map { Float($0) }, padding: vectors * kernels.lanes))
        let packed = target.storage.floats(padding: depth * vectors * kernels.lanes)
        panels = UnsafePointer(packed)
        var position = 0
        for panel in 0..<panelCount {
            let first = gk_panel_start(panel, panelCount, vectors) * kernels.lanes
            let end = gk_panel_start(panel + 1, panelCount, vectors) * kernels.lanes
            for row in 0..<depth {
                for column in first..<end {
                    if column < columns { packed[position] = value(row, column) }
                    position += 1
                }
            }
        }
    }

    /// Some output channels of one group of a convolution, with rows in the order (kernel row, kernel column, input
    /// channel).
    init(_ convolution: ConvolutionWork, columns: Range<Int>, for target: Target) {
        let geometry = convolution.geometry
        let inputs = geometry.inputs / geometry.groups, taps = geometry.kernel.height * geometry.kernel.width
        let first = columns.lowerBound
        self.init(
            depth: taps * inputs, columns: columns.count, bias: Array(convolution.bias[columns]), for: target
        ) { row, column in
            let (tap, channel) = (row / inputs, row % inputs)
            let weight = convolution.weight[((first + column) * inputs + channel) * taps + tap]
            return Float(Double(weight) * convolution.scale[first + column])
        }
    }

    /// All output channels of a group.
    init(_ convolution: ConvolutionWork, group: Int = 0, for target: Target) {
        let outputs = convolution.geometry.outputs / convolution.geometry.groups
        self.init(convolution, columns: group * outputs..<(group + 1) * outputs, for: target)
    }
}

extension Activation? {
    /// The kernels' name for it.
    var kernel: gk_activation {
        switch self {
        case nil: GK_NONE
        case .relu: GK_RELU
        case .relu6: GK_RELU6
        case .silu: GK_SILU
        case .hardSwish: GK_HARD_SWISH
        case .hardSigmoid: GK_HARD_SIGMOID
        case .sigmoid: GK_SIGMOID
        }
    }
}
