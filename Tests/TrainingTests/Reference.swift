import Engine
import Foundation
import TestSupport
import Zoo

/// Every operation once more, in double precision and as plainly as possible: what gradients are measured on.
struct Reference {
    let graph: Graph
    var parameters: [String: [Double]]
    /// Batch norms whose name begins with this use their running statistics.
    var frozenPrefix: String?

    init(_ graph: Graph, _ weights: StateDict, frozenPrefix: String? = nil) {
        self.graph = graph
        self.frozenPrefix = frozenPrefix
        parameters = [:]
        for name in weights.names { parameters[name] = weights[name]?.elements.map(Double.init) }
    }

    /// - Parameter input: `[N]` and the graph's shape, flat.
    func run(_ input: [Double]) throws -> [Double] {
        let shapes = try graph.shapes(input: graph.inputShape)
        let batch = input.count / graph.inputShape.reduce(1, *)
        var outputs: [[Double]] = []
        for (index, node) in graph.nodes.enumerated() {
            let x = node.inputs.map { outputs[$0] }
            let shape = shapes[node.inputs.first ?? 0]
            let size = shape.reduce(1, *)
            let channels = shape.last ?? 1
            let values = node.parameters.map { parameters[$0.name] ?? [] }
            /// The values of one image's channel.
            func channel(_ n: Int, _ c: Int) -> [Double] {
                stride(from: n * size + c, to: (n + 1) * size, by: channels).map { x[0][$0] }
            }
            let outputSize = shapes[index].reduce(1, *)
            let result: [Double]
            switch node.operation {
            case .input: result = input
            case .linear, .layerNorm, .layerScale, .tokens, .attention, .slice, .gridPool, .responseNorm, .spaceToDepth,
                .pad,
                .channelShuffle, .neighbours:
                result = (0..<batch).flatMap { n in
                    ReferenceOperations.value(
                        node.operation,
                        zip(x, node.inputs).map { values, input in
                            let size = shapes[input].reduce(1, *)
                            return Array(values[n * size..<(n + 1) * size])
                        }, shapes: node.inputs.map { shapes[$0] }, parameters: values) ?? []
                }
            case .batchNorm(let norm):
                result = x[0].indices.map { position in
                    let c = position % channels
                    var (mean, variance) = (values[2][c], values[3][c])
                    if !(frozenPrefix.map(node.name.hasPrefix) ?? false) {
                        let all = (0..<batch).flatMap { channel($0, c) }
                        mean = all.reduce(0, +) / Double(all.count)
                        variance = all.map { ($0 - mean) * ($0 - mean) }.reduce(0, +) / Double(all.count)
                    }
                    return (x[0][position] - mean) / sqrt(variance + norm.epsilon) * values[0][c] + values[1][c]
                }
            case .activation(let activation): result = x[0].map { activation.value($0) }
            case .globalPool(let pool):
                result = (0..<batch * channels).map { position in
                    let window = channel(position / channels, position % channels)
                    switch pool {
                    case .average: return window.reduce(0, +) / Double(window.count)
                    case .max: return window.max() ?? 0
                    case .generalizedMean(let p):
                        return pow(window.map { pow(max($0, 1e-6), p) }.reduce(0, +) / Double(window.count), 1 / p)
                    }
                }
            case .multiply:
                result = x[0].indices.map { position in
                    let (n, within) = position.quotientAndRemainder(dividingBy: size)
                    let second = x[0].count == x[1].count ? position : n * channels + within % channels
                    return x[0][position] * x[1][second]
                }
            case .add: result = zip(x[0], x[1]).map { $0 + $1 }
            case .concatenate:
                let widths = node.inputs.map { shapes[$0].last ?? 1 }
                result = (0..<batch * outputSize / widths.reduce(0, +)).flatMap { row in
                    zip(x, widths).flatMap { part, width in part[row * width..<(row + 1) * width] }
                }
            case .flatten:
                result = (0..<batch).flatMap { n in (0..<channels).flatMap { channel(n, $0) } }
            case .normalize:
                result = x[0].indices.map { position in
                    let start = position / channels * channels
                    let squares = x[0][start..<start + channels].reduce(0) { $0 + $1 * $1 }
                    return x[0][position] / max(sqrt(squares), 1e-12)
                }
            case .convolution(let convolution):
                let window = Window(
                    convolution.kernel, convolution.stride, convolution.dilation, convolution.padding, image(shape),
                    image(shapes[index]))
                let inputs = convolution.inputs / convolution.groups, outputs = convolution.outputs
                result = (0..<batch).flatMap { n in
                    window.map { taps in
                        (0..<outputs).map { o in
                            let first = o / (outputs / convolution.groups) * inputs
                            return taps.reduce(convolution.bias ? values[1][o] : 0) { sum, tap in
                                (0..<inputs).reduce(sum) {
                                    let weight = values[0][(o * inputs + $1) * window.tapCount + tap.number]
                                    return $0 + weight * x[0][n * size + tap.pixel * channels + first + $1]
                                }
                            }
                        }
                    }
                }
            case .pool(let pool):
                let window = Window(pool.kernel, pool.stride, 1, pool.padding, shape, shapes[index])
                result = (0..<batch).flatMap { n in
                    window.map { taps in
                        (0..<channels).map { c in
                            let found = taps.map { x[0][n * size + $0.pixel * channels + c] }
                            switch pool.kind {
                            case .max: return found.max() ?? 0
                            case .average(let countsPadding):
                                return found.reduce(0, +) / Double(countsPadding ? window.tapCount : found.count)
                            }
                        }
                    }
                }
            case .dropout: throw GraftError(.unsupported, "not in the reference")
            }
            outputs.append(result)
        }
        return outputs.last ?? []
    }

    /// Pooled features are an image of one pixel.
    private func image(_ shape: [Int]) -> [Int] { shape.count == 1 ? [1, 1] + shape : shape }
}

/// A sliding window's taps inside the image.
private struct Window {
    struct Tap {
        /// Its number in the kernel, and the input pixel it reads.
        let number: Int
        let pixel: Int
    }

    let tapCount: Int
    /// By output pixel.
    private let taps: [[Tap]]

    init(
        _ kernel: Extent, _ stride: Extent, _ dilation: Extent, _ padding: Padding, _ input: [Int], _ output: [Int]
    ) {
        tapCount = kernel.height * kernel.width
        func before(_ axis: KeyPath<Extent, Int>, _ size: Int) -> Int {
            padding.resolve(
                input: size, kernel: kernel[keyPath: axis], stride: stride[keyPath: axis],
                dilation: dilation[keyPath: axis], margin: axis)?.before ?? 0
        }
        let (top, left) = (before(\.height, input[0]), before(\.width, input[1]))
        taps = (0..<output[0] * output[1]).map { position in
            let (row, column) = position.quotientAndRemainder(dividingBy: output[1])
            return (0..<kernel.height * kernel.width).compactMap { number in
                let y = row * stride.height - top + number / kernel.width * dilation.height
                let x = column * stride.width - left + number % kernel.width * dilation.width
                guard (0..<input[0]).contains(y), (0..<input[1]).contains(x) else { return nil }
                return Tap(number: number, pixel: y * input[1] + x)
            }
        }
    }

    /// What `body` makes of the taps of each output pixel, in a row.
    func map(_ body: ([Tap]) -> [Double]) -> [Double] { taps.flatMap(body) }
}
