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

/// Every channel times a learnt factor, plus a shift where there is one.
struct LayerScaleTrainingStep: UnaryStep {
    let ports: Ports
    let scale: ChannelScale
    /// The index of the factors; the shift follows.
    let parameter: Int
    let isTrained: [Bool]
    let factors: UnsafeMutableBuffer
    /// Zeros where there is none.
    let shift: UnsafeMutableBuffer
    let zeros: UnsafeMutableBuffer

    private var trainsShift: Bool { isTrained.count > 1 && isTrained[1] }
    var isCheap: Bool { true }
    var needs: [Int] { isTrained[0] ? [input] : [] }
    var sums: Int { 2 * layouts.input.stride + (trainsShift ? BiasSum.count(layouts.outputGradient) : 0) }

    func prepare(_ values: [[Float]]) {
        factors.fill(scale.byChannel(values[parameter]))
        if scale.shift != nil { shift.fill(scale.byChannel(values[parameter + 1])) }
    }

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
            guard scale.shift != nil else { return }
            let channels = layouts.output.channels
            for pixel in 0..<pixels {
                let target = arguments.out + pixel * layouts.output.stride
                for c in 0..<channels { target[c] += shift.pointer[c] }
            }
        }
    }

    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output]
        if trainsShift {
            // Channels are added up as they are: the mean that is taken off is 0.
            BiasSum.add(gradient, layouts.outputGradient, zeros.pointer, at: 2 * layouts.input.stride, pass)
        }
        // The kernel reads and writes both; nobody reads the output's gradient after this.
        let x = isTrained[0] ? pass.values[input] : gradient
        let xLayout = isTrained[0] ? layouts.input : layouts.outputGradient
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
        func total(_ sums: [Double]) -> [Float] {
            scale.isShared ? [Float(sums.reduce(0, +))] : sums.map { Float($0) }
        }
        let channels = layouts.input.channels
        if isTrained[0] { gradients[parameter] = total(chunks.doubles(channels)) }
        if trainsShift {
            gradients[parameter + 1] = total(chunks.doubles(channels, at: 2 * layouts.input.stride))
        }
    }
}
