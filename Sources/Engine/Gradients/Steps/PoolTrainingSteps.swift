import CKernels
import Zoo

/// Pooling over a sliding window.
struct WindowPoolStep: UnaryStep {
    let ports: Ports
    let geometry: WindowGeometry
    let kind: Pool.Kind

    var needs: [Int] { wantsInput && kind == .max ? [input, output] : [] }
    /// As `gk_window` has it: 0 for a maximum, negative to count the taps inside.
    private var divisor: Int {
        switch kind {
        case .max: 0
        case .average(let countsPadding): countsPadding ? geometry.kernel.height * geometry.kernel.width : -1
        }
    }

    func forward(_ pass: Pass) {
        let x = pass.values[input], out = pass.values[output]
        var arguments = gk_window()
        arguments.pixel_stride = layouts.input.stride
        arguments.input_width = geometry.input.width
        arguments.out_stride = layouts.output.stride
        arguments.width = geometry.output.width
        arguments.vectors = layouts.input.stride / pass.kernels.pointee.lanes
        arguments.first_column = -geometry.before.width
        arguments.kernel_width = geometry.kernel.width
        arguments.stride = geometry.stride.width
        arguments.divisor = divisor
        withUnsafeTemporaryAllocation(of: UnsafePointer<Float>?.self, capacity: geometry.kernel.height) { rows in
            for image in 0..<pass.count {
                for row in 0..<geometry.output.height {
                    let inside = (0..<geometry.kernel.height).compactMap { geometry.inputRow(row, tap: $0) }
                    for (index, y) in inside.enumerated() {
                        rows[index] = UnsafePointer(x + image * layouts.input.count + y * layouts.input.rowStride)
                    }
                    arguments.rows = UnsafePointer(rows.baseAddress)
                    arguments.row_count = inside.count
                    arguments.out = out + image * layouts.output.count + row * layouts.output.rowStride
                    pass.kernels.pointee.window(&arguments)
                }
            }
        }
    }

    func backward(_ pass: Pass) {
        guard wantsInput else { return }
        let out = pass.gradients[input]
        out.update(repeating: 0, count: pass.count * layouts.inputGradient.count)
        var window = graft_train_window(geometry, layouts.input)
        for image in 0..<pass.count {
            for row in 0..<geometry.output.height {
                let position = image * layouts.outputGradient.count + row * layouts.outputGradient.rowStride
                let result = image * layouts.output.count + row * layouts.output.rowStride
                graft_train_pool(
                    &window, kind == .max ? pass.values[input] + image * layouts.input.count : nil,
                    kind == .max ? pass.values[output] + result : nil, Int64(layouts.output.stride),
                    pass.gradients[output] + position, Int64(layouts.outputGradient.stride), Int64(row), Int64(divisor),
                    out + image * layouts.inputGradient.count, Int64(layouts.inputGradient.stride),
                    Int64(layouts.inputGradient.rowStride))
            }
        }
    }
}

/// The mean over all positions.
struct AveragePoolStep: UnaryStep {
    let ports: Ports

    var canAdd: Bool { true }
    var scratch: Int { layouts.input.stride * 5 }

    /// Sums in double precision: what a squeeze-excite or a head gets is right to the last digit.
    func forward(_ pass: Pass) {
        let x = pass.values[input], out = pass.values[output], stride = layouts.input.stride
        let sums = UnsafeMutableRawPointer(pass.scratch).assumingMemoryBound(to: Double.self)
        let zeros = pass.scratch + 4 * stride
        zeros.update(repeating: 0, count: stride)
        var arguments = gk_norm()
        arguments.x_stride = stride
        arguments.vectors = stride / pass.kernels.pointee.lanes
        arguments.mean = UnsafePointer(zeros)
        arguments.sums = sums
        for image in 0..<pass.count {
            sums.update(repeating: 0, count: 2 * stride)
            let start = x + image * layouts.input.count
            Layout.runs(layouts.input, layouts.input, layouts.input, images: 1) { from, _, _, pixels in
                arguments.x = UnsafePointer(start + from)
                arguments.rows = pixels
                pass.kernels.pointee.moments(&arguments)
            }
            for c in 0..<stride {
                out[image * layouts.output.count + c] = Float(sums[c] / Double(layouts.input.pixels))
            }
        }
    }

    func backward(_ pass: Pass) {
        guard wantsInput else { return }
        let stride = layouts.input.stride, share = pass.scratch
        for image in 0..<pass.count {
            let gradient = pass.gradients[output] + image * layouts.outputGradient.count
            for c in 0..<stride { share[c] = gradient[c] / Float(layouts.input.pixels) }
            let target = pass.gradients[input] + image * layouts.inputGradient.count
            if !pass.adds {
                target.update(repeating: 0, count: layouts.inputGradient.count - layouts.inputGradient.origin)
            }
            var arguments = gk_binary()
            arguments.b = UnsafePointer(share)
            arguments.a_stride = layouts.inputGradient.stride
            arguments.out_stride = layouts.inputGradient.stride
            arguments.vectors = stride / pass.kernels.pointee.lanes
            Layout.runs(layouts.inputGradient, layouts.inputGradient, layouts.inputGradient, images: 1) {
                from, _, _, pixels in
                arguments.a = UnsafePointer(target + from)
                arguments.out = target + from
                arguments.pixels = pixels
                pass.kernels.pointee.add(&arguments)
            }
        }
    }
}
