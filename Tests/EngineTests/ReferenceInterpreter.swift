import Foundation
import TestSupport
import Zoo

/// A graph in double precision, by the definitions: the oracle for plans. Slow.
struct ReferenceInterpreter {
    struct Value {
        var shape: [Int]
        var elements: [Double]

        var height: Int { shape.count == 3 ? shape[0] : 1 }
        var width: Int { shape.count > 1 ? shape[shape.count - 2] : 1 }
        var channels: Int { shape.last ?? 0 }

        /// Zero outside the image.
        subscript(y: Int, x: Int, c: Int) -> Double {
            guard contains(y, x) else { return 0 }
            return elements[(y * width + x) * channels + c]
        }

        func contains(_ y: Int, _ x: Int) -> Bool { y >= 0 && y < height && x >= 0 && x < width }
    }

    let graph: Graph
    let weights: StateDict
    /// What is rounded to 8 bits on the way.
    var layout = ByteLayout()

    /// `[N, H, W, C]` to `[N, ...]`.
    func run(_ input: Tensor) throws -> (shape: [Int], elements: [Double]) {
        let shape = Array(input.shape.dropFirst()), count = shape.reduce(1, *)
        var elements: [Double] = []
        var outputShape: [Int] = []
        for image in 0..<input.shape[0] {
            let pixels = input.elements[image * count..<(image + 1) * count].map(Double.init)
            let result = try run(image: Value(shape: shape, elements: pixels))
            elements += result.elements
            outputShape = result.shape
        }
        return ([input.shape[0]] + outputShape, elements)
    }

    private func run(image: Value) throws -> Value {
        let shapes = try graph.shapes(input: image.shape)
        var values: [Value] = []
        for (index, node) in graph.nodes.enumerated() {
            var inputs = node.inputs.map { values[$0] }
            for (place, range) in layout.read[index] ?? [:] { inputs[place].round(to: range) }
            var operation = node.operation
            var parameters = node.parameters.map { weights[$0.name]?.elements.map(Double.init) ?? [] }
            if let layer = layout.layers[index] {
                let size = layer.weights.count / layer.scales.count
                parameters = [
                    layer.weights.enumerated().map { Double($1) * Double(layer.scales[$0 / size]) },
                    zip(layer.biases, layer.units).map { Double($0) * Double($1) },
                ]
                operation = operation.withBias
            }
            var value =
                index == 0
                ? image
                : layout.folded.contains(index)
                    ? inputs[0] : evaluate(operation, inputs, parameters, shape: shapes[index])
            if let range = layout.made[index] { value.round(to: range) }
            values.append(value)
        }
        return values[values.count - 1]
    }

    private func evaluate(_ operation: Zoo.Operation, _ inputs: [Value], _ parameters: [[Double]], shape: [Int])
        -> Value
    {
        let x = inputs.first ?? Value(shape: [], elements: [])
        var result = Value(shape: shape, elements: [])
        func fill(_ body: (Int, Int, Int) -> Double) -> Value {
            for y in 0..<result.height {
                for column in 0..<result.width {
                    for c in 0..<result.channels { result.elements.append(body(y, column, c)) }
                }
            }
            return result
        }
        if let elements = ReferenceOperations.value(
            operation, inputs.map(\.elements), shapes: inputs.map(\.shape), parameters: parameters)
        {
            return Value(shape: shape, elements: elements)
        }
        switch operation {
        case .input, .dropout, .linear, .layerNorm, .layerScale, .tokens, .attention, .slice, .gridPool, .responseNorm,
            .spaceToDepth, .pad,
            .channelShuffle, .neighbours:
            return x
        case .convolution(let conv):
            let inputs = conv.inputs / conv.groups, outputs = conv.outputs / conv.groups
            let top = margin(conv.padding, x.height, conv.kernel, conv.stride, conv.dilation, \.height)
            let left = margin(conv.padding, x.width, conv.kernel, conv.stride, conv.dilation, \.width)
            return fill { y, column, c in
                var sum = conv.bias ? parameters[1][c] : 0
                for ky in 0..<conv.kernel.height {
                    for kx in 0..<conv.kernel.width {
                        for i in 0..<inputs {
                            let weight = parameters[0][
                                ((c * inputs + i) * conv.kernel.height + ky) * conv.kernel.width + kx]
                            sum +=
                                weight
                                * x[
                                    y * conv.stride.height - top + ky * conv.dilation.height,
                                    column * conv.stride.width - left + kx * conv.dilation.width,
                                    c / outputs * inputs + i]
                        }
                    }
                }
                return sum
            }
        case .batchNorm(let norm):
            return fill { y, column, c in
                (x[y, column, c] - parameters[2][c]) / (parameters[3][c] + norm.epsilon).squareRoot() * parameters[0][c]
                    + parameters[1][c]
            }
        case .activation(let activation): return fill { activation.value($0, $1, $2, x) }
        case .pool(let pool):
            let top = margin(pool.padding, x.height, pool.kernel, pool.stride, 1, \.height)
            let left = margin(pool.padding, x.width, pool.kernel, pool.stride, 1, \.width)
            return fill { y, column, c in
                var values: [Double] = []
                for ky in 0..<pool.kernel.height {
                    for kx in 0..<pool.kernel.width {
                        let row = y * pool.stride.height - top + ky, position = column * pool.stride.width - left + kx
                        if x.contains(row, position) { values.append(x[row, position, c]) }
                    }
                }
                switch pool.kind {
                case .max: return values.max() ?? -.infinity
                case .average(let countsPadding):
                    let count = countsPadding ? pool.kernel.height * pool.kernel.width : values.count
                    return values.reduce(0, +) / Double(count)
                }
            }
        case .globalPool(let pool):
            return fill { _, _, c in
                var values: [Double] = []
                for y in 0..<x.height { for column in 0..<x.width { values.append(x[y, column, c]) } }
                switch pool {
                case .average: return values.reduce(0, +) / Double(values.count)
                case .max: return values.max() ?? -.infinity
                case .generalizedMean(let power):
                    let mean = values.reduce(0) { $0 + pow(max($1, 1e-6), power) } / Double(values.count)
                    return pow(mean, 1 / power)
                }
            }
        case .multiply:
            let gate = inputs[1]
            return fill { y, column, c in
                x[y, column, c] * (gate.shape == x.shape ? gate[y, column, c] : gate[0, 0, c])
            }
        case .add: return fill { inputs[0][$0, $1, $2] + inputs[1][$0, $1, $2] }
        case .concatenate:
            return fill { y, column, c in
                var channel = c
                for input in inputs {
                    if channel < input.channels { return input[y, column, channel] }
                    channel -= input.channels
                }
                return .nan
            }
        case .flatten:
            for c in 0..<x.channels {
                for y in 0..<x.height { for column in 0..<x.width { result.elements.append(x[y, column, c]) } }
            }
            return result
        case .normalize:
            return fill { y, column, c in
                let squares = (0..<x.channels).reduce(0.0) { $0 + x[y, column, $1] * x[y, column, $1] }
                return x[y, column, c] / max(sqrt(squares), 1e-12)
            }
        }
    }

    /// Rows (columns) of margin before the first.
    private func margin(
        _ padding: Padding, _ input: Int, _ kernel: Extent, _ stride: Extent, _ dilation: Extent,
        _ axis: KeyPath<Extent, Int>
    ) -> Int {
        switch padding {
        case .symmetric(let extent), .roundingUp(let extent): return extent[keyPath: axis]
        case .same:
            let outputs = (input + stride[keyPath: axis] - 1) / stride[keyPath: axis]
            let window = dilation[keyPath: axis] * (kernel[keyPath: axis] - 1) + 1
            return max(0, (outputs - 1) * stride[keyPath: axis] + window - input) / 2
        }
    }
}

extension ReferenceInterpreter.Value {
    fileprivate mutating func round(to range: ByteRange) {
        elements = elements.map { Double(range.value(Int(range.byte($0)))) }
    }
}

extension Zoo.Operation {
    fileprivate var withBias: Zoo.Operation {
        switch self {
        case .convolution(var convolution):
            convolution.bias = true
            return .convolution(convolution)
        case .linear(let linear): return .linear(Linear(inputs: linear.inputs, outputs: linear.outputs, bias: true))
        default: return self
        }
    }
}

extension Activation {
    fileprivate func value(_ y: Int, _ x: Int, _ c: Int, _ input: ReferenceInterpreter.Value) -> Double {
        value(input[y, x, c])
    }
}
