import Zoo

extension ONNXModel {
    /// Writes every node of the graph. The weights and shapes were checked.
    /// - Parameters:
    ///   - shapes: every node's output shape: margins and the order of the axes depend on it.
    ///   - layout: what of it is in 8 bits.
    static func describe(
        _ graph: Graph, shapes: [[Int]], weights: StateDict, layout: ByteLayout, in list: inout NodeList
    ) {
        var values: [String] = []
        for (index, node) in graph.nodes.enumerated() {
            var inputs = node.inputs.map { values[$0] }
            for (place, range) in (layout.read[index] ?? [:]).sorted(by: { $0.key < $1.key }) {
                inputs[place] = list.rounded(inputs[place], to: range, name: node.name)
            }
            let shape = node.inputs.first.map { shapes[$0] } ?? shapes[index]
            var value: String
            if layout.folded.contains(index) {
                value = inputs[0]
            } else if case .tokens(let embedding, let channels) = node.operation {
                let tensors = node.parameters.map { weights[$0.name] ?? Tensor(shape: $0.shape) }
                value = list.describe(
                    embedding, channels: channels, node, inputs[0], tensors: tensors, inputShape: shape)
            } else {
                value = list.describe(
                    node.operation, at: node.name, inputs,
                    parameters: parameters(of: node, index, inputShape: shape, weights, layout, in: &list),
                    inputShape: shape, keyShape: node.inputs.last.map { shapes[$0] } ?? [],
                    isTurned: layout.layers[index] != nil)
            }
            if let range = layout.made[index] { value = list.rounded(value, to: range, name: node.name) }
            values.append(value)
        }
        if let last = values.last, list.nodes.last?.output != [last] {
            _ = list.append("Identity", [last], name: "output")
        }
        list.renameLastOutput(outputName)
    }

    /// The names of a node's parameters, which become part of the list.
    private static func parameters(
        of node: Graph.Node, _ index: Int, inputShape: [Int], _ weights: StateDict, _ layout: ByteLayout,
        in list: inout NodeList
    ) -> [String] {
        // A convolution of one pixel's features is written as what it is: a matrix product.
        func shape(_ parameter: Parameter) -> [Int] {
            inputShape.count == 1 && parameter.shape.count == 4 ? Array(parameter.shape.prefix(2)) : parameter.shape
        }
        if let layer = layout.layers[index], let weight = node.parameters.first {
            return list.parameters(
                of: layer, shape: shape(weight), turned: weight.shape.count == 2 && inputShape.count == 2,
                name: node.name)
        }
        return node.parameters.map { parameter in
            let tensor = weights[parameter.name] ?? Tensor(shape: parameter.shape)
            return list.constant(
                parameter.name, (try? Tensor(shape: shape(parameter), elements: tensor.elements)) ?? tensor)
        }
    }
}

extension NodeList {
    /// The nodes of one operation.
    /// - Returns: the name of its output.
    fileprivate mutating func describe(
        _ operation: Operation, at name: String, _ inputs: [String], parameters: [String], inputShape: [Int],
        keyShape: [Int], isTurned: Bool
    ) -> String {
        // Images have their channels first, everything else last.
        let channelAxis = inputShape.count == 3 ? 1 : inputShape.count
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
            let isSequence = inputShape.count == 2
            let x = isSequence ? transpose(inputs[0], [0, 2, 1], name: name) : inputs[0]
            let normal = append(
                "BatchNormalization", [x] + parameters, name: name, attributes: [.float("epsilon", norm.epsilon)])
            return isSequence ? transpose(normal, [0, 2, 1], name: name) : normal
        case .activation(let activation):
            return describe(activation.formula, at: name, inputs[0])
        case .pool(let pool):
            return describe(pool, at: name, inputs, inputShape: inputShape)
        case .gridPool(let grid):
            return describe(grid, at: name, inputs[0], inputShape: inputShape)
        case .globalPool(let kind):
            return inputShape.count == 2
                ? describeOfSequence(kind, at: name, inputs[0]) : describe(kind, at: name, inputs)
        case .multiply:
            return append("Mul", inputs, name: name)
        case .add:
            return append("Add", inputs, name: name)
        case .concatenate:
            return append("Concat", inputs, name: name, attributes: [.int("axis", channelAxis)])
        case .dropout:
            // Nothing in use.
            return inputs[0]
        case .flatten:
            // Channels first is the order that the graph means.
            return append("Flatten", inputs, name: name, attributes: [.int("axis", 1)])
        case .linear(let linear):
            // In 8 bits the layer's weights are what becomes of its parameters.
            return describeLinear(
                at: name, inputs,
                parameters: linear.hasUnitRows && !isTurned ? [unitRows(parameters, name: name)] : parameters,
                rank: inputShape.count, isTurned: isTurned)
        case .layerNorm(let norm):
            let isImage = inputShape.count == 3
            let x = isImage ? transpose(inputs[0], [0, 2, 3, 1], name: name) : inputs[0]
            let normal = append(
                "LayerNormalization", [x] + parameters, name: name,
                attributes: [.int("axis", -1), .float("epsilon", norm.epsilon)])
            return isImage ? transpose(normal, [0, 3, 1, 2], name: name) : normal
        case .layerScale(let scale):
            let factors = perChannel(parameters[0], rank: inputShape.count, name: name)
            let product = append("Mul", [inputs[0], factors], name: name)
            guard scale.shift != nil else { return product }
            return append("Add", [product, perChannel(parameters[1], rank: inputShape.count, name: name)], name: name)
        case .responseNorm(let norm):
            return describe(norm, at: name, inputs[0], parameters: parameters)
        case .tokens:
            preconditionFailure("described with its tensors")
        case .attention(let attention):
            return describe(
                attention, at: name, inputs, parameters: parameters, inputShape: inputShape, keyShape: keyShape)
        case .slice(let slice):
            let axis = slice.axis == .positions ? 1 : channelAxis
            let extent = slice.axis == .positions ? inputShape[0] : inputShape[inputShape.count - 1]
            return self.slice(inputs[0], slice.range(in: extent) ?? 0..<extent, axis: axis, name: name)
        case .spaceToDepth(let squares):
            let side = squares.side, channels = inputShape[2]
            let (rows, columns) = ((inputShape[0] + side - 1) / side, (inputShape[1] + side - 1) / side)
            let whole = padded(inputs[0], inputShape, to: (rows * side, columns * side), name: name)
            let parts = reshape(whole, [0, channels, rows, side, columns, side], name: name)
            let order = squares.order == .channels ? [0, 1, 3, 5, 2, 4] : [0, 5, 3, 1, 2, 4]
            return reshape(
                transpose(parts, order, name: name), [0, channels * side * side, rows, columns], name: name)
        case .pad(let margin):
            let extents = (inputShape[0] + margin.height, inputShape[1] + margin.width)
            return padded(inputs[0], inputShape, to: extents, name: name)
        case .channelShuffle(let groups):
            return describeShuffle(groups, at: name, inputs[0], inputShape: inputShape)
        case .normalize:
            return normalized(inputs[0], axis: channelAxis, name: name)
        case .neighbours(let votes):
            return describe(votes, at: name, inputs[0], labels: parameters[0], scale: parameters[1])
        }
    }

    private mutating func normalized(_ x: String, axis: Int, name: String) -> String {
        let norm = append("ReduceL2", [x], name: name, attributes: [.ints("axes", [axis]), .int("keepdims", 1)])
        let divisor = append("Max", [norm, scalar(Float(Operation.leastNorm))], name: name)
        return append("Div", [x, divisor], name: name)
    }

    /// The weight that a layer with unit rows computes with, of weight and factor.
    private mutating func unitRows(_ parameters: [String], name: String) -> String {
        append("Mul", [normalized(parameters[0], axis: 1, name: name), parameters[1]], name: name)
    }

    /// The nodes of a function of the value `x`.
    private mutating func describe(_ formula: Formula, at name: String, _ x: String) -> String {
        switch formula {
        case .x: return x
        case .constant(let value): return scalar(Float(value))
        case .sum(let a, let b):
            let first = describe(a, at: name, x)
            return append("Add", [first, describe(b, at: name, x)], name: name)
        case .product(let a, let b):
            let first = describe(a, at: name, x)
            return append("Mul", [first, describe(b, at: name, x)], name: name)
        case .relu(let argument): return append("Relu", [describe(argument, at: name, x)], name: name)
        case .clip(let argument, let least, let most):
            return append(
                "Clip", [describe(argument, at: name, x), scalar(Float(least)), scalar(Float(most))], name: name)
        case .sigmoid(let argument): return append("Sigmoid", [describe(argument, at: name, x)], name: name)
        case .hardSigmoid(let argument):
            return append(
                "HardSigmoid", [describe(argument, at: name, x)], name: name,
                attributes: [.float("alpha", 1.0 / 6), .float("beta", 0.5)])
        // Its slope and offset are fixed at 1/6 and 1/2.
        case .hardSwish(let argument): return append("HardSwish", [describe(argument, at: name, x)], name: name)
        case .erf(let argument): return append("Erf", [describe(argument, at: name, x)], name: name)
        case .tanh(let argument): return append("Tanh", [describe(argument, at: name, x)], name: name)
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

    /// The mean of cells of different sizes is a matrix product along each axis.
    private mutating func describe(_ grid: Extent, at name: String, _ input: String, inputShape: [Int]) -> String {
        guard grid != Extent(height: inputShape[0], width: inputShape[1]) else { return input }
        func shares(_ cells: Int, _ size: Int) -> [[Float]] {
            (0..<cells).map { cell in
                let range = Operation.range(ofCell: cell, of: cells, in: size)
                return (0..<size).map { range.contains($0) ? 1 / Float(range.count) : 0 }
            }
        }
        var rows = Tensor(shape: [grid.height, inputShape[0]])
        rows.withElements { $0 = shares(grid.height, inputShape[0]).flatMap(\.self) }
        var columns = Tensor(shape: [inputShape[1], grid.width])
        let across = shares(grid.width, inputShape[1])
        columns.withElements { $0 = (0..<inputShape[1]).flatMap { column in across.map { $0[column] } } }
        let lower = append("MatMul", [constant("\(name).rows", rows), input], name: name)
        return append("MatMul", [lower, constant("\(name).columns", columns)], name: name)
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
