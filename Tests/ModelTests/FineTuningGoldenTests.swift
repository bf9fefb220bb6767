import Engine
import Graft
import Learning
import Objectives
import TestSupport
import Testing
import Weights
import Zoo

/// A whole training step of B0 and ten of them, against PyTorch in double precision: `Tests/Fixtures/finetune/make.py`.
@Suite struct FineTuningGoldenTests {
    private static let batch = 6, height = 72, width = 64
    private static let labels = [0, 1, 2, 2, 1, 0]

    private static func graph() throws -> Graph {
        let registry = try Registry.builtIn()
        let backbone = try registry.backbone("efficientnet_b0")
        let head = try registry.head("linear", options: Options([:], path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: .avg, head: head, classes: 3)
            .graph(imageSize: Extent(height: height, width: width)).withoutChance
    }

    private static func images() throws -> Tensor {
        try Tensor(
            shape: [batch, height, width, 3],
            elements: HashFill.samples("images", batch * height * width * 3).map { Float(2 * $0) })
    }

    @Test("step", arguments: KernelSet.available)
    func oneStep(_ kernels: KernelSet) throws {
        let golden = try WeightFile(path: Fixtures.path("finetune/efficientnet_b0.npz")).load()
        let graph = try Self.graph()
        var plan = try TrainingPlan(graph, weights: HashFill.weights(for: graph), threads: nil, kernels: kernels)
        let loss = CrossEntropy(LossContext(targets: 3))
        let value = try loss.value(of: try plan.forward(try Self.images()), targets: .classes(Self.labels))
        let losses = try #require(golden["losses"]).elements.map(Double.init)
        #expect(abs(value.mean / losses[0] - 1) < 1e-6)
        try plan.backward(value.gradient)

        let norms = graph.parameters.filter(\.role.isLearnt).compactMap { golden[$0.name]?.elements.first }
        let whole = norms.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
        var (gradients, statistics, vanished) = (0.0, 0.0, 0)
        for parameter in graph.parameters {
            let expected = try #require(golden[parameter.name], "\(parameter.name) in the fixture").elements
            let error: Double
            if parameter.role.isLearnt {
                let found = try #require(plan.gradientDict[parameter.name], "gradient of \(parameter.name)").elements
                // A shift that the next batch norm takes away has no gradient: of that, rounding errors may be left.
                guard Double(expected[0]) > 1e-12 * whole else {
                    #expect(found.allSatisfy { abs(Double($0)) < 1e-7 * whole }, "\(parameter.name)")
                    vanished += 1
                    continue
                }
                error = distance(found, parameter.name, expected)
                gradients = max(gradients, error)
            } else {
                let found = try #require(plan.weights[parameter.name]).elements
                let scale = expected.reduce(0) { max($0, abs($1)) }
                error = Double(zip(found, expected).reduce(0) { max($0, abs($1.0 - $1.1)) } / scale)
                statistics = max(statistics, error)
            }
            #expect(error < 1e-4, "\(parameter.name)")
        }
        #expect(plan.gradientDict.count == golden.count - 1 - graph.parameters.count { !$0.role.isLearnt })
        #expect(vanished == 16)
        print("\(kernels.name): gradients within \(gradients), running statistics within \(statistics)")
    }

    /// The distance of a gradient from the golden one, relative to that one's length, as its products with hashes show.
    private func distance(_ found: [Float], _ name: String, _ expected: [Float]) -> Double {
        let products = expected.dropFirst()
        let squares = products.enumerated().map { number, product in
            let probe = HashFill.samples("\(name)#\(number)", found.count)
            let difference = zip(found, probe).reduce(0) { $0 + Double($1.0) * $1.1 } - Double(product)
            return difference * difference
        }
        // The hashes' variance is 1/3.
        return (3 * squares.reduce(0, +) / Double(products.count)).squareRoot() / Double(expected[0])
    }

    @Test func tenSteps() throws {
        let golden = try WeightFile(path: Fixtures.path("finetune/efficientnet_b0.npz")).load()
        let graph = try Self.graph()
        var plan = try TrainingPlan(graph, weights: HashFill.weights(for: graph))
        var settings = OptimizerSettings()
        settings.learningRate = 1e-4
        var optimizer = Optimizer(settings, for: plan)
        let loss = CrossEntropy(LossContext(targets: 3))
        let images = try Self.images()
        for expected in try #require(golden["losses"]).elements {
            let value = try loss.value(of: try plan.forward(images), targets: .classes(Self.labels))
            #expect(abs(value.mean / Double(expected) - 1) < 1e-4)
            try plan.backward(value.gradient)
            optimizer.step(&plan, learningRate: settings.learningRate)
        }
    }

    /// Threads change nothing, not a bit; nor does a batch of another size in between.
    @Test func threadsDoNotMatter() throws {
        let graph = try Self.graph()
        let images = try Self.images()
        let loss = CrossEntropy(LossContext(targets: 3))
        func step(_ threads: Int, disturb: Bool) throws -> [[Float]] {
            var plan = try TrainingPlan(graph, weights: HashFill.weights(for: graph), seed: 1, threads: threads)
            if disturb {
                let before = plan.values
                let part = try Tensor(
                    shape: [2, Self.height, Self.width, 3],
                    elements: Array(images.elements.prefix(2 * Self.height * Self.width * 3)))
                let value = try loss.value(of: try plan.forward(part), targets: .classes([0, 1]))
                try plan.backward(value.gradient)
                plan.values = before
            }
            let value = try loss.value(of: try plan.forward(images), targets: .classes(Self.labels))
            try plan.backward(value.gradient)
            return plan.values + plan.gradients
        }
        let alone = try step(1, disturb: false)
        #expect(try step(2, disturb: false) == alone)
        #expect(try step(3, disturb: true) == alone)
    }

    /// A frozen layer keeps its bits, its statistics too, while the rest learns as if the whole had been computed.
    @Test func frozenMeansFrozen() throws {
        let graph = try Self.graph()
        func isFrozen(_ parameter: Parameter) -> Bool {
            ["features.0", "features.1", "features.2", "features.3", "features.5"].contains {
                parameter.name.hasPrefix($0)
            }
        }
        let weights = HashFill.weights(for: graph)
        var plan = try TrainingPlan(graph, weights: weights) { !isFrozen($0) }
        var optimizer = Optimizer(OptimizerSettings(), for: plan)
        let loss = CrossEntropy(LossContext(targets: 3))
        let value = try loss.value(of: try plan.forward(try Self.images()), targets: .classes(Self.labels))
        try plan.backward(value.gradient)
        optimizer.step(&plan, learningRate: 0.01)
        for parameter in graph.parameters {
            let isSame = plan.weights[parameter.name] == weights[parameter.name]
            #expect(isSame == isFrozen(parameter), "\(parameter.name)")
        }
    }
}
