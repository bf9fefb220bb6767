import CKernels

/// What chunks of a batch found, added up in their order, so that the result does not depend on who computed it.
enum ChunkSums {
    /// Adds the first `count` floats of all chunks to the first chunk's.
    static func add(_ chunks: [UnsafeMutablePointer<Float>], count: Int) {
        guard let first = chunks.first else { return }
        for chunk in chunks.dropFirst() { graft_train_add(first, chunk, Int64(count)) }
    }

    /// `target[row][column] = source[row * rowStep + column * columnStep]`
    static func copy(
        _ source: UnsafePointer<Float>, rows: Int, rowStep: Int, columns: Int, columnStep: Int,
        to target: UnsafeMutablePointer<Float>
    ) {
        graft_train_copy(source, Int64(rowStep), Int64(columnStep), Int64(rows), Int64(columns), target)
    }
}

/// The gradient of a bias: the output's gradient summed over pixels, in double precision.
enum BiasSum {
    /// Floats that it takes among a step's sums.
    static func count(_ layout: Layout) -> Int { 4 * layout.stride }

    static func add(
        _ gradient: UnsafePointer<Float>, _ layout: Layout, _ zeros: UnsafePointer<Float>, at offset: Int, _ pass: Pass
    ) {
        var arguments = gk_norm()
        arguments.x_stride = layout.stride
        arguments.vectors = layout.stride / pass.kernels.pointee.lanes
        arguments.mean = zeros
        arguments.sums = pass.doubles(2 * layout.stride, at: offset)
        Layout.runs(layout, layout, layout, images: pass.count) { from, _, _, pixels in
            arguments.x = gradient + from
            arguments.rows = pixels
            pass.kernels.pointee.moments(&arguments)
        }
    }

    static func total(_ chunks: [UnsafeMutablePointer<Float>], _ layout: Layout, at offset: Int) -> [Float] {
        var sums = [Double](repeating: 0, count: layout.channels)
        for chunk in chunks {
            let part = UnsafeMutableRawPointer(chunk + offset).assumingMemoryBound(to: Double.self)
            for c in sums.indices { sums[c] += part[c] }
        }
        return sums.map { Float($0) }
    }
}

/// Some floats of a plan's storage.
struct UnsafeMutableBuffer: @unchecked Sendable {
    let pointer: UnsafeMutablePointer<Float>

    /// Zeros.
    init(count: Int, _ target: Target) { pointer = target.storage.floats(padding: count) }

    func fill(_ values: [Float]) {
        for (index, value) in values.enumerated() { pointer[index] = value }
    }
}

extension [Float] {
    /// Makes room for `count` values where there is another number.
    mutating func resize(to count: Int) {
        if self.count != count { self = [Float](repeating: 0, count: count) }
    }
}
