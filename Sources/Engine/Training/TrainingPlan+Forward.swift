public import Zoo

extension TrainingPlan {
    /// One pass in training mode: batch statistics, dropout, stochastic depth. Updates the running statistics and keeps
    /// what `backward` needs.
    /// - Parameters:
    ///   - input: `[N]` and the graph's input shape.
    ///   - epoch: makes the random numbers of each epoch different.
    ///   - samples: the index of each of the N images in its data set, 0 to N - 1 for nil. A picture's dropout depends on
    ///     the plan's seed, the epoch and this number, not on the batch it stands in.
    /// - Returns: `[N, ...]`
    /// - Throws: `EngineError.shapeMismatch`; `invalidValue` where a batch norm would have one value a channel.
    public mutating func forward(
        _ input: Tensor, epoch: Int = 0, samples: [Int]? = nil
    ) throws(EngineError) -> Tensor {
        let batch = try batchSize(of: input)
        let moment = Moment(epoch: epoch, samples: samples ?? Array(0..<batch))
        guard moment.samples.count == batch else {
            throw EngineError(
                .shapeMismatch, "every image needs a number", expected: "\(batch) numbers",
                found: "\(moment.samples.count)")
        }
        var outputs: [[Float]] = []
        var statistics: [Int: ChannelStatistics] = [:]
        for index in graph.nodes.indices {
            if usesBatchStatistics(index), case .batchNorm(let norm) = graph.nodes[index].operation {
                let input = outputs[graph.nodes[index].inputs[0]]
                guard input.count > norm.channels else {
                    throw EngineError(
                        .invalidValue, "batch norm cannot be trained on one value a channel",
                        parameter: graph.nodes[index].name, expected: "a batch of at least 2", found: "\(batch)",
                        remedy: "use a larger train.batch_size")
                }
                let found = ChannelStatistics(of: input, channels: norm.channels)
                let first = firstParameter[index]
                values[first + 2] = found.runningMean(after: values[first + 2], momentum: norm.momentum)
                values[first + 3] = found.runningVariance(after: values[first + 3], momentum: norm.momentum)
                statistics[index] = found
            }
            outputs.append(
                try output(of: index, from: outputs, input: input, moment: moment, statistics: statistics[index]))
        }
        tape = Tape(batch: batch, moment: moment, outputs: outputs, statistics: statistics)
        return TrainingPlan.tensor([batch] + (shapes.last ?? []), outputs.last ?? [])
    }

    /// One pass in evaluation mode: running statistics, nothing random. An image's answer does not depend on the others.
    /// - Parameter input: `[N]` and the graph's input shape.
    /// - Returns: `[N, ...]`
    /// - Throws: `EngineError.shapeMismatch`
    public func evaluate(_ input: Tensor) throws(EngineError) -> Tensor {
        let batch = try batchSize(of: input)
        var outputs: [[Float]] = []
        for index in graph.nodes.indices {
            outputs.append(try output(of: index, from: outputs, input: input, moment: nil, statistics: nil))
        }
        return TrainingPlan.tensor([batch] + (shapes.last ?? []), outputs.last ?? [])
    }

    private func batchSize(of input: Tensor) throws(EngineError) -> Int {
        guard input.shape.count == graph.inputShape.count + 1, Array(input.shape.dropFirst()) == graph.inputShape else {
            throw EngineError(
                .shapeMismatch, "the input does not fit the model",
                expected: "Nx\(Tensor.describe(graph.inputShape))", found: Tensor.describe(input.shape))
        }
        return input.shape[0]
    }

    /// - Parameters:
    ///   - moment: nil in evaluation.
    ///   - statistics: the batch's, where a batch norm uses them.
    private func output(
        of index: Int, from outputs: [[Float]], input: Tensor, moment: Moment?, statistics: ChannelStatistics?
    ) throws(EngineError) -> [Float] {
        let node = graph.nodes[index]
        let inputs = node.inputs.map { outputs[$0] }
        let parameters = values[firstParameter[index]..<firstParameter[index] + node.parameters.count]
        let shape = shapes[node.inputs.first ?? 0]
        let batch = input.shape[0]
        switch node.operation {
        case .input:
            return input.elements
        case .linear(let linear):
            return LinearTraining.forward(
                inputs[0], weight: parameters[firstParameter[index]],
                bias: linear.bias ? parameters[firstParameter[index] + 1] : nil, batch: batch, linear)
        case .batchNorm(let norm):
            let first = firstParameter[index]
            let used =
                statistics ?? ChannelStatistics(mean: parameters[first + 2], variance: parameters[first + 3])
            return BatchNormTraining.forward(
                inputs[0], statistics: used, weight: parameters[first], bias: parameters[first + 1],
                epsilon: norm.epsilon)
        case .activation(let activation):
            return inputs[0].map(activation.value)
        case .globalPool(let pool):
            return GlobalPoolTraining.forward(inputs[0], shape: shape, batch: batch, pool)
        case .multiply:
            return ElementwiseTraining.multiply(inputs[0], inputs[1], channels: shape.last ?? 1, batch: batch)
        case .add(let probability):
            guard let moment, probability > 0 else { return zip(inputs[0], inputs[1]).map { $0 + $1 } }
            let scales = depthScales(of: index, moment, probability: probability)
            let size = shape.reduce(1, *)
            return inputs[0].indices.map { inputs[0][$0] * scales[$0 / size] + inputs[1][$0] }
        case .concatenate:
            return ElementwiseTraining.concatenate(
                inputs, channels: node.inputs.map { shapes[$0].last ?? 1 }, rows: batch * shape.dropLast().reduce(1, *))
        case .dropout(let probability):
            guard let moment, probability > 0 else { return inputs[0] }
            return dropped(inputs[0], at: index, moment, probability: probability)
        case .flatten:
            return ElementwiseTraining.flatten(inputs[0], shape: shape, batch: batch)
        case .normalize:
            return NormalizeTraining.forward(inputs[0], channels: shape.last ?? 1)
        case .convolution:
            throw TrainingPlan.unsupported("a convolution", node)
        case .pool:
            throw TrainingPlan.unsupported("a pooling window", node)
        }
    }
}
