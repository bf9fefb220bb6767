import CKernels
import Engine
import Testing
import Zoo

/// Pooling over windows and over whole images.
@Suite struct PoolingKernelTests {
    @Test func window() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee, lanes = table.lanes
            for (inputWidth, width, kernel, stride, first) in [
                (1, 1, 3, 1, -1), (7, 4, 3, 2, -1), (8, 4, 2, 2, 0), (5, 5, 3, 1, -1), (9, 3, 4, 3, -1),
            ] {
                for divisor in [0, -1, 5] {
                    for (vectors, count) in [(1, 1), (2, 3)] {
                        let channels = vectors * lanes
                        let rows = (0..<count).map { KernelTesting.random(inputWidth * channels, UInt64($0 + width)) }
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
                        KernelTesting.compare(
                            out, expected, "\(kernels.name) window \(width) of \(kernel)/\(stride) \(divisor)")
                    }
                }
            }
        }
    }

    @Test func global() {
        for kernels in KernelSet.available {
            let table = kernels.table.pointee
            for (pixels, vectors) in [(1, 1), (6, 2), (49, 3)] {
                let channels = vectors * table.lanes
                let input = KernelTesting.random(pixels * channels, 9)
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
                    KernelTesting.compare(out, expected, "\(kernels.name) global \(kind) of \(pixels)")
                }
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
