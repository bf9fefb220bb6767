import CKernels
import Engine
import Foundation
import TestSupport
import Testing
import Zoo

/// Functions of one or two arrays, and the kernels that measure the machine.
@Suite struct ElementwiseKernelTests {
    @Test(arguments: Activation.allCases)
    func everyActivationHasAKernel(_ activation: Activation) {
        #expect(gk_activation_named(activation.rawValue) != GK_NONE)
    }

    @Test(arguments: [1, 3, 31, 32, 33, 100, 1280])
    func `dropout drops what the counters say, in every instruction set`(_ count: Int) {
        let random = CounterRandom(seed: 7, purpose: .dropout)
        let counter: [UInt32] = [5, 2, 0xFFFF_FFFF], threshold: UInt32 = 0x4000_0000
        let values = HashFill.samples("dropout", count).map { Float($0) }
        let expected = (0..<count).map { index in
            let words = random.words(at: SIMD4(UInt32(index / 4), counter[0], counter[1], counter[2]))
            return words[index % 4] < threshold ? 0 : values[index] * 1.25
        }
        for kernels in KernelSet.available {
            let buffer = GuardedBuffer(count: count) { values[$0] }
            kernels.table.pointee.dropout(
                buffer.pointer, count, [random.key[0], random.key[1]], counter, threshold, 1.25)
            #expect((0..<count).allSatisfy { buffer[$0].bitPattern == expected[$0].bitPattern }, "\(kernels.name)")
        }
        #expect(count < 100 || (expected.contains(0) && expected.contains { $0 != 0 }))
    }

    /// - Parameters:
    ///   - stride: doubles a row.
    ///   - rows: of one matrix, and of the other.
    @Test(arguments: [8, 40, 136], [(1, 1), (5, 3), (9, 10)])
    func `sums of doubles have the order of a formula, in every instruction set`(stride: Int, rows: (Int, Int)) {
        let a = HashFill.samples("doubles.a", rows.0 * stride), b = HashFill.samples("doubles.b", rows.1 * stride)
        let products = (0..<rows.0).flatMap { i in
            (0..<rows.1).map { k in
                var lanes = [Double](repeating: 0, count: 8)
                for at in 0..<stride { lanes[at % 8] += a[i * stride + at] * b[k * stride + at] }
                for half in [4, 2, 1] { for lane in 0..<half { lanes[lane] += lanes[lane + half] } }
                return lanes[0]
            }
        }
        // The products serve as factors: a row of the first matrix for each of the second.
        var sums = a
        for i in 0..<rows.0 {
            for n in 0..<rows.1 {
                for at in 0..<stride { sums[i * stride + at] += products[i * rows.1 + n] * b[n * stride + at] }
            }
        }
        for kernels in KernelSet.available {
            let first = GuardedDoubles(a), second = GuardedDoubles(b)
            let out = GuardedDoubles([Double](repeating: .nan, count: products.count))
            kernels.table.pointee.row_products(
                first.pointer, rows.0, second.pointer, rows.1, stride, out.pointer)
            #expect(out.values == products, "\(kernels.name)")
            kernels.table.pointee.row_sums(first.pointer, rows.0, out.pointer, second.pointer, rows.1, stride)
            #expect(first.values == sums, "\(kernels.name)")
        }
    }

    @Test func elementwise() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (activation, function) in KernelTesting.activations {
                for (pixels, vectors) in [(1, 1), (3, 2), (7, 5)] {
                    let channels = vectors * table.lanes
                    // Far enough out for the functions to saturate.
                    var random = Random(state: 3)
                    let a = GuardedBuffer(count: pixels * channels) { _ in random.float(-30...30) }
                    let b = KernelTesting.random(pixels * channels, 5), shift = KernelTesting.random(channels, 6)
                    func run(
                        _ what: String, _ value: (Int, Int) -> Double,
                        _ body: (inout gk_binary) -> Void
                    ) {
                        let out = GuardedBuffer(count: pixels * channels)
                        var arguments = gk_binary()
                        arguments.a = UnsafePointer(a.pointer)
                        arguments.b = UnsafePointer(b.pointer)
                        arguments.out = out.pointer
                        arguments.a_stride = channels
                        arguments.b_stride = channels
                        arguments.out_stride = channels
                        arguments.pixels = pixels
                        arguments.vectors = vectors
                        arguments.activation = activation
                        body(&arguments)
                        let expected = (0..<pixels * channels).map {
                            KernelTesting.apply(function, value($0, $0 % channels))
                        }
                        KernelTesting.compare(out, expected, "\(kernels.name) \(what) act \(activation.rawValue)")
                    }
                    run("add", { i, _ in Double(a[i]) + Double(b[i]) }) { table.add(&$0) }
                    run("multiply", { i, _ in Double(a[i]) * Double(b[i]) }) { table.multiply(&$0) }
                    run("scale", { i, c in Double(a[i]) * Double(b[c]) }) {
                        $0.b_stride = 0
                        table.multiply(&$0)
                    }
                    run("affine", { i, c in Double(a[i]) * Double(b[c]) + Double(shift[c]) }) {
                        $0.b_stride = 0
                        table.affine(&$0, UnsafePointer(shift.pointer))
                    }
                    run("activate", { i, _ in Double(a[i]) }) { table.activate(&$0) }
                }
            }
        }
    }

    @Test func saturation() {
        let values: [Float] = [-1e30, -1000, -127, -88, -87, -20, -1, -0.0, 0, 1e-20, 1, 20, 87, 88, 127, 1000]
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (activation, function) in KernelTesting.activations {
                let input = GuardedBuffer(count: 16) { values[$0] }, out = GuardedBuffer(count: 16)
                var arguments = gk_binary()
                arguments.a = UnsafePointer(input.pointer)
                arguments.out = out.pointer
                arguments.pixels = 1
                arguments.vectors = 16 / table.lanes
                arguments.activation = activation
                table.activate(&arguments)
                KernelTesting.compare(
                    out, values.map { KernelTesting.apply(function, Double($0)) },
                    "\(kernels.name) act \(activation.rawValue)")
            }
        }
    }

    @Test func rowScaling() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (pixels, vectors) in [(1, 1), (6, 2), (49, 3)] {
                let channels = vectors * table.lanes
                let input = KernelTesting.random(pixels * channels, 9)
                let factors = KernelTesting.random(pixels, 10), scaled = GuardedBuffer(count: pixels * channels)
                table.scale_rows(
                    UnsafePointer(input.pointer), UnsafePointer(factors.pointer), scaled.pointer, pixels, vectors)
                KernelTesting.compare(
                    scaled, (0..<pixels * channels).map { Double(input[$0]) * Double(factors[$0 / channels]) },
                    "\(kernels.name) scale_rows")
            }
        }
    }

    /// What `graft bench` measures the machine with does the work that is counted.
    @Test func peaks() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            for vectors in [1, 7, 8, 9, 40] {
                let input = KernelTesting.random(vectors * lanes, 11), sum = GuardedBuffer(count: lanes)
                table.peak_read(UnsafePointer(input.pointer), vectors, sum.pointer)
                let expected = (0..<lanes).map { lane in
                    (0..<vectors).reduce(0.0) { $0 + Double(input[$1 * lanes + lane]) }
                }
                KernelTesting.compare(sum, expected, "\(kernels.name) peak_read \(vectors)")
            }
            // Sums that start at 0, 1, 2 … go half the way to 1 in each round.
            for rounds in [1, 2, 30] {
                let result = GuardedBuffer(count: lanes) { _ in 0.5 }
                let done = table.peak_multiply_adds(rounds, result.pointer)
                let sums = done / rounds / lanes
                #expect(done == rounds * lanes * sums && sums >= 8)
                let expected = (0..<sums).reduce(0.0) { total, start in
                    total + (0..<rounds).reduce(Double(start)) { value, _ in value / 2 + 0.5 }
                }
                KernelTesting.compare(
                    result, [Double](repeating: expected, count: lanes), "\(kernels.name) peak_multiply_adds")
            }
        }
    }
}
