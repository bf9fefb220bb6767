import Zoo

/// The operations of sequences, `[N, T, C]`, and of channels. Images are `[N, C, H, W]`.
extension NodeList {
    /// A linear layer: `Gemm` of vectors, a product at every position of a sequence, a 1x1 convolution of an image.
    /// - Parameter isTurned: whether a sequence's weights are `[in, out]` already.
    mutating func describeLinear(
        at name: String, _ inputs: [String], parameters: [String], rank: Int, isTurned: Bool
    ) -> String {
        switch rank {
        case 3:
            let filter = append("Unsqueeze", [parameters[0], integers([2, 3])], name: name)
            return append("Conv", [inputs[0], filter] + parameters.dropFirst(), name: name)
        case 2:
            let matrix = isTurned ? parameters[0] : transpose(parameters[0], [1, 0], name: name)
            let product = append("MatMul", [inputs[0], matrix], name: name)
            return parameters.count > 1 ? append("Add", [product, parameters[1]], name: name) : product
        default:
            return append("Gemm", inputs + parameters, name: name, attributes: [.int("transB", 1)])
        }
    }

    /// A tensor of a value a channel, in a shape that fits a value of that rank.
    mutating func perChannel(_ parameter: String, rank: Int, name: String) -> String {
        reshape(parameter, rank == 3 ? [-1, 1, 1] : [-1], name: name)
    }

    mutating func describe(
        _ norm: ResponseNormalization, at name: String, _ x: String, parameters: [String]
    ) -> String {
        let norms = append(
            "ReduceL2", [x], name: name, attributes: [.ints("axes", [2, 3]), .int("keepdims", 1)])
        let mean = append(
            "ReduceMean", [norms], name: name, attributes: [.ints("axes", [1]), .int("keepdims", 1)])
        let divisor = append("Add", [mean, scalar(Float(norm.epsilon))], name: name)
        let response = append("Mul", [x, append("Div", [norms, divisor], name: name)], name: name)
        let weighted = append("Mul", [response, perChannel(parameters[0], rank: 3, name: name)], name: name)
        let shifted = append("Add", [weighted, perChannel(parameters[1], rank: 3, name: name)], name: name)
        return append("Add", [x, shifted], name: name)
    }

    mutating func describeShuffle(_ groups: Int, at name: String, _ x: String, inputShape: [Int]) -> String {
        let channels = inputShape[inputShape.count - 1], size = channels / groups
        if inputShape.count == 3 {
            let parts = reshape(x, [0, groups, size, inputShape[0], inputShape[1]], name: name)
            let turned = transpose(parts, [0, 2, 1, 3, 4], name: name)
            return reshape(turned, [0, channels, inputShape[0], inputShape[1]], name: name)
        }
        let positions = Array(inputShape.dropLast())
        let axes = Array(0...positions.count)
        let parts = reshape(x, [0] + positions + [groups, size], name: name)
        let turned = transpose(parts, axes + [axes.count + 1, axes.count], name: name)
        return reshape(turned, [0] + positions + [channels], name: name)
    }

    mutating func describeOfSequence(_ pool: GlobalPool, at name: String, _ x: String) -> String {
        func reduce(_ operation: String, _ value: String, _ list: inout NodeList) -> String {
            list.append(operation, [value], name: name, attributes: [.ints("axes", [1]), .int("keepdims", 1)])
        }
        switch pool {
        case .average: return reduce("ReduceMean", x, &self)
        case .max: return reduce("ReduceMax", x, &self)
        case .generalizedMean(let power):
            let clipped = append("Max", [x, scalar(1e-6)], name: name)
            let mean = reduce("ReduceMean", append("Pow", [clipped, scalar(Float(power))], name: name), &self)
            return append("Pow", [mean, scalar(Float(1 / power))], name: name)
        }
    }

    /// - Parameter tensors: the node's, in its order. Positions are written as they are added at this size.
    mutating func describe(
        _ embedding: TokenEmbedding, channels: Int, _ node: Graph.Node, _ image: String, tensors: [Tensor],
        inputShape: [Int]
    ) -> String {
        let name = node.name, size = Extent(height: inputShape[0], width: inputShape[1])
        let columns = reshape(image, [0, channels, size.height * size.width], name: name)
        let patches = transpose(columns, [0, 2, 1], name: name)
        var parts: [String] = []
        if !embedding.tokens.isEmpty {
            let batch = append("Shape", [image], name: name, attributes: [.int("start", 0), .int("end", 1)])
            let shape = append("Concat", [batch, integers([1, 1])], name: name, attributes: [.int("axis", 0)])
            for index in embedding.tokens.indices {
                let token = constant(node.parameters[index].name, tensors[index])
                parts.append(append("Expand", [token, shape], name: name))
            }
        }
        let whole =
            parts.isEmpty ? patches : append("Concat", parts + [patches], name: name, attributes: [.int("axis", 1)])
        guard let positions = embedding.positions, let table = tensors.last else { return whole }
        let sum = embedding.addends(table.elements, channels: channels, size: size)
        let isAsStored = positions.grid == size && embedding.tokens.allSatisfy(\.hasPosition)
        var addends = Tensor(shape: [1, sum.count / channels, channels])
        addends.withElements { $0 = sum.map { Float($0) } }
        let stored = node.parameters[embedding.tokens.count].name
        return append(
            "Add", [whole, constant(isAsStored ? stored : stored + ".resized", addends)], name: name)
    }

    mutating func describe(
        _ attention: Attention, at name: String, _ inputs: [String], parameters: [String], inputShape: [Int],
        keyShape: [Int]
    ) -> String {
        if attention.windows != nil {
            return describeWindows(attention, at: name, inputs[0], parameters: parameters, inputShape: inputShape)
        }
        let isFused = inputs.count == 1
        let width = inputShape.last ?? 0, channels = isFused ? width / 3 : width, size = channels / attention.heads
        let keyHeads = isFused ? attention.heads : (keyShape.last ?? 0) / size
        let isImage = inputShape.count == 3
        /// `[N, heads, size, T]` of an image, `[N, T, heads, size]` of a sequence, then in the order that is wanted.
        func part(_ index: Int, heads: Int, _ keysAreColumns: Bool, _ list: inout NodeList) -> String {
            let value =
                isFused
                ? list.slice(inputs[0], index * channels..<(index + 1) * channels, axis: isImage ? 1 : 2, name: name)
                : inputs[index]
            if isImage {
                let parts = list.reshape(value, [0, heads, size, -1], name: name)
                return keysAreColumns ? parts : list.transpose(parts, [0, 1, 3, 2], name: name)
            }
            return list.transpose(
                list.reshape(value, [0, 0, heads, size], name: name), keysAreColumns ? [0, 2, 3, 1] : [0, 2, 1, 3],
                name: name)
        }
        let queries = part(0, heads: attention.heads, false, &self)
        let keys = part(1, heads: keyHeads, true, &self)
        let values = part(2, heads: keyHeads, false, &self)
        let products = append("MatMul", [queries, keys], name: name)
        let scores = append("Mul", [products, scalar(Float(1 / Double(size).squareRoot()))], name: name)
        let weights = append("Softmax", [scores], name: name, attributes: [.int("axis", -1)])
        let sums = append("MatMul", [weights, values], name: name)
        if isImage {
            return reshape(
                transpose(sums, [0, 1, 3, 2], name: name), [0, channels, inputShape[0], inputShape[1]], name: name)
        }
        return reshape(transpose(sums, [0, 2, 1, 3], name: name), [0, 0, channels], name: name)
    }
}
