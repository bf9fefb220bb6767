import Engine
import Testing
import Zoo

/// Plans against the reference interpreter.
@Suite struct PlanTests {
    /// Runs a graph both ways on every instruction set.
    static func check(
        _ graph: Graph, batch: Int = 1, imageSize: Extent? = nil, seed: UInt64 = 1, threads: Int? = nil,
        tolerance: Double = 3e-6, _ comment: Comment? = nil, location: SourceLocation = #_sourceLocation
    ) throws {
        var random = Random(state: seed)
        let weights = random.weights(for: graph)
        var shape = graph.inputShape
        if let imageSize { shape = [imageSize.height, imageSize.width, shape[2]] }
        let input = random.tensor([batch] + shape)
        let expected = try ReferenceInterpreter(graph: graph, weights: weights).run(input)
        // A single small sum of large terms has no digits of its own.
        let scale = max(0.1, expected.elements.map(abs).max() ?? 0)
        for kernels in KernelSet.available {
            let plan = try InferencePlan(
                graph, weights: weights, imageSize: imageSize, threads: threads, kernels: kernels)
            let found = try plan.run(input)
            #expect(found.shape == expected.shape, comment, sourceLocation: location)
            let worst = zip(found.elements, expected.elements).map { abs(Double($0) - $1) }.reduce(0) {
                $1.isNaN ? .infinity : max($0, $1)
            }
            #expect(
                worst <= tolerance * scale, "\(kernels.name): \(worst / scale) \(comment?.rawValue ?? "")",
                sourceLocation: location)
        }
    }

    static let convolutions: [Convolution] = {
        var cases: [Convolution] = []
        for (inputs, outputs, groups) in [
            (3, 5, 1), (1, 1, 1), (16, 48, 1), (20, 33, 1), (6, 4, 2), (6, 12, 6), (40, 40, 40), (7, 7, 7), (24, 40, 4),
            (24, 24, 12), (20, 20, 5), (40, 40, 5), (48, 48, 3),
        ] {
            for kernel in [Extent(1), 3, 5, 7, 4, Extent(height: 1, width: 3), Extent(height: 3, width: 2)] {
                for stride in [Extent(1), 2, 3, Extent(height: 2, width: 1)] {
                    for (padding, dilation) in [
                        (Padding.symmetric(0), Extent(1)), (.same, 1),
                        (.symmetric(Extent(height: kernel.height / 2, width: kernel.width / 2)), 1), (.same, 2),
                        (.symmetric(2), Extent(height: 1, width: 2)), (.symmetric(3), Extent(height: 2, width: 1)),
                    ] {
                        cases.append(
                            Convolution(
                                inputs: inputs, outputs: outputs, kernel: kernel, stride: stride, padding: padding,
                                dilation: dilation, groups: groups, bias: cases.count % 2 == 0))
                    }
                }
            }
        }
        return cases
    }()

    @Test func everyConvolution() throws {
        for (index, convolution) in Self.convolutions.enumerated() {
            var builder = GraphBuilder(inputShape: [index % 3 + 7, index % 5 + 7, convolution.inputs])
            let output: Value
            do { output = try builder.append(.convolution(convolution), builder.input) } catch { continue }
            try Self.check(try builder.graph(output: output), seed: UInt64(index), "\(convolution)")
        }
    }

    /// Two convolutions whose image between them is large are one step, with the same bits for any number of threads.
    @Test func pairsOfConvolutions() throws {
        let pairs: [(Conv, Conv)] = [
            (Conv(16, kernel: 3, stride: 2), Conv(20, kernel: 3, stride: 2, bias: true)),
            (
                Conv(16, kernel: 3, stride: 2, padding: .symmetric(0)),
                Conv(16, kernel: 5, stride: Extent(height: 2, width: 1))
            ),
            (
                Conv(16, kernel: 2, stride: 2, bias: true),
                Conv(7, kernel: 3, stride: 3, padding: .symmetric(2), dilation: 2)
            ),
            // More weights than a first-level cache holds.
            (Conv(16, kernel: 3, stride: 2), Conv(120, kernel: 3, stride: 2, bias: true)),
        ]
        for (index, pair) in pairs.enumerated() {
            let graph = try graph([263, 259, 3]) {
                pair.0; Norm(); Activation.relu
                pair.1; Activation.hardSwish
            }
            try Self.check(graph, seed: UInt64(index), "pair \(index)")
            var random = Random(state: 1)
            let weights = random.weights(for: graph), input = random.tensor([1, 263, 259, 3])
            for kernels in KernelSet.available {
                let plans = try [1, 2, 5].map { threads in
                    try InferencePlan(graph, weights: weights, imageSize: nil, threads: threads, kernels: kernels)
                }
                #expect(try plans[0].timeSteps(input, rounds: 1).first?.kind == "two convolutions")
                let first = try plans[0].run(input)
                for plan in plans { #expect(try plan.run(input) == first) }
            }
        }
    }

    /// What lies between is read by another layer too, or is the second's residual: it has to be in memory.
    @Test func convolutionsThatAreNoPair() throws {
        let graph = try graph([256, 256, 3]) {
            Conv(16, kernel: 3, stride: 2, bias: true)
            Residual { Conv(16, kernel: 5, bias: true) }
        }
        try Self.check(graph)
    }

    @Test(arguments: Activation.allCases)
    func activations(_ activation: Activation) throws {
        try Self.check(try graph([5, 7, 9]) { activation })
        try Self.check(
            try graph([5, 7, 9]) {
                Conv(20, kernel: 3); activation
            })
        try Self.check(
            try graph([5, 7, 9]) {
                Conv(20, kernel: 1); activation; activation
            })
        try Self.check(
            try graph([5, 7, 9]) {
                Conv(9, kernel: 3, groups: 9); Norm(); activation
            })
        try Self.check(
            try graph([5, 7, 9]) {
                Norm(); activation
            })
        try Self.check(
            try graph([9]) {
                Norm(); activation; Dense(11); activation; Conv(13, kernel: 1, bias: true); Norm(); activation
            })
    }

    @Test func pools() throws {
        for size in [[7, 7, 5], [8, 9, 16], [1, 1, 20], [12, 5, 33]] {
            for (pool, smallest) in [
                (Pool.max(3, stride: 2, padding: 1), 1), (Pool.max(2), 2), (Pool.average(3, stride: 1, padding: 1), 1),
                (Pool.average(3, stride: 2, padding: 1, countsPadding: false), 1),
                (Pool(.max, kernel: 3, stride: 2, padding: .same), 1),
                (Pool(.max, kernel: 3, stride: 2, padding: .roundingUp(0)), 2),
                (Pool(.max, kernel: 2, stride: 2, padding: .roundingUp(1)), 1),
                (Pool(.average(countsPadding: false), kernel: 3, stride: 3, padding: .roundingUp(1)), 1),
                (
                    Pool(
                        .average(countsPadding: false), kernel: Extent(height: 2, width: 3), stride: 1, padding: .same),
                    1
                ),
            ] where size[0] >= smallest && size[1] >= smallest {
                try Self.check(try graph(size) { pool }, "\(pool) of \(size)")
            }
            for grid in [Extent(3), Extent(height: 7, width: 1), Extent(height: 8, width: 9)] {
                try Self.check(try graph(size) { GridPool(grid) }, "\(grid) of \(size)")
            }
            for pool in [GlobalPool.average, .max, .generalizedMean(power: 3), .generalizedMean(power: 2.5)] {
                try Self.check(try graph(size) { pool }, tolerance: 1e-5, "\(pool) of \(size)")
                try Self.check(
                    try graph(size) {
                        pool; Flatten(); Dense(7)
                    }, tolerance: 1e-5, "\(pool) of \(size)")
            }
        }
    }

    @Test func structure() throws {
        try Self.check(try graph([4, 5, 3]) { Dropout(0.2) })
        try Self.check(
            try graph([4, 5, 3]) {
                Flatten(); Dense(10)
            })
        try Self.check(try graph([4, 5, 16]) { Flatten() })
        try Self.check(
            try graph([32]) {
                Dropout(0.2); Dense(1000)
            }, batch: 5)
        try Self.check(
            try graph([6, 6, 5]) {
                Concatenate {
                    Conv(3, kernel: 1).named("a"); Conv(20, kernel: 3).named("b"); Activation.relu
                }
            })
        try Self.check(try graph([6, 6, 5]) { Residual { Activation.relu } })
        try Self.check(
            try graph([6, 6, 5]) {
                Residual {
                    Conv(5, kernel: 3); Norm()
                }; Activation.relu
            })
        try Self.check(
            try graph([9, 7, 5]) {
                Residual(shortcut: Conv(12, kernel: 1, stride: 2).named("downsample")) {
                    Conv(12, kernel: 3, stride: 2); Norm()
                }
                Activation.relu
                Residual {
                    Conv(6, kernel: 1); Activation.relu; Conv(12, kernel: 3, groups: 3)
                }
            }, batch: 2)
        try Self.check(try graph([6, 6, 5]) { Residual { Dropout(0.1) } })
        for size in [[7], [16], [33], [3, 2, 5]] { try Self.check(try graph(size) { Normalize() }, batch: 2) }
        for (pictures, count) in [(9, 1), (40, 7), (33, 100)] {
            try Self.check(
                try graph([16]) {
                    Normalize(); Dense(pictures, bias: false)
                    NeighbourVotes(pictures: pictures, outputs: 5, count: count, temperature: 0.07)
                }, batch: 3)
        }
        try Self.check(
            try graph([4, 4, 20]) {
                Conv(20, kernel: 3, groups: 20); GlobalPool.average; Flatten(); Normalize(); Dense(5, bias: false)
            })
        try Self.check(try graph([6, 6, 20]) { SqueezeExcite(squeezed: 3) })
        try Self.check(
            try graph([6, 6, 20]) {
                Conv(20, kernel: 3); SqueezeExcite(squeezed: 3, gate: .hardSigmoid); Conv(4, kernel: 1)
            })
        // The image that is scaled is read again: by the same convolution, or later.
        try Self.check(
            try graph([6, 6, 20]) {
                Conv(20, kernel: 3);
                Residual {
                    SqueezeExcite(squeezed: 3); Conv(20, kernel: 1)
                }
            })
        try Self.check(
            try graph([6, 6, 20]) {
                Conv(20, kernel: 3)
                Residual {
                    SqueezeExcite(squeezed: 3); Conv(24, kernel: 1); Activation.relu; Conv(20, kernel: 1)
                }
            })
        try Self.check(
            try graph([6, 6, 20]) {
                SqueezeExcite(squeezed: 3); Conv(20, kernel: 1)
            })
    }

    @Test func bottlenecks() throws {
        var random = Random(state: 7)
        for index in 0..<40 {
            let channels = random.int(1...40), kernel = Extent(random.pick([3, 5, 7])),
                stride = Extent(random.int(1...2))
            let expanded = channels * random.int(1...6), squeezed = random.pick([nil, 1, 5, 20])
            let padding: Padding? = random.pick([nil, .same])
            let activation = random.pick(Activation.allCases)
            let size = [random.int(1...20), random.int(1...40), random.int(1...4)]
            let layers = Sequential {
                Conv(channels, kernel: 3, stride: 2)
                Norm()
                activation
                InvertedBottleneck(
                    expanded: expanded, outputs: channels, kernel: kernel, stride: stride, padding: padding,
                    activation: activation, squeezed: squeezed)
                Residual {
                    InvertedBottleneck(
                        expanded: expanded, outputs: channels, kernel: kernel, stride: 1, padding: padding,
                        activation: activation, squeezed: squeezed)
                }
                Conv(random.int(1...70), kernel: 1)
                Norm()
                activation
                GlobalPool.average
                Flatten()
                Dropout(0.5)
                Dense(10)
            }
            var builder = GraphBuilder(inputShape: size)
            let output = try layers.build(builder.input, in: &builder)
            try Self.check(
                try builder.graph(output: output), batch: index % 3 + 1, seed: UInt64(index), tolerance: 1e-5,
                "\(index): \(size) \(channels) \(kernel) \(stride) \(activation)")
        }
    }

    @Test func otherImageSize() throws {
        try Self.check(
            try graph([8, 8, 3]) {
                Conv(8, kernel: 3, stride: 2); GlobalPool.average; Flatten(); Dense(3)
            }, batch: 2,
            imageSize: Extent(height: 11, width: 23))
    }
}
