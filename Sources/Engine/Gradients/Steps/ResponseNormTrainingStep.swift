import Zoo

/// Global response normalisation: `y = x (1 + weight g / m) + bias` with the norms g of the channels and their mean m (and
/// epsilon).
struct ResponseNormTrainingStep: UnaryStep {
    let ports: Ports
    let norm: ResponseNormalization
    /// The index of the weight; the bias follows.
    let parameter: Int
    let isTrained: [Bool]
    let state: State

    /// The parameters as they are in this pass.
    final class State: @unchecked Sendable {
        var weight: [Float] = []
        var bias: [Float] = []
    }

    var isCheap: Bool { true }
    var needs: [Int] { [input] }
    // Doubles take two floats.
    var sums: Int { 4 * norm.channels }

    func prepare(_ values: [[Float]]) {
        state.weight = values[parameter]
        state.bias = values[parameter + 1]
    }

    /// The channels' norms over an image's pixels, and their mean.
    private func norms(_ x: ArraySlice<Float>) -> (norms: [Double], mean: Double) {
        var squares = [Double](repeating: 0, count: norm.channels)
        for (index, value) in x.enumerated() { squares[index % norm.channels] += Double(value) * Double(value) }
        let norms = squares.map { $0.squareRoot() }
        return (norms, norms.reduce(0, +) / Double(norm.channels) + norm.epsilon)
    }

    func forward(_ pass: Pass) {
        var x = layouts.input.array(pass.values[input], images: pass.count)
        let size = x.count / pass.count, channels = norm.channels
        for image in 0..<pass.count {
            let part = image * size..<(image + 1) * size
            let (norms, mean) = norms(x[part])
            for (offset, index) in part.enumerated() {
                let c = offset % channels
                x[index] = Float(
                    Double(x[index]) * (1 + Double(state.weight[c]) * norms[c] / mean) + Double(state.bias[c]))
            }
        }
        layouts.output.write(x, to: pass.values[output], images: pass.count)
    }

    func backward(_ pass: Pass) {
        let x = layouts.input.array(pass.values[input], images: pass.count)
        let gradient = layouts.outputGradient.array(pass.gradients[output], images: pass.count)
        var result = gradient
        let size = x.count / pass.count, channels = norm.channels
        let sums = pass.doubles(2 * channels)
        for image in 0..<pass.count {
            let part = image * size..<(image + 1) * size
            let (norms, mean) = norms(x[part])
            // By channel: the sum of g x, and of g.
            var products = [Double](repeating: 0, count: channels)
            for (offset, index) in part.enumerated() {
                products[offset % channels] += Double(gradient[index]) * Double(x[index])
                sums[channels + offset % channels] += Double(gradient[index])
            }
            var along = 0.0
            for c in 0..<channels {
                sums[c] += products[c] * norms[c] / mean
                along += products[c] * Double(state.weight[c]) * norms[c]
            }
            along /= mean * mean * Double(channels)
            for (offset, index) in part.enumerated() {
                let c = offset % channels
                let towardsNorm = products[c] * Double(state.weight[c]) / mean - along
                let ofNorm = norms[c] > 0 ? Double(x[index]) / norms[c] : 0
                result[index] = Float(
                    Double(gradient[index]) * (1 + Double(state.weight[c]) * norms[c] / mean) + towardsNorm * ofNorm)
            }
        }
        if wantsInput { layouts.inputGradient.write(result, to: pass.gradients[input], images: pass.count) }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        let sums = chunks.doubles(2 * norm.channels)
        for index in 0..<2 where isTrained[index] {
            gradients[parameter + index] = sums[index * norm.channels..<(index + 1) * norm.channels].map { Float($0) }
        }
    }
}
