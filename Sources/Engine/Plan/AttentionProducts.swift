import CKernels

/// The matrix products of one head, in memory that its caller has.
struct AttentionProducts: @unchecked Sendable {
    let kernels: KernelSet
    /// As many as the widest product has columns, whole vectors.
    private let zeros: UnsafePointer<Float>

    init(columns: Int, _ target: Target) {
        kernels = target.kernels
        zeros = UnsafePointer(target.storage.floats(padding: target.kernels.padded(columns)))
    }

    /// Element `(row, column)` is `source[row * rowStep + column * columnStep]`.
    func pack(
        _ source: UnsafePointer<Float>, rowStep: Int, columnStep: Int, rows: Int, columns: Int,
        to panels: UnsafeMutablePointer<Float>
    ) {
        graft_train_pack(
            source, Int64(rowStep), Int64(columnStep), Int64(rows), Int64(columns), Int64(kernels.lanes),
            Int64(kernels.panel), 0, Int64(kernels.panels(kernels.vectors(columns))), panels)
    }

    /// `rows` rows of `a`, of `depth` values each, times a packed matrix; added to what is in `out` if `adds`.
    func multiply(
        _ a: UnsafePointer<Float>, stride: Int, depth: Int, _ panels: UnsafePointer<Float>, columns: Int, rows: Int,
        to out: UnsafeMutablePointer<Float>, stride outStride: Int, adds: Bool = false
    ) {
        var segment: UnsafePointer<Float>? = a
        withUnsafePointer(to: &segment) { segments in
            var arguments = gk_gemm()
            arguments.segments = segments
            arguments.segment_count = 1
            arguments.depth = depth
            arguments.last_depth = depth
            arguments.pixel_stride = stride
            arguments.rows = rows
            arguments.panels = panels
            arguments.bias = zeros
            arguments.vectors = kernels.vectors(columns)
            arguments.half = kernels.endsInHalf(columns)
            arguments.out = out
            arguments.out_stride = outStride
            if adds {
                arguments.residual = UnsafePointer(out)
                arguments.residual_stride = outStride
            }
            kernels.table.pointee.gemm(&arguments, 0, kernels.panels(arguments.vectors))
        }
    }
}
