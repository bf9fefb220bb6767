import CKernels
import Engine
import Testing
import Zoo

/// Every kernel of every instruction set that this processor has, against the plain formula in double precision, at
/// sizes around its tile, with buffers that end at the last float it may touch.
@Suite struct KernelTests {
    static let activations: [(gk_activation, Activation?)] =
        [(GK_NONE, nil)]
        + zip(
            [GK_RELU, GK_RELU6, GK_SILU, GK_HARD_SWISH, GK_HARD_SIGMOID, GK_SIGMOID],
            [Activation.relu, .relu6, .silu, .hardSwish, .hardSigmoid, .sigmoid]
        ).map { ($0, $1) }

    static func random(_ count: Int, _ seed: UInt64) -> GuardedBuffer {
        var random = Random(state: seed)
        return GuardedBuffer(count: count) { _ in random.float() }
    }

    static func apply(_ activation: Activation?, _ x: Double) -> Double { activation?.value(x) ?? x }

    /// Elements of `found` at `expected`'s places, within a tolerance relative to 1 or the value.
    static func compare(
        _ found: GuardedBuffer, _ expected: [Double?], _ what: String, tolerance: Double = 4e-6,
        location: SourceLocation = #_sourceLocation
    ) {
        for (index, value) in expected.enumerated() {
            guard let value else { continue }
            let difference = abs(Double(found[index]) - value)
            if !(difference <= tolerance * max(1, abs(value))) {
                Issue.record("\(what): element \(index) is \(found[index]), not \(value)", sourceLocation: location)
                return
            }
        }
    }

    /// A panel-packed matrix and the plain one, `[depth][columns]`.
    static func pack(depth: Int, vectors: Int, _ table: gk_table, seed: UInt64) -> (GuardedBuffer, [Float]) {
        let columns = vectors * table.lanes
        var random = Random(state: seed)
        let matrix = (0..<depth * columns).map { _ in random.float() }
        var packed: [Float] = []
        let panels = gk_panel_count(vectors, table.panel)
        for panel in 0..<panels {
            let first = gk_panel_start(panel, panels, vectors) * table.lanes
            let end = gk_panel_start(panel + 1, panels, vectors) * table.lanes
            for k in 0..<depth { packed += matrix[k * columns + first..<k * columns + end] }
        }
        return (GuardedBuffer(count: packed.count) { packed[$0] }, matrix)
    }

    @Test func gemm() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
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
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
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
        _ table: gk_table, rows: Int, vectors: Int, segments: Int, depth: Int, last: Int, seed: UInt64, gemv: Bool
    ) {
        let lanes = table.lanes, columns = vectors * lanes, total = (segments - 1) * depth + last
        let stride = depth + 3, outStride = columns + 2
        let inputs = (0..<segments).map { segment in
            let used = segment + 1 < segments ? depth : last
            return Self.random((rows - 1) * stride + used, seed &* 31 &+ UInt64(segment))
        }
        let pointers: [UnsafePointer<Float>?] = inputs.map { UnsafePointer($0.pointer) }
        let (packed, matrix) = Self.pack(depth: total, vectors: vectors, table, seed: seed)
        let bias = Self.random(columns, seed &+ 1)
        let (activation, function) = Self.activations[Int(seed) % Self.activations.count]
        let residual = !gemv && seed % 3 == 0 ? Self.random((rows - 1) * outStride + columns, seed &+ 2) : nil
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
                    value += Double(inputs[k / depth][row * stride + k % depth]) * Double(matrix[k * columns + column])
                }
                if let residual { value += Double(residual[row * outStride + column]) }
                value = Self.apply(function, value)
                expectedSums[column] += value / 2
                if column < written { expected[row * outStride + column] = value }
            }
        }
        let what = "\(String(cString: table.name)) \(rows)x\(total)x\(columns) tail \(tail) act \(activation.rawValue)"
        Self.compare(out, expected, what)
        if let sums { Self.compare(sums, expectedSums, what + " sums") }
    }

    @Test func depthwise() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            var seed: UInt64 = 0
            for width in Array(1...17) + [23, 24, 25] {
                for (height, kernel, stride, dilation) in [
                    (3, 3, 1, 1), (3, 3, 2, 1), (5, 5, 1, 1), (5, 5, 2, 1), (7, 7, 1, 1), (7, 7, 2, 1), (1, 3, 1, 1),
                    (3, 1, 1, 1), (2, 4, 3, 1), (3, 3, 1, 2), (1, 2, 2, 3),
                ] {
                    for vectors in [1, 2, 3] {
                        seed += 1
                        let channels = vectors * lanes, pixels = (width - 1) * stride + dilation * (kernel - 1) + 1
                        let rows = (0..<height).map { Self.random(pixels * channels, seed &* 17 &+ UInt64($0)) }
                        let pointers: [UnsafePointer<Float>?] = rows.map { UnsafePointer($0.pointer) }
                        let weights = Self.random(height * kernel * channels, seed &+ 1)
                        let bias = Self.random(channels, seed &+ 2)
                        let out = GuardedBuffer(count: width * channels), sums = GuardedBuffer(count: channels)
                        let (activation, function) = Self.activations[Int(seed) % Self.activations.count]
                        pointers.withUnsafeBufferPointer { pointers in
                            var arguments = gk_depthwise()
                            arguments.rows = pointers.baseAddress
                            arguments.pixel_stride = channels
                            arguments.weights = UnsafePointer(weights.pointer)
                            arguments.weight_stride = channels
                            arguments.bias = UnsafePointer(bias.pointer)
                            arguments.out = out.pointer
                            arguments.out_stride = channels
                            arguments.sums = seed % 2 == 0 ? sums.pointer : nil
                            arguments.vectors = vectors
                            arguments.width = width
                            arguments.kernel_height = height
                            arguments.kernel_width = kernel
                            arguments.stride = stride
                            arguments.dilation = dilation
                            arguments.activation = activation
                            table.depthwise(&arguments)
                        }
                        var expected: [Double] = []
                        var expectedSums = [Double](repeating: 0, count: channels)
                        for x in 0..<width {
                            for c in 0..<channels {
                                var value = Double(bias[c])
                                for y in 0..<height {
                                    for q in 0..<kernel {
                                        value +=
                                            Double(rows[y][(x * stride + q * dilation) * channels + c])
                                            * Double(weights[(y * kernel + q) * channels + c])
                                    }
                                }
                                value = Self.apply(function, value)
                                expected.append(value)
                                expectedSums[c] += value
                            }
                        }
                        let what = "\(kernels.name) depthwise \(width) of \(height)x\(kernel)/\(stride) d\(dilation)"
                        Self.compare(out, expected, what)
                        if seed % 2 == 0 { Self.compare(sums, expectedSums, what + " sums") }
                    }
                }
            }
        }
    }

    @Test func window() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            for (inputWidth, width, kernel, stride, first) in [
                (1, 1, 3, 1, -1), (7, 4, 3, 2, -1), (8, 4, 2, 2, 0), (5, 5, 3, 1, -1), (9, 3, 4, 3, -1),
            ] {
                for divisor in [0, -1, 5] {
                    for (vectors, count) in [(1, 1), (2, 3)] {
                        let channels = vectors * lanes
                        let rows = (0..<count).map { Self.random(inputWidth * channels, UInt64($0 + width)) }
                        let pointers: [UnsafePointer<Float>?] = rows.map { UnsafePointer($0.pointer) }
                        let out = GuardedBuffer(count: width * channels)
                        pointers.withUnsafeBufferPointer { pointers in
                            var arguments = gk_window()
                            arguments.rows = pointers.baseAddress
                            arguments.row_count = count
                            arguments.pixel_stride = channels
                            arguments.input_width = inputWidth
                            arguments.out = out.pointer
                            arguments.out_stride = channels
                            arguments.width = width
                            arguments.vectors = vectors
                            arguments.first_column = first
                            arguments.kernel_width = kernel
                            arguments.stride = stride
                            arguments.divisor = divisor
                            table.window(&arguments)
                        }
                        var expected: [Double] = []
                        for x in 0..<width {
                            for c in 0..<channels {
                                var values: [Double] = []
                                for q in 0..<kernel where (0..<inputWidth).contains(first + x * stride + q) {
                                    values += rows.map { Double($0[(first + x * stride + q) * channels + c]) }
                                }
                                let sum = values.reduce(0, +)
                                switch divisor {
                                case 0: expected.append(values.max() ?? 0)
                                case -1: expected.append(sum / Double(values.count))
                                default: expected.append(sum / Double(divisor))
                                }
                            }
                        }
                        Self.compare(out, expected, "\(kernels.name) window \(width) of \(kernel)/\(stride) \(divisor)")
                    }
                }
            }
        }
    }

    /// The two transforms around elementwise products are a 3x3 convolution.
    @Test func winograd() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            for width in [1, 2, 3, 7, 8] {
                for (vectors, height) in [(1, 1), (2, 2)] {
                    let tiles = (width + 1) / 2, channels = vectors * lanes, pixels = 2 * tiles + 2
                    let rows = (0..<4).map { Self.random(pixels * channels, UInt64($0 + width)) }
                    let transformed = GuardedBuffer(count: 16 * tiles * channels)
                    var input = gk_winograd_input()
                    input.rows.0 = UnsafePointer(rows[0].pointer)
                    input.rows.1 = UnsafePointer(rows[1].pointer)
                    input.rows.2 = UnsafePointer(rows[2].pointer)
                    input.rows.3 = UnsafePointer(rows[3].pointer)
                    input.pixel_stride = channels
                    input.tiles = tiles
                    input.vectors = vectors
                    input.out = transformed.pointer
                    input.position_stride = tiles * channels
                    input.tile_stride = channels
                    table.winograd_input(&input)

                    // One filter for all channels: taps 1 ... 9, transformed by `G g G'`.
                    let g: [[Double]] = [[1, 0, 0], [0.5, 0.5, 0.5], [0.5, -0.5, 0.5], [0, 0, 1]]
                    let products = GuardedBuffer(count: transformed.count) { index in
                        let position = index / (tiles * channels)
                        var factor = 0.0
                        for y in 0..<3 {
                            for x in 0..<3 { factor += g[position / 4][y] * Double(3 * y + x + 1) * g[position % 4][x] }
                        }
                        return Float(Double(transformed[index]) * factor)
                    }
                    let bias = Self.random(channels, 3), residual = Self.random(height * width * channels, 4)
                    let (activation, function) = Self.activations[(width + height) % Self.activations.count]
                    let out = GuardedBuffer(count: height * width * channels)
                    var output = gk_winograd_output()
                    output.in = UnsafePointer(products.pointer)
                    output.position_stride = tiles * channels
                    output.tile_stride = channels
                    output.tiles = tiles
                    output.vectors = vectors
                    output.bias = UnsafePointer(bias.pointer)
                    output.residual = width % 2 == 0 ? nil : UnsafePointer(residual.pointer)
                    output.residual_stride = channels
                    output.residual_row = width * channels
                    output.out = out.pointer
                    output.out_stride = channels
                    output.out_row = width * channels
                    output.rows = height
                    output.width = width
                    output.activation = activation
                    table.winograd_output(&output)

                    var expected: [Double] = []
                    for y in 0..<height {
                        for x in 0..<width {
                            for c in 0..<channels {
                                var value = Double(bias[c])
                                if width % 2 == 1 { value += Double(residual[expected.count]) }
                                for ky in 0..<3 {
                                    for kx in 0..<3 {
                                        value += Double(rows[y + ky][(x + kx) * channels + c]) * Double(3 * ky + kx + 1)
                                    }
                                }
                                expected.append(Self.apply(function, value))
                            }
                        }
                    }
                    Self.compare(out, expected, "\(kernels.name) winograd \(width)x\(height)", tolerance: 1e-5)
                }
            }
        }
    }

    @Test func elementwise() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (activation, function) in Self.activations {
                for (pixels, vectors) in [(1, 1), (3, 2), (7, 5)] {
                    let channels = vectors * table.lanes
                    // Far enough out for the functions to saturate.
                    var random = Random(state: 3)
                    let a = GuardedBuffer(count: pixels * channels) { _ in random.float(-30...30) }
                    let b = Self.random(pixels * channels, 5), shift = Self.random(channels, 6)
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
                        let expected = (0..<pixels * channels).map { Self.apply(function, value($0, $0 % channels)) }
                        Self.compare(out, expected, "\(kernels.name) \(what) act \(activation.rawValue)")
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
            for (activation, function) in Self.activations {
                let input = GuardedBuffer(count: 16) { values[$0] }, out = GuardedBuffer(count: 16)
                var arguments = gk_binary()
                arguments.a = UnsafePointer(input.pointer)
                arguments.out = out.pointer
                arguments.pixels = 1
                arguments.vectors = 16 / table.lanes
                arguments.activation = activation
                table.activate(&arguments)
                Self.compare(
                    out, values.map { Self.apply(function, Double($0)) }, "\(kernels.name) act \(activation.rawValue)")
            }
        }
    }

    @Test func globalPoolingAndRowScaling() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (pixels, vectors) in [(1, 1), (6, 2), (49, 3)] {
                let channels = vectors * table.lanes
                let input = Self.random(pixels * channels, 9)
                for (kind, power) in [(GK_GLOBAL_MEAN, 0), (GK_GLOBAL_MAX, 0), (GK_GLOBAL_POWER, 3.0)] {
                    let out = GuardedBuffer(count: channels)
                    var arguments = gk_global()
                    arguments.in = UnsafePointer(input.pointer)
                    arguments.pixel_stride = channels
                    arguments.pixels = pixels
                    arguments.divisor = pixels
                    arguments.vectors = vectors
                    arguments.out = out.pointer
                    arguments.kind = Int32(kind)
                    arguments.power = power
                    table.global(&arguments)
                    let expected = (0..<channels).map { c in
                        let values = (0..<pixels).map { Double(input[$0 * channels + c]) }
                        if kind == GK_GLOBAL_MAX { return values.max() ?? 0 }
                        if kind == GK_GLOBAL_MEAN { return values.reduce(0, +) / Double(pixels) }
                        let mean = values.reduce(0) { $0 + cube(max($1, 1e-6)) } / Double(pixels)
                        return cubeRoot(mean)
                    }
                    Self.compare(out, expected, "\(kernels.name) global \(kind) of \(pixels)")
                }
                let factors = Self.random(pixels, 10), scaled = GuardedBuffer(count: pixels * channels)
                table.scale_rows(
                    UnsafePointer(input.pointer), UnsafePointer(factors.pointer), scaled.pointer, pixels, vectors)
                Self.compare(
                    scaled, (0..<pixels * channels).map { Double(input[$0]) * Double(factors[$0 / channels]) },
                    "\(kernels.name) scale_rows")
            }
        }
    }
}

private func cube(_ x: Double) -> Double { x * x * x }

/// By Newton's method from above: the argument is positive.
private func cubeRoot(_ x: Double) -> Double {
    var root = max(1, x)
    for _ in 0..<200 { root -= (root * root * root - x) / (3 * root * root) }
    return root
}
