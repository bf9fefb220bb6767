import CKernels
import Zoo

/// A convolution of one filter a channel.
///
/// Its input and its output's gradient have margins, so that no row needs special treatment. The input's gradient is a
/// depthwise convolution of stride 1 as well: input pixels whose positions differ by a multiple of the stride meet the
/// same taps, the last one first.
struct DepthwiseTrainingStep: TrainingConvolution {
    let ports: Ports
    let parameters: ConvolutionParameters
    let geometry: WindowGeometry
    /// `[kernel height][kernel width][stride]`, for the input's gradient those of each remainder after the other.
    let taps: UnsafeMutableBuffer
    let remainderTaps: UnsafeMutableBuffer
    let bias: UnsafeMutableBuffer
    let zeros: UnsafeMutableBuffer

    private var tapCount: Int { geometry.kernel.height * geometry.kernel.width }
    private var stride: Int { layouts.input.stride }
    var weightSums: Int { tapCount * stride }
    // Beside the products of wide layers, which it stands between.
    var isCheap: Bool { true }

    /// The margins that `forward` reads.
    static func inputMargins(_ geometry: WindowGeometry) -> Layout.Margins {
        func after(_ axis: KeyPath<Extent, Int>, _ input: Int, _ output: Int) -> Int {
            let last = (output - 1) * geometry.stride[keyPath: axis] - geometry.before[keyPath: axis]
            return max(0, last + geometry.dilation[keyPath: axis] * (geometry.kernel[keyPath: axis] - 1) - (input - 1))
        }
        return Layout.Margins(
            top: geometry.before.height, left: geometry.before.width,
            bottom: after(\.height, geometry.input.height, geometry.output.height),
            right: after(\.width, geometry.input.width, geometry.output.width))
    }

    /// The margins of the output's gradient that the input's gradient reads.
    static func gradientMargins(_ geometry: WindowGeometry) -> Layout.Margins {
        func before(_ axis: KeyPath<Extent, Int>) -> Int {
            let reach = geometry.dilation[keyPath: axis] * (geometry.kernel[keyPath: axis] - 1)
            let stride = geometry.stride[keyPath: axis]
            return max(0, (reach - geometry.before[keyPath: axis] + stride - 1) / stride)
        }
        func after(_ axis: KeyPath<Extent, Int>, _ input: Int, _ output: Int) -> Int {
            max(0, (input - 1 + geometry.before[keyPath: axis]) / geometry.stride[keyPath: axis] - (output - 1))
        }
        return Layout.Margins(
            top: before(\.height), left: before(\.width),
            bottom: after(\.height, geometry.input.height, geometry.output.height),
            right: after(\.width, geometry.input.width, geometry.output.width))
    }

    func prepare(_ values: [[Float]]) {
        let weight = values[parameter]
        let channels = layouts.input.channels
        for tap in 0..<tapCount {
            for c in 0..<channels { taps.pointer[tap * stride + c] = weight[c * tapCount + tap] }
        }
        if hasBias { bias.fill(values[parameter + 1]) }
        guard wantsInput else { return }
        var position = 0
        for y in remainders(\.height) {
            for x in remainders(\.width) {
                for ky in y.taps {
                    for kx in x.taps {
                        (remainderTaps.pointer + position * stride).update(
                            from: taps.pointer + (ky * geometry.kernel.width + kx) * stride, count: stride)
                        position += 1
                    }
                }
            }
        }
    }

    func forward(_ pass: Pass) {
        let x = pass.values[input], out = pass.values[output]
        var arguments = gk_depthwise()
        arguments.pixel_stride = stride
        arguments.weights = UnsafePointer(taps.pointer)
        arguments.weight_stride = stride
        arguments.bias = UnsafePointer(bias.pointer)
        arguments.out_stride = layouts.output.stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        arguments.width = geometry.output.width
        arguments.kernel_height = geometry.kernel.height
        arguments.kernel_width = geometry.kernel.width
        arguments.stride = geometry.stride.width
        arguments.dilation = geometry.dilation.width
        withRows(geometry.kernel.height) { rows in
            arguments.rows = UnsafePointer(rows)
            for image in 0..<pass.count {
                for row in 0..<geometry.output.height {
                    point(rows, at: x + image * layouts.input.count, row)
                    arguments.out = out + image * layouts.output.count + row * layouts.output.rowStride
                    pass.kernels.pointee.depthwise(&arguments)
                }
            }
        }
    }

    func backward(_ pass: Pass) {
        if wantsInput { inputGradient(pass) }
        if isTrained.weight { weightGradient(pass) }
        if isTrained.bias {
            BiasSum.add(pass.gradients[output], layouts.outputGradient, zeros.pointer, at: weightSums, pass)
        }
    }

    private func weightGradient(_ pass: Pass) {
        let x = pass.values[input], gradient = pass.gradients[output]
        if pass.isFirst { pass.sums.update(repeating: 0, count: weightSums) }
        var arguments = gk_depthwise_outer()
        arguments.pixel_stride = stride
        arguments.gradient_stride = stride
        arguments.out = pass.sums
        arguments.out_stride = stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        arguments.width = geometry.output.width
        arguments.kernel_height = geometry.kernel.height
        arguments.kernel_width = geometry.kernel.width
        arguments.stride = geometry.stride.width
        arguments.dilation = geometry.dilation.width
        withRows(geometry.kernel.height) { rows in
            arguments.rows = UnsafePointer(rows)
            for image in 0..<pass.count {
                for row in 0..<geometry.output.height {
                    point(rows, at: x + image * layouts.input.count, row)
                    arguments.gradient = UnsafePointer(
                        gradient + image * layouts.outputGradient.count + row * layouts.outputGradient.rowStride)
                    pass.kernels.pointee.depthwise_outer(&arguments)
                }
            }
        }
    }

    private func inputGradient(_ pass: Pass) {
        let gradient = pass.gradients[output], out = pass.gradients[input]
        var arguments = gk_depthwise()
        arguments.pixel_stride = stride
        arguments.weight_stride = stride
        arguments.bias = UnsafePointer(zeros.pointer)
        arguments.out_stride = geometry.stride.width * stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        arguments.stride = 1
        // More than one only where the stride is 1.
        arguments.dilation = geometry.dilation.width
        let columns = remainders(\.width)
        withRows(geometry.kernel.height) { rows in
            arguments.rows = UnsafePointer(rows)
            for image in 0..<pass.count {
                let from = gradient + image * layouts.outputGradient.count
                let to = out + image * layouts.inputGradient.count
                var position = 0
                for remainder in remainders(\.height) {
                    for column in columns {
                        arguments.weights = UnsafePointer(remainderTaps.pointer + position * stride)
                        position += remainder.taps.count * column.taps.count
                        arguments.kernel_height = remainder.taps.count
                        arguments.kernel_width = column.taps.count
                        arguments.width = column.count
                        for row in 0..<remainder.count {
                            for tap in remainder.taps.indices {
                                let y = remainder.firstOutput + row + tap * geometry.dilation.height
                                rows[tap] = UnsafePointer(
                                    from + y * layouts.outputGradient.rowStride + column.firstOutput * stride)
                            }
                            let y = remainder.first + row * geometry.stride.height
                            arguments.out = to + y * layouts.inputGradient.rowStride + column.first * stride
                            pass.kernels.pointee.depthwise(&arguments)
                        }
                    }
                }
            }
        }
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        if isTrained.weight {
            gradients[parameter].resize(to: layouts.input.channels * tapCount)
            gradients[parameter].withUnsafeMutableBufferPointer { result in
                guard let result = result.baseAddress else { return }
                chunks.copy(
                    chunks.added(weightSums), rows: layouts.input.channels, rowStep: 1, columns: tapCount,
                    columnStep: stride, to: result)
            }
        }
        if isTrained.bias {
            gradients[parameter + 1] = BiasSum.total(chunks, layouts.output, at: weightSums)
        }
    }

    /// Input positions of one remainder by the stride, and the taps that meet them.
    private struct Remainder {
        /// The first position, and how many there are.
        let first: Int
        let count: Int
        /// In the order of the outputs that they belong to.
        let taps: [Int]
        /// The output that the first tap meets at the first position.
        let firstOutput: Int
    }

    private func remainders(_ axis: KeyPath<Extent, Int>) -> [Remainder] {
        let stride = geometry.stride[keyPath: axis], before = geometry.before[keyPath: axis]
        let kernel = geometry.kernel[keyPath: axis], dilation = geometry.dilation[keyPath: axis]
        let size = axis == \Extent.height ? geometry.input.height : geometry.input.width
        return (0..<stride).map { remainder in
            let taps = Array(Swift.stride(from: remainder, to: kernel, by: stride).reversed())
            let first = ((remainder - before) % stride + stride) % stride
            let count = first < size ? (size - first + stride - 1) / stride : 0
            let lastTap = (taps.first ?? remainder) * dilation
            return Remainder(
                first: first, count: count, taps: taps,
                // A multiple of the stride, perhaps negative.
                firstOutput: (first + before - lastTap) / stride)
        }
    }

    private func withRows(_ count: Int, _ body: (UnsafeMutablePointer<UnsafePointer<Float>?>) -> Void) {
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: max(1, count)) { rows in
            rows.initialize(repeating: nil)
            if let first = rows.baseAddress { body(first) }
        }
    }

    /// The rows of the input that an output row reads.
    private func point(
        _ rows: UnsafeMutablePointer<UnsafePointer<Float>?>, at image: UnsafePointer<Float>, _ row: Int
    ) {
        for tap in 0..<geometry.kernel.height {
            let y = row * geometry.stride.height - geometry.before.height + tap * geometry.dilation.height
            rows[tap] = image + y * layouts.input.rowStride - geometry.before.width * stride
        }
    }
}
