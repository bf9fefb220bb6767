import CKernels
import Zoo

/// `x * gate` with one value of the gate an image and channel (squeeze-excite).
struct GateStep: TrainingStep {
    let input: Int
    let gate: Int
    let output: Int
    let layouts: (input: Layout, output: Layout, inputGradient: Layout, outputGradient: Layout)
    let gateLayout: Layout
    let wantsInput: Bool
    let wantsGate: Bool

    var inputs: [Int] { [input, gate] }
    var isCheap: Bool { true }
    var needs: [Int] { (wantsGate ? [input] : []) + (wantsInput ? [gate] : []) }
    var scratch: Int { 2 * layouts.input.stride + (wantsInput ? 0 : layouts.outputGradient.count) }

    func forward(_ pass: Pass) {
        var arguments = gk_binary()
        arguments.a_stride = layouts.input.stride
        arguments.out_stride = layouts.output.stride
        arguments.vectors = layouts.input.stride / pass.kernels.pointee.lanes
        for image in 0..<pass.count {
            let x = pass.values[input] + image * layouts.input.count
            let out = pass.values[output] + image * layouts.output.count
            arguments.b = UnsafePointer(pass.values[gate] + image * gateLayout.count)
            Layout.runs(layouts.input, layouts.output, layouts.output, images: 1) { from, to, _, pixels in
                arguments.a = UnsafePointer(x + from)
                arguments.out = out + to
                arguments.pixels = pixels
                pass.kernels.pointee.multiply(&arguments)
            }
        }
    }

    func backward(_ pass: Pass) {
        let stride = layouts.input.stride
        let sums = UnsafeMutableRawPointer(pass.scratch).assumingMemoryBound(to: Double.self)
        var arguments = gk_norm()
        arguments.x_stride = stride
        arguments.gradient_stride = stride
        arguments.out_stride = stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        arguments.sums = sums
        for image in 0..<pass.count {
            sums.update(repeating: 0, count: stride)
            let gradient = pass.gradients[output] + image * layouts.outputGradient.count
            // The kernel reads both and writes the input's gradient, whether all are wanted or not.
            let out =
                wantsInput
                ? pass.gradients[input] + image * layouts.inputGradient.count
                : pass.scratch + 2 * stride + layouts.outputGradient.origin
            let outLayout = wantsInput ? layouts.inputGradient : layouts.outputGradient
            let x = wantsGate ? pass.values[input] + image * layouts.input.count : gradient
            let xLayout = wantsGate ? layouts.input : layouts.outputGradient
            arguments.factor = UnsafePointer(
                wantsInput ? pass.values[gate] + image * gateLayout.count : gradient)
            Layout.runs(layouts.outputGradient, xLayout, outLayout, images: 1) { of, from, to, pixels in
                arguments.x = UnsafePointer(x + from)
                arguments.gradient = UnsafePointer(gradient + of)
                arguments.out = out + to
                arguments.rows = pixels
                pass.kernels.pointee.gate_gradient(&arguments)
            }
            guard wantsGate else { continue }
            let target = pass.gradients[gate] + image * gateLayout.count
            for c in 0..<stride { target[c] = Float(sums[c]) }
        }
    }
}

/// `a + b`; in training, `a` is dropped for a whole image with the probability (stochastic depth, arXiv:1603.09382).
struct AddStep: TrainingStep {
    let first: Int
    let second: Int
    let output: Int
    let layouts: (first: Layout, second: Layout, output: Layout)
    let gradientLayouts: (first: Layout, second: Layout, output: Layout)
    let wants: (first: Bool, second: Bool)
    let probability: Double
    /// Where its random numbers come from.
    let source: RandomSource

    var inputs: [Int] { [first, second] }
    var isCheap: Bool { true }
    var scratch: Int { 2 * layouts.output.stride }

    func forward(_ pass: Pass) {
        let scales = probability > 0 ? source.depthScales(pass.occasion, pass.images, probability: probability) : nil
        var arguments = gk_binary()
        arguments.a_stride = layouts.first.stride
        arguments.b_stride = layouts.second.stride
        arguments.out_stride = layouts.output.stride
        arguments.vectors = layouts.output.stride / pass.kernels.pointee.lanes
        for image in 0..<pass.count {
            let a = pass.values[first] + image * layouts.first.count
            let b = pass.values[second] + image * layouts.second.count
            let out = pass.values[output] + image * layouts.output.count
            Layout.runs(layouts.first, layouts.second, layouts.output, images: 1) { from, with, to, pixels in
                arguments.a = UnsafePointer(a + from)
                if let scales {
                    scale(a + from, layouts.first.stride, by: scales[image], to: out + to, pixels: pixels, pass)
                    arguments.a = UnsafePointer(out + to)
                }
                arguments.b = UnsafePointer(b + with)
                arguments.out = out + to
                arguments.pixels = pixels
                pass.kernels.pointee.add(&arguments)
            }
        }
    }

    func backward(_ pass: Pass) {
        let scales = probability > 0 ? source.depthScales(pass.occasion, pass.images, probability: probability) : nil
        for image in 0..<pass.count {
            let gradient = pass.gradients[output] + image * gradientLayouts.output.count
            func copy(to target: Int, _ layout: Layout, scale factor: Float) {
                let out = pass.gradients[target] + image * layout.count
                Layout.runs(gradientLayouts.output, layout, layout, images: 1) { from, to, _, pixels in
                    scale(
                        gradient + from, gradientLayouts.output.stride, by: factor, to: out + to, pixels: pixels, pass)
                }
            }
            if wants.first { copy(to: first, gradientLayouts.first, scale: scales?[image] ?? 1) }
            if wants.second { copy(to: second, gradientLayouts.second, scale: 1) }
        }
    }

    private func scale(
        _ x: UnsafePointer<Float>, _ stride: Int, by factor: Float, to out: UnsafeMutablePointer<Float>, pixels: Int,
        _ pass: Pass
    ) {
        let factors = pass.scratch
        factors.update(repeating: factor, count: stride)
        var arguments = gk_binary()
        arguments.a = x
        arguments.b = UnsafePointer(factors)
        arguments.out = out
        arguments.a_stride = stride
        arguments.out_stride = stride
        arguments.pixels = pixels
        arguments.vectors = stride / pass.kernels.pointee.lanes
        pass.kernels.pointee.multiply(&arguments)
    }
}
