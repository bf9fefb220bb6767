import CKernels
import Zoo

/// Learnt tokens before an image's positions, and learnt positions added.
struct TokensTrainingStep: UnaryStep {
    let ports: Ports
    let embedding: TokenEmbedding
    /// The index of the first token's tensor.
    let parameter: Int
    let isTrained: [Bool]
    /// Of the image, in positions.
    let size: Extent
    /// What is added to every element, tokens included: `[elements][stride]`.
    let addends: UnsafeMutableBuffer

    private var channels: Int { layouts.output.channels }
    private var stride: Int { layouts.output.stride }
    var isCheap: Bool { true }
    var sums: Int { isTrained.contains(true) ? layouts.outputGradient.pixels * stride : 0 }

    func prepare(_ values: [[Float]]) {
        let tokens = embedding.tokens.count
        let table = embedding.positions == nil ? [] : values[parameter + tokens]
        var sum = embedding.addends(table, channels: channels, size: size)
        for (index, value) in values[parameter..<parameter + tokens].joined().enumerated() {
            sum[index] += Double(value)
        }
        for (index, value) in sum.enumerated() {
            addends.pointer[index / channels * stride + index % channels] = Float(value)
        }
    }

    func forward(_ pass: Pass) {
        let first = embedding.count * stride
        var arguments = gk_binary()
        arguments.a_stride = layouts.input.stride
        arguments.b_stride = stride
        arguments.out_stride = stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        for image in 0..<pass.count {
            let x = pass.values[input] + image * layouts.input.count
            let out = pass.values[output] + image * layouts.output.count
            out.update(from: addends.pointer, count: first)
            for row in 0..<size.height {
                arguments.a = UnsafePointer(x + row * layouts.input.rowStride)
                arguments.b = UnsafePointer(addends.pointer + first + row * size.width * stride)
                arguments.out = out + first + row * size.width * stride
                arguments.pixels = size.width
                pass.kernels.pointee.add(&arguments)
            }
        }
    }

    func backward(_ pass: Pass) {
        if sums > 0, pass.isFirst { pass.sums.update(repeating: 0, count: sums) }
        for image in 0..<pass.count {
            let gradient = pass.gradients[output] + image * layouts.outputGradient.count
            if sums > 0 { graft_train_add(pass.sums, gradient, Int64(sums)) }
            guard wantsInput else { continue }
            let out = pass.gradients[input] + image * layouts.inputGradient.count
            for row in 0..<size.height {
                (out + row * layouts.inputGradient.rowStride).update(
                    from: gradient + (embedding.count + row * size.width) * stride, count: size.width * stride)
            }
        }
    }

    func add(_ part: UnsafeMutablePointer<Float>, to total: UnsafeMutablePointer<Float>) {
        graft_train_add(total, part, Int64(sums))
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        guard sums > 0 else { return }
        let total = chunks.added(sums), channels = channels
        let gradient = (0..<layouts.output.pixels).flatMap { element in
            (0..<channels).map { Double(total[element * stride + $0]) }
        }
        var start = 0
        for (index, token) in embedding.tokens.enumerated() {
            let end = start + token.count * channels
            if isTrained[index] { gradients[parameter + index] = gradient[start..<end].map { Float($0) } }
            start = end
        }
        let last = embedding.tokens.count
        if embedding.positions != nil, isTrained[last] {
            gradients[parameter + last] = embedding.tableGradient(gradient, channels: channels, size: size)
                .map { Float($0) }
        }
    }
}
