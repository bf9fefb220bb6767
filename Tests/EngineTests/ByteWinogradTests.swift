import CKernels
import Engine
import TestSupport
import Testing
import Zoo

/// 3x3 convolutions in 8 bits by Winograd's algorithm have the bits of the direct sum, at any number of threads.
@Suite struct ByteWinogradTests {
    /// The same kernels without those of Winograd's algorithm: the caller gives the memory back.
    private static func direct(_ kernels: ByteKernels) -> UnsafeMutablePointer<gk_byte_table> {
        let table = UnsafeMutablePointer<gk_byte_table>.allocate(capacity: 1)
        table.initialize(to: kernels.table.pointee)
        table.pointee.winograd_input = nil
        table.pointee.winograd_products = nil
        table.pointee.winograd_output = nil
        return table
    }

    /// - Parameter isExact: whether the weights are small enough for it.
    private static func check(
        _ network: Graph, _ quantization: Quantization, weights: StateDict, isExact: Bool = true, _ what: Comment
    ) throws {
        var random = Random(state: 2)
        let input = random.tensor([2] + network.inputShape)
        func answer(_ bytes: ByteKernels, threads: Int) throws -> (bits: [UInt32], kinds: [String]) {
            let plan = try InferencePlan(
                network, weights: weights, imageSize: nil, threads: threads, quantization: quantization,
                kernels: KernelSet(table: KernelSet.available[0].table, bytes: bytes))
            return (
                try plan.run(input).elements.map(\.bitPattern), try plan.timeSteps(input, rounds: 1).map(\.kind)
            )
        }
        for kernels in ByteKernels.available where kernels.table.pointee.winograd_products != nil {
            let table = direct(kernels)
            defer { table.deallocate() }
            let expected = try answer(ByteKernels(table: UnsafePointer(table)), threads: 1)
            #expect(!expected.kinds.contains("int8 winograd"), what)
            for threads in [1, 2, 3] {
                let found = try answer(kernels, threads: threads)
                #expect(found.kinds.contains("int8 winograd") == isExact, "\(kernels.name): \(what.rawValue)")
                #expect(found.bits == expected.bits, "\(kernels.name), \(threads) threads: \(what.rawValue)")
            }
        }
    }

    @Test(arguments: [(23, 18, 64, 64), (14, 30, 45, 70), (33, 33, 70, 40), (24, 26, 128, 96)])
    func sameBits(_ height: Int, _ width: Int, _ inputs: Int, _ outputs: Int) throws {
        let network = try graph([height, width, 3]) {
            Conv(inputs, kernel: 1); Activation.relu
            Conv(outputs, kernel: 3); Norm(); Activation.silu
            Residual {
                Conv(outputs, kernel: 3); Norm()
            }
            Activation.relu
            Conv(outputs, kernel: 3, padding: .symmetric(0))
        }
        var random = Random(state: 11)
        let weights = random.weights(for: network)
        let ranges = try BytePlanTests.quantization(network, weights, random.tensor([3] + network.inputShape))
        try Self.check(network, ranges, weights: weights, "\(height)x\(width), \(inputs) to \(outputs)")
    }

    /// All weights the largest: 128 channels are too many for 26 bits, 100 are not.
    @Test(arguments: [(100, true), (128, false)])
    func sumsThatDoNotFit(_ channels: Int, _ isExact: Bool) throws {
        let network = try graph([24, 24, 8]) {
            Conv(channels, kernel: 1); Activation.relu; Conv(64, kernel: 3); Activation.relu; Conv(8, kernel: 1)
        }
        var random = Random(state: 13)
        var weights = random.weights(for: network)
        for name in weights.names where name.hasSuffix("weight") {
            weights[name]?.withElements { values in for index in values.indices { values[index] = 1 } }
        }
        let ranges = network.valueKeys.map { ($0, ByteRange(scale: 1e-3, zero: 0)) }
        try Self.check(
            network, Quantization(ranges: Dictionary(uniqueKeysWithValues: ranges)), weights: weights,
            isExact: isExact, "\(channels) channels")
    }

    /// The largest weights and values there are, zero points at both ends, and one dead channel.
    @Test func extremes() throws {
        let network = try graph([20, 20, 40]) {
            Conv(64, kernel: 3); Activation.relu; Conv(20, kernel: 3)
        }
        var random = Random(state: 12)
        var weights = random.weights(for: network)
        for name in weights.names where name.hasSuffix("weight") {
            guard var tensor = weights[name] else { continue }
            tensor.withElements { values in
                for index in values.indices { values[index] = index < 360 ? 0 : values[index] < 0 ? -1 : 1 }
            }
            weights[name] = tensor
        }
        for zero in [0, 255] as [UInt8] {
            let ranges = network.valueKeys.map { ($0, ByteRange(scale: 1e-3, zero: zero)) }
            try Self.check(
                network, Quantization(ranges: Dictionary(uniqueKeysWithValues: ranges)), weights: weights,
                "zero \(zero)")
        }
    }
}
