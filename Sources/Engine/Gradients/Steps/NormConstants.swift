import CKernels
import Zoo

/// The constants of a batch norm, a value a channel and zeros up to whole vectors: what its kernels read.
struct NormConstants: @unchecked Sendable {
    let scale: UnsafeMutablePointer<Float>
    let shift: UnsafeMutablePointer<Float>
    let mean: UnsafeMutablePointer<Float>
    /// For `norm_backward`.
    let gradientFactor: UnsafeMutablePointer<Float>
    let distanceFactor: UnsafeMutablePointer<Float>
    let rest: UnsafeMutablePointer<Float>

    init(channels: Int, _ target: Target) {
        let count = target.kernels.padded(channels)
        scale = target.storage.floats(padding: count)
        shift = target.storage.floats(padding: count)
        mean = target.storage.floats(padding: count)
        gradientFactor = target.storage.floats(padding: count)
        distanceFactor = target.storage.floats(padding: count)
        rest = target.storage.floats(padding: count)
    }

    /// `y = x * scale + shift`
    func set(_ statistics: ChannelStatistics, weight: [Float], bias: [Float], epsilon: Double) {
        let inverse = statistics.inverseDeviation(epsilon: epsilon)
        for c in weight.indices {
            let factor = inverse[c] * Double(weight[c])
            scale[c] = Float(factor)
            shift[c] = Float(Double(bias[c]) - statistics.mean[c] * factor)
            mean[c] = Float(statistics.mean[c])
        }
    }

    /// `out = act(x * scale + shift)`
    func apply(
        from x: UnsafePointer<Float>, _ layout: Layout, to out: UnsafeMutablePointer<Float>, _ outLayout: Layout,
        _ activation: Activation?, _ pass: Pass
    ) {
        var arguments = gk_binary()
        arguments.b = UnsafePointer(scale)
        arguments.a_stride = layout.stride
        arguments.out_stride = outLayout.stride
        arguments.vectors = layout.stride / pass.kernels.pointee.lanes
        arguments.activation = activation.kernel
        Layout.runs(layout, outLayout, outLayout, images: pass.count) { from, to, _, pixels in
            arguments.a = x + from
            arguments.out = out + to
            arguments.pixels = pixels
            pass.kernels.pointee.affine(&arguments, shift)
        }
    }

    /// `out = gradient * act'(x * scale + shift)`; sums and factor are the caller's.
    func gradient(
        _ arguments: inout gk_norm, x: UnsafePointer<Float>, _ layout: Layout, gradient: UnsafePointer<Float>,
        _ gradientLayout: Layout, to out: UnsafeMutablePointer<Float>, _ outLayout: Layout, _ activation: Activation?,
        _ pass: Pass
    ) {
        arguments.x_stride = layout.stride
        arguments.gradient_stride = gradientLayout.stride
        arguments.out_stride = outLayout.stride
        arguments.vectors = layout.stride / pass.kernels.pointee.lanes
        arguments.scale = UnsafePointer(scale)
        arguments.shift = UnsafePointer(shift)
        arguments.mean = arguments.mean ?? UnsafePointer(mean)
        arguments.activation = activation.kernel
        Layout.runs(layout, gradientLayout, outLayout, images: pass.count) { from, of, to, pixels in
            arguments.x = x + from
            arguments.gradient = gradient + of
            arguments.out = out + to
            arguments.rows = pixels
            pass.kernels.pointee.norm_gradient(&arguments)
        }
    }
}
