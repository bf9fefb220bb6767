import CKernels
import Zoo

/// A 1x1 convolution of stride 1: a matrix product over pixels, and two for its gradients.
struct PointwiseTrainingStep: TrainingConvolution {
    let ports: Ports
    let parameters: ConvolutionParameters
    let weights: PackedWeights
    let transposed: PackedWeights
    let bias: UnsafeMutableBuffer
    let zeros: UnsafeMutableBuffer
    let sum: OuterSum

    var weightSums: Int { sum.count }

    func prepare(_ values: [[Float]]) {
        if hasBias { bias.fill(values[parameter + 1]) }
    }

    func matrix(_ direction: Direction) -> PackedWeights? {
        direction == .forward ? weights : wantsInput ? transposed : nil
    }

    func pack(_ values: [[Float]], _ direction: Direction, _ panels: Range<Int>) {
        values[parameter].withUnsafeBufferPointer { source in
            guard let source = source.baseAddress else { return }
            switch direction {
            case .forward: weights.pack(source, rowStep: 1, columnStep: weights.depth, panels)
            case .backward: transposed.pack(source, rowStep: weights.depth, columnStep: 1, panels)
            }
        }
    }

    func forward(_ pass: Pass) {
        let x = pass.values[input], out = pass.values[output]
        Layout.runs(layouts.input, layouts.output, layouts.output, images: pass.count) { from, to, _, pixels in
            weights.multiply(
                x + from, stride: layouts.input.stride, rows: pixels, bias: bias.pointer, to: out + to,
                stride: layouts.output.stride, pass)
        }
    }

    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output], stride = layouts.outputGradient.stride
        if wantsInput {
            let out = pass.gradients[input]
            Layout.runs(
                layouts.outputGradient, layouts.inputGradient, layouts.inputGradient, images: pass.count
            ) { from, to, _, pixels in
                transposed.multiply(
                    gradient + from, stride: stride, rows: pixels, bias: zeros.pointer, to: out + to,
                    stride: layouts.inputGradient.stride, pass)
            }
        }
        if isTrained.weight {
            let x = pass.values[input]
            var continues = !pass.isFirst
            Layout.runs(layouts.input, layouts.outputGradient, layouts.outputGradient, images: pass.count) {
                from, of, _, pixels in
                sum.add(
                    x + from, layouts.input.stride, gradient + of, stride, pixels: pixels, to: pass.sums,
                    continues: continues, pass)
                continues = true
            }
        }
        if isTrained.bias { BiasSum.add(gradient, layouts.outputGradient, zeros.pointer, at: weightSums, pass) }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        if isTrained.weight {
            gradients[parameter].resize(to: sum.rows * sum.columns)
            gradients[parameter].withUnsafeMutableBufferPointer { result in
                guard let result = result.baseAddress else { return }
                chunks.copy(
                    chunks.added(weightSums), rows: sum.columns, rowStep: sum.steps.column, columns: sum.rows,
                    columnStep: sum.steps.row, to: result)
            }
        }
        if isTrained.bias {
            gradients[parameter + 1] = BiasSum.total(chunks, layouts.output, at: weightSums)
        }
    }
}
