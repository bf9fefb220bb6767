import CKernels
import Engine
import TestSupport
import Testing
import Zoo

/// Plans with products of bfloat16: near the same network in float32, and the same bits for any number of threads.
@Suite struct PairPlanTests {
    /// Rounding to the nearest, ties to even, on every instruction set; nothing but whole pairs is written.
    @Test func rounding() {
        var random = Random(state: 5)
        let special: [Float] = [
            0, -0.0, 1, -1, .infinity, -.infinity, .nan, .greatestFiniteMagnitude, .leastNormalMagnitude,
            Float(bitPattern: 0x3f80_8000), Float(bitPattern: 0x3f81_8000), Float(bitPattern: 0xbf80_8001),
            Float(bitPattern: 0x3f80_7fff), Float(bitPattern: 0x7f80_0001),
        ]
        for kernels in PairKernels.available {
            for channels in Array(1...40) + [64, 79] {
                for pixels in [1, 3] {
                    let (from, to) = (channels + random.int(0...3), (channels + 1) / 2 + random.int(0...2))
                    let values = (0..<(pixels - 1) * from + channels).map { _ in
                        random.int(0...3) == 0 ? random.pick(special) : random.float() * random.pick([1, 1e30, 1e-30])
                    }
                    let source = GuardedBuffer(count: values.count) { values[$0] }
                    let used = (channels + 1) / 2
                    let result = GuardedBuffer(count: (pixels - 1) * to + used) { _ in 7 }
                    kernels.table.pointee.round(source.pointer, from, result.pointer, to, pixels, channels)
                    let expected = (0..<result.count).map { place -> UInt32 in
                        let (pixel, pair) = (place / to, place % to)
                        guard pair < used else { return Float(7).bitPattern }
                        let odd = 2 * pair + 1 < channels ? Self.nearest(values[pixel * from + 2 * pair + 1]) : 0
                        return odd << 16 | Self.nearest(values[pixel * from + 2 * pair])
                    }
                    let found = (0..<result.count).map { result[$0].bitPattern }
                    #expect(found == expected, "\(kernels.name): \(channels) channels of \(pixels) pixels")
                }
            }
        }
    }

    /// The nearer of the two neighbours, by their distances.
    private static func nearest(_ value: Float) -> UInt32 {
        if value.isNaN { return value.bitPattern >> 16 | 0x40 }
        let below = value.bitPattern & 0xffff_0000, above = below &+ 0x10000
        if value.bitPattern == below { return below >> 16 }
        // Beyond the greatest number stands infinity, as if the numbers went on.
        func size(_ bits: UInt32) -> Double {
            let magnitude = Float(bitPattern: bits & 0x7fff_ffff)
            return magnitude.isInfinite ? 0x1p128 : Double(magnitude)
        }
        let down = size(value.bitPattern) - size(below), up = size(above) - size(value.bitPattern)
        return (down < up || down == up && below >> 16 & 1 == 0 ? below : above) >> 16
    }

    private static func check(_ graph: Graph, _ what: Comment, seed: UInt64) throws {
        var random = Random(state: seed)
        let weights = random.weights(for: graph), input = random.tensor([3] + graph.inputShape)
        let expected = try ReferenceInterpreter(graph: graph, weights: weights).run(input).elements
        let size = expected.reduce(0) { $0 + $1 * $1 }
        for set in KernelSet.available {
            for pairs in PairKernels.available
            where pairs.table.pointee.lanes == set.table.pointee.lanes
                && pairs.table.pointee.panel == set.table.pointee.panel
            {
                var first: [UInt32]?
                for threads in [1, 2, 3] {
                    let plan = try InferencePlan(
                        graph, weights: weights, imageSize: nil, threads: threads, precision: .bfloat16,
                        kernels: KernelSet(table: set.table, pairs: pairs))
                    let found = try plan.run(input).elements
                    let bits = found.map(\.bitPattern)
                    #expect(first == nil || first == bits, "\(pairs.name), \(threads) threads: \(what.rawValue)")
                    first = bits
                    let change = zip(found, expected).reduce(0) { $0 + (Double($1.0) - $1.1) * (Double($1.0) - $1.1) }
                    let error = (change / size).squareRoot()
                    // In float32 it would be a thousandth of this.
                    #expect(error > 1e-6 && error < 0.02, "\(pairs.name): \(error): \(what.rawValue)")
                }
            }
        }
    }

    @Test func convolutions() throws {
        for (index, convolution) in PlanTests.convolutions.enumerated() where index % 3 == 1 {
            guard convolution.groups == 1 else { continue }
            var builder = GraphBuilder(inputShape: [index % 3 + 7, index % 5 + 7, convolution.inputs])
            let output: Value
            do { output = try builder.append(.convolution(convolution), builder.input) } catch { continue }
            try Self.check(try builder.graph(output: output), "\(convolution)", seed: UInt64(index))
        }
    }

    @Test func bottlenecks() throws {
        var random = Random(state: 9)
        for index in 0..<10 {
            let (network, what) = try random.bottlenecks()
            try Self.check(network, "\(index): \(what)", seed: UInt64(index))
        }
    }

    @Test func residualsAndTokens() throws {
        try Self.check(
            try graph([33, 34, 3]) {
                Conv(20, kernel: 7, stride: 2); Norm(); Activation.relu; Pool.max(3, stride: 2, padding: 1)
                Residual {
                    Conv(20, kernel: 3); Norm(); Activation.relu; Conv(20, kernel: 3); Norm()
                }
                Activation.relu
                Residual(shortcut: Conv(33, kernel: 1, stride: 2).named("downsample")) {
                    Conv(33, kernel: 3, stride: 2); Norm()
                }
                Activation.relu
                GlobalPool.average; Flatten(); Dense(7)
            }, "residual", seed: 1)
        try Self.check(
            try graph([70, 24]) {
                LayerNorm(); Dense(72); Attention(heads: 3); Dense(24); LayerScale()
                Residual {
                    LayerNorm(); Dense(40); Activation.gelu; Dense(24)
                }
                LayerNorm(); GlobalPool.average; Dense(5)
            }, "tokens", seed: 2)
    }
}
