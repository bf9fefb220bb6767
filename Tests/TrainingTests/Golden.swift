import Foundation
import TestSupport
import Zoo

/// The integer hash that `make.py` fills weights and inputs with: `count` numbers from -1 to below 1.
func noise(_ salt: UInt32, _ count: Int) -> [Float] {
    (0..<UInt32(count)).map { index in
        var x = index &* 2_654_435_761 &+ salt &* 2_246_822_519
        x ^= x >> 15
        x = x &* 2_246_822_519
        x ^= x >> 13
        x = x &* 3_266_489_917
        x ^= x >> 16
        return Float(x >> 8) / 8_388_608 - 1
    }
}

/// A small network, as `make.py` builds it, and what PyTorch makes of it in ten steps.
struct GoldenCase: Decodable, CustomStringConvertible {
    var name: String
    var inputs: Int
    var hidden: Int?
    var activation: String?
    var outputs: Int
    var batch: Int
    /// `labels` or `values`; nil for classes.
    var targets: String?
    var train: [String: OptionValue]
    /// One a step, or one an epoch.
    var losses: [Double]
    /// One an epoch, with the weights that would be kept.
    var test_losses: [Double]?
    var gradients: [String: [Double]]
    var weights: [String: [Double]]
    var logits: [Double]

    var description: String { name }
    var classCount: Int { max(2, outputs) }

    static func load(_ name: String) throws -> [GoldenCase] {
        try JSONDecoder().decode([GoldenCase].self, from: golden(name))
    }

    func graph() throws -> Graph {
        guard let activation = activation.flatMap(Activation.init), let hidden else {
            return try vectorGraph(inputs) { Dense(outputs) }
        }
        return try vectorGraph(inputs) {
            Dense(hidden, bias: false)
            Norm()
            activation
            Dense(outputs)
        }
    }

    func initialWeights(_ graph: Graph) throws -> StateDict {
        var result = StateDict()
        for (index, parameter) in graph.parameters.enumerated() {
            var values = noise(UInt32(index + 1), parameter.count).map { $0 / 2 }
            if parameter.role == .runningVariance { values = values.map { $0 + 1 } }
            if parameter.name == "1.weight" { values = values.map { $0 + 4 } }
            result[parameter.name] = try Tensor(shape: parameter.shape, elements: values)
        }
        return result
    }

    func targets(_ step: Int) throws -> Targets {
        guard let targets else { return .classes(try batch(step).labels) }
        let numbers = noise(UInt32(2000 + step), batch * outputs).map { 2 * $0 }
        func rows(_ elements: [Float]) throws -> Tensor { try Tensor(shape: [batch, outputs], elements: elements) }
        return targets == "labels" ? .labels(try rows(numbers.map { $0 > 0 ? 1 : 0 })) : .values(try rows(numbers))
    }

    func batch(_ step: Int) throws -> (features: Tensor, labels: [Int]) {
        let features = try Tensor(
            shape: [batch, inputs], elements: noise(UInt32(1000 + step), batch * inputs).map { 2 * $0 })
        return (features, noise(UInt32(2000 + step), batch).map { Int(($0 + 1) / 2 * Float(classCount)) })
    }
}

/// A file that `make.py` wrote.
func golden(_ name: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: Fixtures.path("training/\(name)")))
}

/// A graph on vectors.
func vectorGraph(_ inputs: Int, @LayerBuilder _ layers: () -> [any Layer]) throws -> Graph {
    try graph([inputs], layers)
}

/// A graph on an input of that shape, without the batch.
func graph(_ shape: [Int], @LayerBuilder _ layers: () -> [any Layer]) throws -> Graph {
    var builder = GraphBuilder(inputShape: shape)
    let output = try Sequential(layers()).build(builder.input, in: &builder)
    return try builder.graph(output: output)
}

/// The largest difference, relative to the largest expected value.
func distance(_ found: [Float], _ expected: [Double]) -> Double {
    guard found.count == expected.count else { return .infinity }
    let scale = expected.reduce(0) { max($0, abs($1)) }
    return zip(found, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / scale
}
