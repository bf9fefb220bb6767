public import Zoo

extension TrainingPlan {
    /// The gradients of every trained parameter (`gradientDict`), for the last `forward`.
    /// - Parameters:
    ///   - outputGradient: `d loss / d output`, in the output's shape.
    ///   - wantsInputGradient: whether to go on to the graph's input.
    /// - Returns: `d loss / d input` if it is wanted.
    /// - Throws: `EngineError.invalidValue` where no forward pass came before; `shapeMismatch`.
    @discardableResult
    public mutating func backward(
        _ outputGradient: Tensor, wantsInputGradient: Bool = false
    ) throws(EngineError) -> Tensor? {
        guard let tape else {
            throw EngineError(.invalidValue, "a backward pass needs a forward pass in training mode before it")
        }
        self.tape = nil
        let expected = [tape.batch] + (shapes.last ?? [])
        guard outputGradient.shape == expected else {
            throw EngineError(
                .shapeMismatch, "the gradient does not fit the output", expected: Tensor.describe(expected),
                found: Tensor.describe(outputGradient.shape))
        }
        var flowing = [[Float]?](repeating: nil, count: graph.nodes.count)
        flowing[graph.nodes.count - 1] = outputGradient.elements
        for index in graph.nodes.indices.reversed() {
            let node = graph.nodes[index]
            guard let gradient = flowing[index], !node.inputs.isEmpty else { continue }
            flowing[index] = nil
            let wanted = node.inputs.map { wantsInputGradient || needsGradient[$0] }
            let parts = try inputGradients(of: index, gradient, tape: tape, wanted: wanted)
            for (source, part) in zip(node.inputs, parts) {
                guard let part else { continue }
                if let sum = flowing[source] {
                    flowing[source] = zip(sum, part).map { $0 + $1 }
                } else {
                    flowing[source] = part
                }
            }
        }
        guard wantsInputGradient else { return nil }
        let shape = [tape.batch] + graph.inputShape
        return flowing[0].map { TrainingPlan.tensor(shape, $0) } ?? Tensor(shape: shape)
    }

    /// Stores the gradients of one node's parameters.
    /// - Returns: the gradients of its inputs, nil for one that is not wanted.
    private mutating func inputGradients(
        of index: Int, _ gradient: [Float], tape: Tape, wanted: [Bool]
    ) throws(EngineError) -> [[Float]?] {
        let node = graph.nodes[index]
        let inputs = node.inputs.map { tape.outputs[$0] }
        let shape = shapes[node.inputs.first ?? 0]
        let first = firstParameter[index]
        let batch = tape.batch
        func only(_ part: @autoclosure () -> [Float]) -> [[Float]?] { [wanted[0] ? part() : nil] }
        switch node.operation {
        case .input:
            return []
        case .linear(let linear):
            if isTrained[first] {
                gradients[first] = LinearTraining.weightGradient(gradient, input: inputs[0], batch: batch, linear)
            }
            if linear.bias, isTrained[first + 1] {
                gradients[first + 1] = ChannelSums.of(gradient, channels: linear.outputs).map { Float($0) }
            }
            return only(LinearTraining.inputGradient(gradient, weight: values[first], batch: batch, linear))
        case .batchNorm(let norm):
            let batchStatistics = tape.statistics[index]
            let used =
                batchStatistics ?? ChannelStatistics(mean: values[first + 2], variance: values[first + 3])
            let result = BatchNormTraining.backward(
                gradient, input: inputs[0], statistics: used, ofBatch: batchStatistics != nil, weight: values[first],
                epsilon: norm.epsilon)
            if isTrained[first] { gradients[first] = result.weight }
            if isTrained[first + 1] { gradients[first + 1] = result.bias }
            return only(result.input)
        case .activation(let activation):
            return only(zip(gradient, inputs[0]).map { $0 * activation.slope($1) })
        case .globalPool(let pool):
            return only(
                GlobalPoolTraining.backward(
                    gradient, input: inputs[0], output: tape.outputs[index], shape: shape, batch: batch, pool))
        case .multiply:
            let channels = shape.last ?? 1
            return [
                wanted[0] ? ElementwiseTraining.multiply(gradient, inputs[1], channels: channels, batch: batch) : nil,
                wanted[1]
                    ? ElementwiseTraining.secondFactorGradient(
                        gradient, first: inputs[0], second: inputs[1], channels: channels, batch: batch) : nil,
            ]
        case .add(let probability):
            guard wanted[0], probability > 0 else { return wanted.map { $0 ? gradient : nil } }
            let scales = depthScales(of: index, tape.moment, probability: probability)
            let size = shape.reduce(1, *)
            return [gradient.indices.map { gradient[$0] * scales[$0 / size] }, wanted[1] ? gradient : nil]
        case .concatenate:
            return ElementwiseTraining.split(gradient, channels: node.inputs.map { shapes[$0].last ?? 1 })
                .enumerated().map { wanted[$0] ? $1 : nil }
        case .dropout(let probability):
            guard probability > 0 else { return only(gradient) }
            return only(dropped(gradient, at: index, tape.moment, probability: probability))
        case .flatten:
            return only(ElementwiseTraining.unflatten(gradient, shape: shape, batch: batch))
        case .normalize:
            return only(NormalizeTraining.backward(gradient, input: inputs[0], channels: shape.last ?? 1))
        case .convolution:
            throw TrainingPlan.unsupported("a convolution", node)
        case .pool:
            throw TrainingPlan.unsupported("a pooling window", node)
        }
    }
}
