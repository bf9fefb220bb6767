import CKernels
import Engine
import Testing
import Zoo

/// Depthwise convolution and the transforms of Winograd's.
@Suite struct ConvolutionKernelTests {
    /// A kernel that `depthwise` has, or with more than one channel in a group `grouped`.
    private struct Shape {
        var height = 3
        var width = 3
        var stride = 1
        var dilation = 1
        var group = 1
    }

    private static let shapes: [Shape] =
        [
            (3, 3, 1, 1), (3, 3, 2, 1), (5, 5, 1, 1), (5, 5, 2, 1), (7, 7, 1, 1), (7, 7, 2, 1), (1, 3, 1, 1),
            (3, 1, 1, 1), (2, 4, 3, 1), (3, 3, 1, 2), (1, 2, 2, 3),
        ].map { Shape(height: $0, width: $1, stride: $2, dilation: $3) }
        + [2, 4, 8, 16].flatMap { group in [1, 2].map { Shape(stride: $0, group: group) } }

    @Test func depthwiseAndGrouped() {
        for kernels in KernelSet.available {
            var seed: UInt64 = 0
            for width in Array(1...17) + [23, 24, 25] {
                for shape in Self.shapes where kernels.table.pointee.lanes % shape.group == 0 {
                    for vectors in [1, 2, 3] {
                        seed += 1
                        check(kernels, shape, width: width, vectors: vectors, seed: seed)
                    }
                }
            }
        }
    }

    private func check(_ kernels: KernelSet, _ shape: Shape, width: Int, vectors: Int, seed: UInt64) {
        let table = kernels.table.pointee
        let (group, stride, dilation) = (shape.group, shape.stride, shape.dilation)
        let channels = vectors * table.lanes, pixels = (width - 1) * stride + dilation * (shape.width - 1) + 1
        let rows = (0..<shape.height).map {
            KernelTesting.random(pixels * channels, seed &* 17 &+ UInt64($0))
        }
        let pointers: [UnsafePointer<Float>?] = rows.map { UnsafePointer($0.pointer) }
        let weights = KernelTesting.random(shape.height * shape.width * group * channels, seed &+ 1)
        let bias = KernelTesting.random(channels, seed &+ 2)
        let out = GuardedBuffer(count: width * channels), sums = GuardedBuffer(count: channels)
        let (activation, function) = KernelTesting.activations[Int(seed) % KernelTesting.activations.count]
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
            arguments.kernel_height = shape.height
            arguments.kernel_width = shape.width
            arguments.stride = stride
            arguments.dilation = dilation
            arguments.group = group
            arguments.activation = activation
            if group == 1 { table.depthwise(&arguments) } else { table.grouped(&arguments) }
        }
        var expected: [Double] = []
        var expectedSums = [Double](repeating: 0, count: channels)
        for x in 0..<width {
            for c in 0..<channels {
                var value = Double(bias[c])
                for y in 0..<shape.height {
                    for i in 0..<group {
                        for q in 0..<shape.width {
                            let pixel = x * stride + q * dilation
                            value +=
                                Double(rows[y][pixel * channels + c / group * group + i])
                                * Double(weights[((y * group + i) * shape.width + q) * channels + c])
                        }
                    }
                }
                value = KernelTesting.apply(function, value)
                expected.append(value)
                expectedSums[c] += value
            }
        }
        let what = "\(kernels.name) \(width) of \(shape)"
        // A group of several channels adds up more products.
        KernelTesting.compare(out, expected, what, tolerance: group == 1 ? 4e-6 : 2e-5)
        if seed % 2 == 0 {
            KernelTesting.compare(sums, expectedSums, what + " sums", tolerance: group == 1 ? 2e-5 : 1e-4)
        }
    }

    /// The two transforms around elementwise products are a 3x3 convolution.
    @Test func winograd() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            for width in [1, 2, 3, 7, 8] {
                for (vectors, height) in [(1, 1), (2, 2)] {
                    let tiles = (width + 1) / 2, channels = vectors * lanes, pixels = 2 * tiles + 2
                    let rows = (0..<4).map { KernelTesting.random(pixels * channels, UInt64($0 + width)) }
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
                    let bias = KernelTesting.random(channels, 3),
                        residual = KernelTesting.random(height * width * channels, 4)
                    let (activation, function) = KernelTesting.activations[
                        (width + height) % KernelTesting.activations.count]
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
                                expected.append(KernelTesting.apply(function, value))
                            }
                        }
                    }
                    KernelTesting.compare(out, expected, "\(kernels.name) winograd \(width)x\(height)", tolerance: 1e-5)
                }
            }
        }
    }
}
