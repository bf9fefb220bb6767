import CKernels
import Zoo

/// Batch normalisation by the batch's own statistics with the activation after it (arXiv:1502.03167).
struct BatchNormStep: BatchStep, UnaryStep {
    let ports: Ports
    let norm: BatchNorm
    let activation: Activation?
    /// The index of the weight among the parameters; bias and running statistics follow.
    let parameter: Int
    let isTrained: (weight: Bool, bias: Bool)
    let constants: NormConstants
    let state: State

    /// What one pass leaves for the next. Written between passes only.
    final class State: @unchecked Sendable {
        var weight: [Float] = []
        var bias: [Float] = []
        var inverse: [Double] = []
        var count = 0
    }

    var isCheap: Bool { true }
    var needs: [Int] { [input] }
    private var padded: Int { layouts.input.stride }
    // Doubles take two floats.
    var sums: Int { 4 * padded }
    var collected: Int { 4 * padded + 2 }
    var scratch: Int { 4 * padded }

    func prepare(_ values: [[Float]]) {
        state.weight = values[parameter]
        state.bias = values[parameter + 1]
    }

    /// Mean and squared distances of these images, merged into the chunk's (Chan, Golub and LeVeque 1979).
    func collect(_ pass: Pass) {
        let x = pass.values[input]
        let found = UnsafeMutableRawPointer(pass.scratch).assumingMemoryBound(to: Double.self)
        found.update(repeating: 0, count: 2 * padded)
        var arguments = gk_norm()
        arguments.x_stride = padded
        arguments.vectors = padded / pass.kernels.pointee.lanes
        // The first pixel is near enough to the mean.
        arguments.mean = UnsafePointer(x)
        arguments.sums = found
        Layout.runs(layouts.input, layouts.input, layouts.input, images: pass.count) { offset, _, _, pixels in
            arguments.x = UnsafePointer(x + offset)
            arguments.rows = pixels
            pass.kernels.pointee.moments(&arguments)
        }
        let total = pass.doubles(2 * padded + 1)
        let count = Double(pass.count * layouts.input.pixels), before = total[2 * padded]
        for c in 0..<norm.channels {
            let offset = found[c] / count
            let mean = Double(x[c]) + offset, squares = found[padded + c] - found[c] * offset
            let distance = mean - total[c]
            total[c] += distance * count / (before + count)
            total[padded + c] += squares + distance * distance * before * count / (before + count)
        }
        total[2 * padded] = before + count
    }

    func addCollected(_ part: UnsafePointer<Double>, to total: UnsafeMutablePointer<Double>) {
        // Means, squared distances, and of how many values.
        let before = total[2 * padded], count = part[2 * padded]
        for c in 0..<norm.channels {
            let distance = part[c] - total[c]
            total[c] += distance * count / (before + count)
            total[padded + c] += part[padded + c] + distance * distance * before * count / (before + count)
        }
        total[2 * padded] = before + count
    }

    func finishCollecting(_ chunks: ChunkSums, count: Int) -> ChannelStatistics {
        let channels = norm.channels
        let total = chunks.folded(2 * padded + 1) { addCollected($1, to: $0) }
        let mean = Array(total[..<channels]), squares = Array(total[padded..<padded + channels])
        let statistics = ChannelStatistics(mean: mean, squares: squares, count: count)
        constants.set(statistics, weight: state.weight, bias: state.bias, epsilon: norm.epsilon)
        state.inverse = statistics.inverseDeviation(epsilon: norm.epsilon)
        state.count = count
        return statistics
    }

    func forward(_ pass: Pass) {
        constants.apply(
            from: pass.values[input], layouts.input, to: pass.values[output], layouts.output, activation, pass)
    }

    /// Turns the output's gradient into that before the activation, in place, and adds up.
    func backward(_ pass: Pass) {
        let gradient = pass.gradients[output]
        var arguments = gk_norm()
        arguments.mean = UnsafePointer(constants.mean)
        arguments.sums = pass.doubles(2 * padded)
        constants.gradient(
            &arguments, x: pass.values[input], layouts.input, gradient: gradient, layouts.outputGradient,
            to: gradient, layouts.outputGradient, activation, pass)
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        let sums = chunks.doubles(2 * padded)
        let inverse = state.inverse, count = Double(state.count)
        for c in 0..<norm.channels {
            let scale = inverse[c] * Double(state.weight[c])
            constants.gradientFactor[c] = Float(scale)
            constants.distanceFactor[c] = Float(-scale * inverse[c] * inverse[c] * sums[padded + c] / count)
            constants.rest[c] = Float(-scale * sums[c] / count)
        }
        if isTrained.weight {
            gradients[parameter] = (0..<norm.channels).map { Float(sums[padded + $0] * inverse[$0]) }
        }
        if isTrained.bias { gradients[parameter + 1] = (0..<norm.channels).map { Float(sums[$0]) } }
    }

    func spread(_ pass: Pass) {
        let x = pass.values[input], gradient = pass.gradients[output], out = pass.gradients[input]
        var arguments = gk_norm()
        arguments.x_stride = padded
        arguments.gradient_stride = padded
        arguments.out_stride = padded
        arguments.vectors = padded / pass.kernels.pointee.lanes
        arguments.mean = UnsafePointer(constants.mean)
        arguments.factor = UnsafePointer(constants.gradientFactor)
        arguments.scale = UnsafePointer(constants.distanceFactor)
        arguments.shift = UnsafePointer(constants.rest)
        Layout.runs(layouts.input, layouts.outputGradient, layouts.inputGradient, images: pass.count) {
            from, of, to, pixels in
            arguments.x = UnsafePointer(x + from)
            arguments.gradient = UnsafePointer(gradient + of)
            arguments.out = out + to
            arguments.rows = pixels
            pass.kernels.pointee.norm_backward(&arguments)
        }
    }
}
