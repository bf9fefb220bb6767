import CKernels

/// A convolution's weights as `gk_gemm` reads them: `depth` rows of `columns`, a matrix a group. They lie where `PackingOrder` puts
/// them for some stretches.
struct PackedWeights: @unchecked Sendable {
    private let place: UnsafeMutablePointer<UnsafeMutablePointer<Float>>
    /// Floats of all groups.
    let count: Int
    let depth: Int
    let columns: Int
    let vectors: Int
    let panelCount: Int
    private let half: Int32
    private let panel: Int
    private let lanes: Int

    init(depth: Int, columns: Int, groups: Int = 1, _ target: Target) {
        self.depth = depth
        self.columns = columns
        vectors = target.kernels.vectors(columns)
        panelCount = target.kernels.panels(vectors)
        half = target.kernels.endsInHalf(columns)
        panel = target.kernels.panel
        lanes = target.kernels.lanes
        count = groups * depth * vectors * lanes
        place = target.storage.allocate(UnsafeMutablePointer<Float>.self, count: 1)
        place.initialize(to: target.storage.allocate(Float.self, count: 1))
    }

    /// From here on the next panel is asked for in time (`gk_gemm`): floats of a matrix that a cache may hold, and rows that take so
    /// long that a panel can come meanwhile.
    private static let cachedWeights = 65_536, manyRows = 96

    var panels: UnsafeMutablePointer<Float> { place.pointee }

    /// - Parameter panels: `count` floats that are the matrices' until they are moved again.
    func move(to panels: UnsafeMutablePointer<Float>) { place.pointee = panels }

    func group(_ index: Int) -> UnsafeMutablePointer<Float> { panels + index * depth * vectors * lanes }

    /// Element `(row, column)` is `source[row * rowStep + column * columnStep]`.
    func pack(
        _ source: UnsafePointer<Float>, rowStep: Int, columnStep: Int, group index: Int = 0, _ panels: Range<Int>
    ) {
        graft_train_pack(
            source, Int64(rowStep), Int64(columnStep), Int64(depth), Int64(columns), Int64(lanes), Int64(panel),
            Int64(panels.lowerBound), Int64(panels.upperBound), group(index))
    }

    /// `rows` rows of `a` times the matrix, into `out`; `bias` has whole vectors.
    func multiply(
        _ a: UnsafePointer<Float>, stride: Int, rows: Int, bias: UnsafePointer<Float>,
        to out: UnsafeMutablePointer<Float>, stride outStride: Int, group index: Int = 0, _ pass: Pass
    ) {
        var segment: UnsafePointer<Float>? = a
        withUnsafePointer(to: &segment) { segments in
            var arguments = gk_gemm()
            arguments.segments = segments
            arguments.segment_count = 1
            arguments.last_depth = depth
            arguments.depth = depth
            arguments.pixel_stride = stride
            arguments.rows = rows
            arguments.panels = UnsafePointer(group(index))
            arguments.bias = bias
            arguments.vectors = vectors
            arguments.half = half
            arguments.asks = rows >= Self.manyRows && depth * vectors * lanes > Self.cachedWeights ? 1 : 0
            arguments.out = out
            arguments.out_stride = outStride
            pass.kernels.pointee.gemm(&arguments, 0, panelCount)
        }
    }
}

/// The gradient of a matrix, added up over pixels: the longer side in vectors, the other in single values.
struct OuterSum: Sendable {
    let rows: Int
    let columns: Int
    /// Whether rows and columns have changed places.
    let isTransposed: Bool
    /// Floats from one row of the sum to the next.
    let stride: Int
    let lanes: Int
    private let vectors: Int

    init(rows: Int, columns: Int, _ kernels: KernelSet) {
        func cost(_ single: Int, _ vector: Int) -> Int { (single + 7) / 8 * 8 * kernels.padded(vector) }
        isTransposed = cost(columns, rows) < cost(rows, columns)
        self.rows = rows
        self.columns = columns
        vectors = kernels.vectors(isTransposed ? rows : columns)
        lanes = kernels.lanes
        stride = vectors * lanes
    }

    /// Floats of the sum.
    var count: Int { (isTransposed ? columns : rows) * stride }

    /// `sum[r][c] += a[pixel][r] * b[pixel][c]`
    func add(
        _ a: UnsafePointer<Float>, _ aStride: Int, _ b: UnsafePointer<Float>, _ bStride: Int, pixels: Int,
        to sum: UnsafeMutablePointer<Float>, continues: Bool, _ pass: Pass
    ) {
        var arguments = gk_outer()
        arguments.a = isTransposed ? b : a
        arguments.a_stride = isTransposed ? bStride : aStride
        arguments.rows = isTransposed ? columns : rows
        arguments.b = isTransposed ? a : b
        arguments.b_stride = isTransposed ? aStride : bStride
        arguments.vectors = vectors
        arguments.terms = pixels
        arguments.out = sum
        arguments.out_stride = stride
        arguments.continues = continues ? 1 : 0
        pass.kernels.pointee.outer(&arguments)
    }

    /// Where element (row, column) is in the sum: `row * steps.row + column * steps.column`.
    var steps: (row: Int, column: Int) { isTransposed ? (1, stride) : (stride, 1) }
}
