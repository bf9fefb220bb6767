import Zoo

/// The operations that take little time: on arrays without padding.
struct ArrayStep: TrainingStep {
    let operation: Operation
    let inputs: [Int]
    let output: Int
    let layouts: (inputs: [Layout], output: Layout, inputGradients: [Layout], outputGradient: Layout)
    /// The shape of an image of the first input.
    let shape: [Int]
    let wants: [Bool]
    let parameter: Int
    let isTrained: [Bool]
    let source: RandomSource
    /// Of an operation that only moves values.
    let move: Rearrangement?
    let state = State()

    /// The parameters as they are in this pass.
    final class State: @unchecked Sendable {
        var values: [[Float]] = []
        /// Weight and factor of unit rows, of which the first of the values is made.
        var parts: [[Float]] = []
    }

    private var linear: Linear? { if case .linear(let linear) = operation { linear } else { nil } }

    var isCheap: Bool { linear == nil }
    // Its sums run over the batch in one order.
    var isWhole: Bool { linear != nil }
    var sums: Int { linear.map { $0.inputs * $0.outputs + $0.outputs } ?? 0 }
    var needs: [Int] {
        switch operation {
        case .linear(let linear): isTrained[0] || linear.hasUnitRows ? inputs : []
        case .globalPool: wants[0] ? inputs + [output] : []
        case .multiply: (wants[0] ? [inputs[1]] : []) + (wants[1] ? [inputs[0]] : [])
        case .normalize, .neighbours: wants[0] ? inputs : []
        case .input, .convolution, .batchNorm, .activation, .pool, .add, .concatenate, .dropout, .flatten, .layerNorm,
            .layerScale, .tokens, .attention, .slice, .responseNorm, .spaceToDepth, .pad, .channelShuffle, .gridPool:
            []
        }
    }

    func prepare(_ values: [[Float]]) {
        state.values = isTrained.indices.map { values[parameter + $0] }
        guard let linear, linear.hasUnitRows else { return }
        state.parts = state.values
        state.values[0] = WeightNorm.applied(state.parts, linear)
    }

    private func value(_ index: Int, _ pass: Pass) -> [Float] {
        layouts.inputs[index].array(pass.values[inputs[index]], images: pass.count)
    }

    func forward(_ pass: Pass) {
        let first = value(0, pass), batch = pass.count
        let result: [Float]
        switch operation {
        case .linear(let linear):
            result = LinearTraining.forward(
                first, weight: state.values[0], bias: linear.bias ? state.values[1] : nil, batch: batch, linear)
        case .globalPool(let pool):
            result = GlobalPoolTraining.forward(first, shape: shape, batch: batch, pool)
        case .gridPool(let grid):
            result = GridPoolTraining.forward(first, shape: shape, batch: batch, grid)
        case .multiply:
            result = zip(first, value(1, pass)).map { $0 * $1 }
        case .add:
            result = zip(first, value(1, pass)).map { $0 + $1 }
        case .concatenate:
            result = ElementwiseTraining.concatenate(
                inputs.indices.map { value($0, pass) }, channels: layouts.inputs.map(\.channels),
                rows: batch * layouts.output.pixels)
        case .dropout(let probability):
            result =
                probability > 0
                ? source.dropped(first, pass, probability: probability) : first
        case .flatten:
            result = ElementwiseTraining.flatten(first, shape: shape, batch: batch)
        case .normalize:
            result = NormalizeTraining.forward(first, channels: layouts.output.channels)
        case .neighbours(let votes):
            let votes = Votes(votes, state.values)
            result = votes.rows(of: first).flatMap { votes.logits($0).map { Float($0) } }
        case .slice, .spaceToDepth, .pad, .channelShuffle:
            result = moved(first, batch: batch)
        case .input, .convolution, .batchNorm, .activation, .pool, .layerNorm, .layerScale, .tokens, .attention,
            .responseNorm:
            preconditionFailure("a step of its own")
        }
        layouts.output.write(result, to: pass.values[output], images: batch)
    }

    func backward(_ pass: Pass) {
        let batch = pass.count
        let gradient = layouts.outputGradient.array(pass.gradients[output], images: batch)
        var parts: [[Float]?] = inputs.map { _ in nil }
        switch operation {
        case .linear(let linear):
            sumUp(gradient, linear, pass)
            parts = [
                wants[0]
                    ? LinearTraining.inputGradient(gradient, weight: state.values[0], batch: batch, linear) : nil
            ]
        case .globalPool(let pool):
            guard wants[0] else { return }
            parts = [
                GlobalPoolTraining.backward(
                    gradient, input: value(0, pass),
                    output: layouts.output.array(pass.values[output], images: batch), shape: shape, batch: batch, pool)
            ]
        case .gridPool(let grid):
            parts = [GridPoolTraining.backward(gradient, shape: shape, batch: batch, grid)]
        case .multiply:
            if wants[0] { parts[0] = zip(gradient, value(1, pass)).map { $0 * $1 } }
            if wants[1] { parts[1] = zip(gradient, value(0, pass)).map { $0 * $1 } }
        case .add:
            parts = [gradient, gradient]
        case .concatenate:
            parts = ElementwiseTraining.split(gradient, channels: layouts.inputs.map(\.channels))
        case .dropout(let probability):
            parts = [
                probability > 0
                    ? source.dropped(gradient, pass, probability: probability) : gradient
            ]
        case .flatten:
            parts = [ElementwiseTraining.unflatten(gradient, shape: shape, batch: batch)]
        case .normalize:
            guard wants[0] else { return }
            parts = [NormalizeTraining.backward(gradient, input: value(0, pass), channels: layouts.output.channels)]
        case .neighbours(let votes):
            guard wants[0] else { return }
            let votes = Votes(votes, state.values), outputs = votes.attributes.outputs
            parts = [
                votes.rows(of: value(0, pass)).enumerated().flatMap { index, row in
                    votes.gradient(gradient[index * outputs..<(index + 1) * outputs].map(Double.init), at: row)
                        .map { Float($0) }
                }
            ]
        case .slice, .spaceToDepth, .pad, .channelShuffle:
            parts = [movedBack(gradient, batch: batch)]
        case .input, .convolution, .batchNorm, .activation, .pool, .layerNorm, .layerScale, .tokens, .attention,
            .responseNorm:
            preconditionFailure("a step of its own")
        }
        write(parts, pass)
    }

    /// Where each output value of an image comes from; nil for a zero.
    private func sources() -> [Int?] {
        guard let move else { return [] }
        let input = layouts.inputs[0], output = layouts.output
        let offsets = move.offsets(width: input.width, stride: input.channels)
        let (from, to) = ((input.height, input.width), (output.height, output.width))
        return (0..<output.pixels).flatMap { pixel in
            let base = move.base(pixel, outputWidth: output.width, inputWidth: input.width) * input.channels
            return offsets.indices.map { channel in
                move.isInside(pixel, channel: channel, output: to, input: from) ? base + offsets[channel] : nil
            }
        }
    }

    private func moved(_ values: [Float], batch: Int) -> [Float] {
        let sources = sources(), size = values.count / batch
        return (0..<batch).flatMap { n in sources.map { source in source.map { values[n * size + $0] } ?? 0 } }
    }

    private func movedBack(_ gradient: [Float], batch: Int) -> [Float] {
        let sources = sources(), size = layouts.inputs[0].pixels * layouts.inputs[0].channels
        var result = [Float](repeating: 0, count: batch * size)
        for n in 0..<batch {
            for (index, source) in sources.enumerated() {
                guard let source else { continue }
                result[n * size + source] += gradient[n * sources.count + index]
            }
        }
        return result
    }

    /// An operand that stands twice gets the sum.
    private func write(_ parts: [[Float]?], _ pass: Pass) {
        var done: Set<Int> = []
        for (index, input) in inputs.enumerated() where wants[index] && done.insert(input).inserted {
            let own = inputs.indices.filter { inputs[$0] == input }.compactMap { parts[$0] }
            guard let first = own.first else { continue }
            let sum = own.dropFirst().reduce(first) { zip($0, $1).map { $0 + $1 } }
            layouts.inputGradients[index].write(sum, to: pass.gradients[input], images: pass.count)
        }
    }

    private func sumUp(_ gradient: [Float], _ linear: Linear, _ pass: Pass) {
        if isTrained[0] || linear.hasUnitRows {
            let sum = LinearTraining.weightGradient(gradient, input: value(0, pass), batch: pass.count, linear)
            for (index, value) in sum.enumerated() { pass.sums[index] = value }
        }
        if linear.bias, isTrained[1] {
            let sum = ChannelSums.of(gradient, channels: linear.outputs)
            for (index, value) in sum.enumerated() { pass.sums[linear.inputs * linear.outputs + index] = Float(value) }
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        guard let linear else { return }
        let sums = chunks.total
        let count = linear.inputs * linear.outputs
        if linear.hasUnitRows {
            let whole = Array(UnsafeBufferPointer(start: sums, count: count))
            let parts = WeightNorm.backward(whole, state.parts, linear)
            if isTrained[0] { gradients[parameter] = parts.weight }
            if isTrained[1] { gradients[parameter + 1] = [parts.scale] }
            return
        }
        if isTrained[0] { gradients[parameter] = Array(UnsafeBufferPointer(start: sums, count: count)) }
        if linear.bias, isTrained[1] {
            gradients[parameter + 1] = Array(UnsafeBufferPointer(start: sums + count, count: linear.outputs))
        }
    }
}

/// Sums over everything but the channels, the last axis.
enum ChannelSums {
    static func of(_ values: [Float], channels: Int) -> [Double] {
        var sums = [Double](repeating: 0, count: channels)
        for start in stride(from: 0, to: values.count, by: channels) {
            for c in 0..<channels { sums[c] += Double(values[start + c]) }
        }
        return sums
    }
}
