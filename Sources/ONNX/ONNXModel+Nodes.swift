import Zoo

extension ONNXModel {
    /// Writes every node of the graph. The weights and shapes were checked.
    /// - Parameter shapes: every node's output shape, `[H, W, C]` or `[C]`: "same" margins depend on it.
    static func describe(_ graph: Graph, shapes: [[Int]], weights: StateDict, in list: inout NodeList) {
        var values: [String] = []
        for (index, node) in graph.nodes.enumerated() {
            let inputs = node.inputs.map { values[$0] }
            let shape = node.inputs.first.map { shapes[$0] } ?? shapes[index]
            let parameters = node.parameters.map { parameter in
                var tensor = weights[parameter.name] ?? Tensor(shape: parameter.shape)
                if shape.count == 1, parameter.shape.count == 4 {
                    // A convolution of one pixel's features is written as what it is: a matrix product.
                    tensor =
                        (try? Tensor(shape: Array(parameter.shape.prefix(2)), elements: tensor.elements)) ?? tensor
                }
                return list.constant(parameter.name, tensor)
            }
            values.append(
                list.describe(node.operation, at: node.name, inputs, parameters: parameters, inputShape: shape))
        }
        if let last = values.last, list.nodes.last?.output != [last] {
            _ = list.append("Identity", [last], name: "output")
        }
        list.renameLastOutput(outputName)
    }
}

extension NodeList {
    /// The nodes of one operation.
    /// - Returns: the name of its output.
    fileprivate mutating func describe(
        _ operation: Operation, at name: String, _ inputs: [String], parameters: [String], inputShape: [Int]
    ) -> String {
        switch operation {
        case .input:
            return ONNXModel.inputName
        case .convolution where inputShape.count == 1:
            return append("Gemm", inputs + parameters, name: name, attributes: [.int("transB", 1)])
        case .convolution(let conv):
            return append(
                "Conv", inputs + parameters, name: name,
                attributes: [
                    .ints("dilations", [conv.dilation.height, conv.dilation.width]), .int("group", conv.groups),
                    .ints("kernel_shape", [conv.kernel.height, conv.kernel.width]),
                    .ints(
                        "pads",
                        pads(
                            conv.padding, inputShape, kernel: conv.kernel, stride: conv.stride,
                            dilation: conv.dilation)),
                    .ints("strides", [conv.stride.height, conv.stride.width]),
                ])
        case .batchNorm(let norm):
            return append(
                "BatchNormalization", inputs + parameters, name: name, attributes: [.float("epsilon", norm.epsilon)])
        case .activation(let activation):
            return describe(activation, at: name, inputs)
        case .pool(let pool):
            return describe(pool, at: name, inputs, inputShape: inputShape)
        case .globalPool(let kind):
            return describe(kind, at: name, inputs)
        case .multiply:
            return append("Mul", inputs, name: name)
        case .add:
            return append("Add", inputs, name: name)
        case .concatenate:
            return append("Concat", inputs, name: name, attributes: [.int("axis", 1)])
        case .dropout:
            // Nothing in use.
            return inputs[0]
        case .flatten:
            // Channels first is the order that the graph means.
            return append("Flatten", inputs, name: name, attributes: [.int("axis", 1)])
        case .linear:
            return append("Gemm", inputs + parameters, name: name, attributes: [.int("transB", 1)])
        case .normalize:
            let norm = append(
                "ReduceL2", inputs, name: name, attributes: [.ints("axes", [1]), .int("keepdims", 1)])
            let divisor = append("Max", [norm, scalar(Float(Operation.leastNorm))], name: name)
            return append("Div", inputs + [divisor], name: name)
        }
    }

    private mutating func describe(_ activation: Activation, at name: String, _ inputs: [String]) -> String {
        switch activation {
        case .relu: return append("Relu", inputs, name: name)
        case .relu6: return append("Clip", inputs + [scalar(0), scalar(6)], name: name)
        case .silu: return append("Mul", inputs + [append("Sigmoid", inputs, name: name)], name: name)
        // Its slope and offset are fixed at 1/6 and 1/2.
        case .hardSwish: return append("HardSwish", inputs, name: name)
        case .hardSigmoid:
            return append(
                "HardSigmoid", inputs, name: name, attributes: [.float("alpha", 1.0 / 6), .float("beta", 0.5)])
        case .sigmoid: return append("Sigmoid", inputs, name: name)
        }
    }

    private mutating func describe(
        _ pool: Pool, at name: String, _ inputs: [String], inputShape: [Int]
    ) -> String {
        let attributes: [ONNXAttributeProto] = [
            .ints("kernel_shape", [pool.kernel.height, pool.kernel.width]),
            .ints("pads", pads(pool.padding, inputShape, kernel: pool.kernel, stride: pool.stride, dilation: 1)),
            .ints("strides", [pool.stride.height, pool.stride.width]),
        ]
        switch pool.kind {
        case .max: return append("MaxPool", inputs, name: name, attributes: attributes)
        case .average(let countsPadding):
            return append(
                "AveragePool", inputs, name: name,
                attributes: [.int("count_include_pad", countsPadding ? 1 : 0)] + attributes)
        }
    }

    private mutating func describe(_ pool: GlobalPool, at name: String, _ inputs: [String]) -> String {
        switch pool {
        case .average: return append("GlobalAveragePool", inputs, name: name)
        case .max: return append("GlobalMaxPool", inputs, name: name)
        case .generalizedMean(let power):
            let clipped = append("Max", inputs + [scalar(1e-6)], name: name)
            let raised = append("Pow", [clipped, scalar(Float(power))], name: name)
            let mean = append("GlobalAveragePool", [raised], name: name)
            return append("Pow", [mean, scalar(Float(1 / power))], name: name)
        }
    }

    /// Top, left, bottom, right. Margins that depend on the image are written out for the graph's size.
    private func pads(
        _ padding: Padding, _ inputShape: [Int], kernel: Extent, stride: Extent, dilation: Extent
    ) -> [Int] {
        func margins(_ axis: KeyPath<Extent, Int>, _ input: Int) -> (before: Int, after: Int) {
            let window = dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
            guard
                let (before, outputs) = padding.resolve(
                    input: input, kernel: kernel[keyPath: axis], stride: stride[keyPath: axis],
                    dilation: dilation[keyPath: axis], margin: axis)
            else { return (0, 0) }
            return (before, max(0, (outputs - 1) * stride[keyPath: axis] + window - input - before))
        }
        switch padding {
        case .symmetric(let margin):
            return [margin.height, margin.width, margin.height, margin.width]
        case .same, .roundingUp:
            let rows = margins(\.height, inputShape[0])
            let columns = margins(\.width, inputShape[1])
            return [rows.before, columns.before, rows.after, columns.after]
        }
    }
}
