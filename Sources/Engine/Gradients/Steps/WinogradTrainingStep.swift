import CKernels
import Zoo

/// A dense 3x3 convolution at stride 1 by Winograd's algorithm, forward and for both gradients: 16 multiplications in
/// place of 36 each.
struct WinogradTrainingStep: TrainingConvolution, @unchecked Sendable {
    let ports: Ports
    let parameters: ConvolutionParameters
    /// From inputs to outputs, and from the outputs' gradients to the inputs'.
    let product: WinogradProduct
    let backProduct: WinogradProduct
    let bias: UnsafeMutableBuffer
    let zeros: UnsafeMutableBuffer
    let sum: OuterSum
    let kernels: KernelSet

    var weightSums: Int { 16 * sum.count }
    var scratch: Int { max(product.scratch, backProduct.scratch) }

    static func inputMargins(_ geometry: WindowGeometry, input: Layout, output: Layout) -> Layout.Margins {
        WinogradProduct.margins(before: geometry.before, size: input, result: output)
    }

    /// What the input's gradient reads, and the pixels that a last tile does not have.
    static func gradientMargins(_ geometry: WindowGeometry, input: Layout, output: Layout) -> Layout.Margins {
        WinogradProduct.margins(before: back(geometry.before), size: output, result: input).union(
            Layout.Margins(bottom: output.height % 2, right: output.width % 2))
    }

    /// The margin of the convolution that makes the input's gradient.
    static func back(_ before: Extent) -> Extent { Extent(height: 2 - before.height, width: 2 - before.width) }

    func prepare(_ values: [[Float]]) {
        if hasBias { bias.fill(values[parameter + 1]) }
    }

    func matrix(_ direction: Direction) -> PackedWeights? {
        direction == .forward ? product.weights : wantsInput ? backProduct.weights : nil
    }

    func pack(_ values: [[Float]], _ direction: Direction, _ panels: Range<Int>) {
        guard let matrix = matrix(direction) else { return }
        values[parameter].withUnsafeBufferPointer { filters in
            guard let filters = filters.baseAddress else { return }
            graft_train_winograd_filters(
                filters, Int64(layouts.output.channels), Int64(layouts.input.channels), direction == .backward ? 1 : 0,
                Int64(kernels.lanes), Int64(kernels.panel), Int64(panels.lowerBound), Int64(panels.upperBound),
                matrix.panels)
        }
    }

    func forward(_ pass: Pass) {
        product.run(
            pass.values[input], bias: bias.pointer, zeros: zeros.pointer, to: pass.values[output], pass)
    }

    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output]
        if wantsInput {
            backProduct.run(
                gradient, bias: zeros.pointer, zeros: zeros.pointer, to: pass.gradients[input], pass)
        }
        if isTrained.weight {
            product.addGradients(pass.values[input], gradient, layouts.outputGradient, sum, pass)
        }
        if isTrained.bias {
            BiasSum.add(gradient, layouts.outputGradient, zeros.pointer, at: weightSums, pass)
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        if isTrained.weight {
            let total = UnsafePointer(chunks.added(weightSums)), steps = sum.steps
            let inputs = layouts.input.channels, outputs = layouts.output.channels
            gradients[parameter].resize(to: outputs * inputs * 9)
            gradients[parameter].withUnsafeMutableBufferPointer { result in
                guard let result = result.baseAddress else { return }
                chunks.parallel(outputs) { part in
                    graft_train_winograd_filter_gradients(
                        total, Int64(sum.count), Int64(steps.row), Int64(steps.column), Int64(inputs),
                        Int64(part.lowerBound), Int64(part.upperBound), result)
                }
            }
        }
        if isTrained.bias {
            gradients[parameter + 1] = BiasSum.total(chunks, layouts.output, at: weightSums)
        }
    }
}
