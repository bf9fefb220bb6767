import CKernels
import Zoo

/// Layer normalisation of every position's channels.
struct LayerNormTrainingStep: UnaryStep {
    let ports: Ports
    let norm: LayerNormalization
    /// The index of the weight; the bias follows.
    let parameter: Int
    let isTrained: [Bool]
    let weight: UnsafeMutableBuffer
    let bias: UnsafeMutableBuffer

    var isCheap: Bool { true }
    var needs: [Int] { [input] }
    private var padded: Int { layouts.input.stride }
    // Doubles take two floats.
    var sums: Int { 4 * padded }

    func prepare(_ values: [[Float]]) {
        weight.fill(values[parameter])
        bias.fill(values[parameter + 1])
    }

    private var arguments: gk_layer_norm {
        var arguments = gk_layer_norm()
        arguments.x_stride = padded
        arguments.channels = norm.channels
        arguments.epsilon = Float(norm.epsilon)
        arguments.weight = UnsafePointer(weight.pointer)
        arguments.bias = UnsafePointer(bias.pointer)
        return arguments
    }

    func forward(_ pass: Pass) {
        var arguments = arguments
        arguments.out_stride = layouts.output.stride
        Layout.runs(layouts.input, layouts.output, layouts.output, images: pass.count) { from, to, _, pixels in
            arguments.x = UnsafePointer(pass.values[input] + from)
            arguments.out = pass.values[output] + to
            arguments.rows = pixels
            pass.kernels.pointee.layer_norm(&arguments)
        }
    }

    func backward(_ pass: Pass) {
        var arguments = arguments
        arguments.gradient_stride = layouts.outputGradient.stride
        arguments.out_stride = layouts.inputGradient.stride
        arguments.sums = pass.doubles(2 * padded)
        Layout.runs(layouts.input, layouts.outputGradient, layouts.inputGradient, images: pass.count) {
            from, of, to, pixels in
            arguments.x = UnsafePointer(pass.values[input] + from)
            arguments.gradient = UnsafePointer(pass.gradients[output] + of)
            arguments.out = wantsInput ? pass.gradients[input] + to : nil
            arguments.rows = pixels
            pass.kernels.pointee.layer_norm_backward(&arguments)
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        let sums = chunks.doubles(2 * padded)
        for index in 0..<2 where isTrained[index] {
            gradients[parameter + index] = sums[index * padded..<index * padded + norm.channels].map { Float($0) }
        }
    }
}

/// Every channel times a learnt factor.
struct LayerScaleTrainingStep: UnaryStep {
    let ports: Ports
    let parameter: Int
    let isTrained: Bool
    let factors: UnsafeMutableBuffer

    var isCheap: Bool { true }
    var needs: [Int] { isTrained ? [input] : [] }
    var sums: Int { 2 * layouts.input.stride }

    func prepare(_ values: [[Float]]) { factors.fill(values[parameter]) }

    func forward(_ pass: Pass) {
        var arguments = gk_binary()
        arguments.a_stride = layouts.input.stride
        arguments.b = UnsafePointer(factors.pointer)
        arguments.out_stride = layouts.output.stride
        arguments.vectors = layouts.input.stride / pass.kernels.pointee.lanes
        Layout.runs(layouts.input, layouts.output, layouts.output, images: pass.count) { from, to, _, pixels in
            arguments.a = UnsafePointer(pass.values[input] + from)
            arguments.out = pass.values[output] + to
            arguments.pixels = pixels
            pass.kernels.pointee.multiply(&arguments)
        }
    }

    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output]
        // The kernel reads and writes both; nobody reads the output's gradient after this.
        let x = isTrained ? pass.values[input] : gradient
        let xLayout = isTrained ? layouts.input : layouts.outputGradient
        let out = wantsInput ? pass.gradients[input] : gradient
        let outLayout = wantsInput ? layouts.inputGradient : layouts.outputGradient
        var arguments = gk_norm()
        arguments.x_stride = xLayout.stride
        arguments.gradient_stride = layouts.outputGradient.stride
        arguments.out_stride = outLayout.stride
        arguments.vectors = layouts.input.stride / pass.kernels.pointee.lanes
        arguments.factor = UnsafePointer(factors.pointer)
        arguments.sums = pass.doubles(layouts.input.stride)
        Layout.runs(layouts.outputGradient, xLayout, outLayout, images: pass.count) { of, from, to, pixels in
            arguments.x = UnsafePointer(x + from)
            arguments.gradient = UnsafePointer(gradient + of)
            arguments.out = out + to
            arguments.rows = pixels
            pass.kernels.pointee.gate_gradient(&arguments)
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        guard isTrained else { return }
        gradients[parameter] = chunks.doubles(layouts.input.channels).map { Float($0) }
    }
}
