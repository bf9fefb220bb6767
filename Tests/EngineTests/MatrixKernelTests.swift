import CKernels
import Engine
import Testing
import Zoo

/// The products of one instruction set, of floats or of pairs of bfloat16.
struct MatrixKernels {
    let name: String
    let lanes: Int
    let panel: Int
    let isPaired: Bool
    let gemm: (@convention(c) (UnsafePointer<gk_gemm>?, Int, Int) -> Void)?
    let gemv: (@convention(c) (UnsafePointer<gk_gemm>?, Int, Int) -> Void)?

    static let available =
        KernelSet.available.map {
            let table = $0.table.pointee
            return MatrixKernels(
                name: $0.name, lanes: table.lanes, panel: table.panel, isPaired: false, gemm: table.gemm,
                gemv: table.gemv)
        }
        + PairKernels.available.map {
            let table = $0.table.pointee
            return MatrixKernels(
                name: "bf16 \($0.name)", lanes: table.lanes, panel: table.panel, isPaired: true, gemm: table.gemm,
                gemv: table.gemv)
        }

    /// A number from -1 to 1, or two of bfloat16 in one.
    func element(_ random: inout Random) -> Float {
        guard isPaired else { return random.float() }
        return Float(bitPattern: random.float().bitPattern & 0xffff_0000 | random.float().bitPattern >> 16)
    }

    /// What one step of the depth adds.
    func product(_ a: Float, _ b: Float) -> Double {
        guard isPaired else { return Double(a) * Double(b) }
        func halves(_ pair: Float) -> (Double, Double) {
            (
                Double(Float(bitPattern: pair.bitPattern & 0xffff_0000)),
                Double(Float(bitPattern: pair.bitPattern << 16))
            )
        }
        let (first, second) = (halves(a), halves(b))
        return first.0 * second.0 + first.1 * second.1
    }
}

/// Matrix products.
@Suite struct MatrixKernelTests {
    @Test func gemm() {
        for table in MatrixKernels.available {
            var seed: UInt64 = 0
            for rows in Array(1...13) + [16, 17, 24, 25, 49] {
                for vectors in [1, 2, 3, 4, 5, 7] {
                    for (segments, depth, last) in [(1, 1, 1), (1, 5, 5), (3, 4, 2), (2, 16, 16)] {
                        seed += 1
                        check(
                            table, rows: rows, vectors: vectors, segments: segments, depth: depth, last: last,
                            seed: seed, gemv: false)
                    }
                }
            }
        }
    }

    @Test func gemv() {
        for table in MatrixKernels.available {
            for (vectors, depth) in [(1, 1), (2, 4), (3, 5), (4, 19), (5, 64), (7, 130)] {
                check(
                    table, rows: 1, vectors: vectors, segments: 1, depth: depth, last: depth, seed: UInt64(depth),
                    gemv: true)
                check(
                    table, rows: 1, vectors: vectors, segments: 2, depth: depth, last: 1, seed: UInt64(depth),
                    gemv: true)
            }
        }
    }

    private func check(
        _ table: MatrixKernels, rows: Int, vectors: Int, segments: Int, depth: Int, last: Int, seed: UInt64, gemv: Bool
    ) {
        let lanes = table.lanes, columns = vectors * lanes, total = (segments - 1) * depth + last
        let stride = depth + 3, outStride = columns + 2
        let inputs = (0..<segments).map { segment in
            let used = segment + 1 < segments ? depth : last
            var random = Random(state: seed &* 31 &+ UInt64(segment))
            return GuardedBuffer(count: (rows - 1) * stride + used) { _ in table.element(&random) }
        }
        let pointers: [UnsafePointer<Float>?] = inputs.map { UnsafePointer($0.pointer) }
        let half = !gemv && seed % 5 == 0, real = half ? columns - lanes / 2 : columns
        let (packed, matrix) = KernelTesting.pack(depth: total, vectors: vectors, table, seed: seed, columns: real)
        let bias = KernelTesting.random(columns, seed &+ 1)
        for column in real..<columns { bias.pointer[column] = 0 }
        let (activation, function) = KernelTesting.activations[Int(seed) % KernelTesting.activations.count]
        let residual = !gemv && seed % 3 == 0 ? KernelTesting.random((rows - 1) * outStride + columns, seed &+ 2) : nil
        let tail = seed % 4 == 0 ? Int(seed / 4) % lanes : 0
        let written = tail == 0 ? columns : columns - lanes + tail
        let out = GuardedBuffer(count: (rows - 1) * outStride + written)
        let sums = !gemv && seed % 2 == 0 ? GuardedBuffer(count: columns) : nil

        pointers.withUnsafeBufferPointer { pointers in
            var arguments = gk_gemm()
            arguments.segments = pointers.baseAddress
            arguments.segment_count = segments
            arguments.depth = depth
            arguments.last_depth = last
            arguments.pixel_stride = stride
            arguments.rows = rows
            arguments.panels = UnsafePointer(packed.pointer)
            arguments.bias = UnsafePointer(bias.pointer)
            arguments.vectors = vectors
            arguments.out = out.pointer
            arguments.out_stride = outStride
            if let residual {
                arguments.residual = UnsafePointer(residual.pointer)
                arguments.residual_stride = outStride
            }
            arguments.sums = sums?.pointer
            arguments.sum_scale = 0.5
            arguments.tail = tail
            arguments.half = half ? 1 : 0
            arguments.activation = activation
            let panels = gk_panel_count(vectors, table.panel)
            (gemv ? table.gemv : table.gemm)?(&arguments, 0, panels)
        }

        var expected = [Double?](repeating: nil, count: out.count)
        var expectedSums = [Double](repeating: 0, count: columns)
        for row in 0..<rows {
            for column in 0..<columns {
                var value = Double(bias[column])
                for k in 0..<total {
                    value += table.product(inputs[k / depth][row * stride + k % depth], matrix[k * columns + column])
                }
                if let residual { value += Double(residual[row * outStride + column]) }
                value = KernelTesting.apply(function, value)
                expectedSums[column] += value / 2
                if column < written { expected[row * outStride + column] = value }
            }
        }
        let what = "\(table.name) \(rows)x\(total)x\(columns) tail \(tail) act \(activation.rawValue)"
        KernelTesting.compare(out, expected, what)
        if let sums { KernelTesting.compare(sums, expectedSums, what + " sums") }
    }
}
