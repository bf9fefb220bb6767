import CKernels
import Engine
import Testing
import Zoo

/// Kernels on bytes, to the bit against the plain formula on every instruction set, with buffers that end at the last byte that
/// they may touch.
@Suite struct ByteKernelTests {
    @Test func products() {
        for kernels in ByteKernels.available {
            let table = kernels.table.pointee
            var random = Random(state: 5)
            for rows in [1, 2, 3, 5, 6, 7, 12, 13, 25] {
                for vectors in [1, 2, 3, 4, 5, 7, 9] {
                    for (segments, depth, last) in [(1, 1, 1), (1, 7, 7), (3, 6, 5), (2, 16, 4)] {
                        check(
                            table, rows: rows, vectors: vectors, segments: segments, depth: depth, last: last, &random)
                    }
                }
            }
        }
    }

    /// What `CKernelsBytes.h` says of `gk_byte_gemm`.
    private func check(
        _ table: gk_byte_table, rows: Int, vectors: Int, segments: Int, depth: Int, last: Int, _ random: inout Random
    ) {
        let lanes = table.lanes, columns = vectors * lanes
        let groups = (depth + 3) / 4, total = (segments - 1) * groups + (last + 3) / 4
        let stride = depth + random.int(0...3), outStride = columns + random.int(0...2)
        let inputs = (0..<segments).map { segment in
            let read = 4 * (segment + 1 < segments ? groups : (last + 3) / 4)
            return GuardedBytes<UInt8>(count: (rows - 1) * stride + read) { _ in Self.byte(&random) }
        }
        let pointers: [UnsafePointer<UInt8>?] = inputs.map { UnsafePointer($0.pointer) }
        // `[depth in all][columns]`
        let depths = (0..<segments).map { $0 + 1 < segments ? depth : last }
        let matrix = (0..<depths.reduce(0, +) * columns).map { _ in random.int(-127...127) }
        let bias = (0..<columns).map { _ in random.int(-9999...9999) }
        let factors = (0..<columns).map { $0 % 9 == 4 ? 0 : Float(random.int(1...64)) / Float(random.pick([2, 4096])) }
        let makesFloats = random.int(0...4) == 0
        var packed: [Int8] = []
        var packedBias: [Int32] = []
        var packedFactors: [Float] = []
        for panel in 0..<gk_byte_panel_count(vectors) {
            let first = gk_byte_panel_start(panel, vectors), width = gk_byte_panel_start(panel + 1, vectors) - first
            var order: [Int] = []
            for vector in 0..<width {
                for lane in 0..<lanes {
                    order.append(
                        first * lanes
                            + (makesFloats ? vector * lanes + lane : gk_byte_column(vector, lane, width)))
                }
            }
            packedBias += order.map { Int32(bias[$0]) }
            packedFactors += order.map { factors[$0] }
            for segment in 0..<segments {
                for group in 0..<(depths[segment] + 3) / 4 {
                    for column in order {
                        for k in group * 4..<group * 4 + 4 {
                            let row = depths[..<segment].reduce(0, +) + k
                            packed.append(k < depths[segment] ? Int8(matrix[row * columns + column]) : 0)
                        }
                    }
                }
            }
        }
        let panels = GuardedBytes<Int8>(count: total * 4 * columns) { packed[$0] }
        let count = (rows - 1) * outStride + columns
        let out = GuardedBytes<UInt8>(count: count) { _ in 77 }
        let floats = GuardedBytes<Float>(count: count) { _ in .nan }
        let residual = random.int(0...1) == 0 ? nil : GuardedBytes<UInt8>(count: count) { _ in Self.byte(&random) }
        let mapping =
            random.int(0...2) > 0 ? nil : GuardedBytes<UInt8>(count: 256) { _ in UInt8(random.int(0...255)) }
        let zero = random.pick([0, 255, 3, 128])
        var arguments = gk_byte_gemm()
        packedBias.withUnsafeBufferPointer { bias in
            packedFactors.withUnsafeBufferPointer { factors in
                pointers.withUnsafeBufferPointer { pointers in
                    arguments.segments = pointers.baseAddress
                    arguments.segment_count = segments
                    arguments.depth = depth
                    arguments.last_depth = last
                    arguments.pixel_stride = stride
                    arguments.rows = rows
                    arguments.panels = UnsafePointer(panels.pointer)
                    arguments.bias = bias.baseAddress
                    arguments.multiplier = factors.baseAddress
                    arguments.vectors = vectors
                    arguments.out = out.pointer
                    arguments.out_stride = outStride
                    arguments.zero = zero
                    if let residual { arguments.residual = UnsafePointer(residual.pointer) }
                    arguments.residual_stride = outStride
                    arguments.residual_scale = 0.625
                    if let mapping { arguments.table = UnsafePointer(mapping.pointer) }
                    if makesFloats { arguments.floats = floats.pointer }
                    arguments.floats_stride = outStride
                    table.gemm?(&arguments, 0, gk_byte_panel_count(vectors))
                }
            }
        }
        var wrong: String?
        for row in 0..<rows {
            for column in 0..<columns {
                var sum = bias[column], at = 0
                for segment in 0..<segments {
                    for k in 0..<depths[segment] {
                        sum += Int(inputs[segment].pointer[row * stride + k]) * matrix[at * columns + column]
                        at += 1
                    }
                }
                var value = Float(sum) * factors[column]
                let place = row * outStride + column
                if makesFloats {
                    if floats.pointer[place] != value { wrong = "\(floats.pointer[place]), not \(value)" }
                    continue
                }
                if let residual {
                    let other = Float(residual.pointer[place]) * 0.625
                    value += other
                }
                var byte = UInt8(max(0, min(255, value.rounded(.toNearestOrEven) + Float(zero))))
                if let mapping { byte = mapping.pointer[Int(byte)] }
                if out.pointer[place] != byte { wrong = "\(out.pointer[place]), not \(byte)" }
            }
        }
        if let wrong {
            Issue.record("\(String(cString: table.name)) \(rows)x\(depths)x\(columns): \(wrong)")
        }
    }

    /// What `CKernelsBytes.h` says of `quantize`.
    @Test func floatsBecomeBytes() {
        for kernels in ByteKernels.available {
            let table = kernels.table.pointee
            var random = Random(state: 6)
            for count in [1, 3, 15, 16, 17, 31, 64, 65, 127, 128, 191, 256, 300] {
                for zero in [0, 1, 128, 255] {
                    let special: [Float] = [.nan, .infinity, -.infinity, 1e30, -1e30, 65537, -65537, 0, -0.0]
                    let scale = random.pick([Float(1), 0.25, 127.5])
                    let from = GuardedBytes<Float>(count: count) { _ in
                        random.int(0...5) == 0 ? random.pick(special) : Float(random.int(-1200...1200)) / 4 / scale
                    }
                    let to = GuardedBytes<UInt8>(count: count) { _ in 77 }
                    table.quantize(from.pointer, to.pointer, count, scale, zero)
                    var wrong: String?
                    for index in 0..<count {
                        let value = from.pointer[index] * scale
                        // Not a number is the least.
                        let limited = value > 65536 ? 65536 : value >= -65536 ? value : -65536
                        let byte = UInt8(max(0, min(255, limited.rounded(.toNearestOrEven) + Float(zero))))
                        if to.pointer[index] != byte { wrong = "\(value): \(to.pointer[index]), not \(byte)" }
                    }
                    if let wrong { Issue.record("\(kernels.name), \(count) values, zero \(zero): \(wrong)") }
                }
            }
        }
    }

    /// What `CKernelsBytes.h` says of `gk_byte_window`.
    @Test func largest() {
        for kernels in ByteKernels.available {
            let table = kernels.table.pointee
            var random = Random(state: 7)
            for vectors in [1, 2, 3, 4, 5, 7, 8, 9] {
                for (kernel, stride, margin) in [(1, 1, 0), (2, 2, 0), (3, 2, 1), (3, 1, 1), (5, 3, 2)] {
                    let channels = vectors * table.lanes, width = 9, height = random.int(1...kernel)
                    let outputs = (width + 2 * margin - kernel) / stride + 1, pixel = channels + random.int(0...3)
                    let rows = (0..<height).map { _ in
                        GuardedBytes<UInt8>(count: (width - 1) * pixel + channels) { _ in Self.byte(&random) }
                    }
                    let pointers: [UnsafePointer<UInt8>?] = rows.map { UnsafePointer($0.pointer) }
                    let out = GuardedBytes<UInt8>(count: outputs * channels) { _ in 77 }
                    pointers.withUnsafeBufferPointer { pointers in
                        var window = gk_byte_window()
                        window.rows = pointers.baseAddress
                        window.row_count = height
                        window.pixel_stride = pixel
                        window.input_width = width
                        window.out = out.pointer
                        window.out_stride = channels
                        window.width = outputs
                        window.vectors = vectors
                        window.first_column = -margin
                        window.kernel_width = kernel
                        window.stride = stride
                        table.largest(&window)
                    }
                    var wrong = 0
                    for output in 0..<outputs {
                        let columns = (output * stride - margin..<output * stride - margin + kernel)
                            .clamped(to: 0..<width)
                        for channel in 0..<channels {
                            let most = rows.reduce(UInt8(0)) { most, row in
                                columns.reduce(most) { max($0, row.pointer[$1 * pixel + channel]) }
                            }
                            if out.pointer[output * channels + channel] != most { wrong += 1 }
                        }
                    }
                    #expect(wrong == 0, "\(kernels.name), \(vectors) vectors, \(kernel) by \(stride)")
                }
            }
        }
    }

    private static func byte(_ random: inout Random) -> UInt8 { random.pick([0, 255, UInt8(random.int(0...255))]) }
}
