import CKernels
import Zoo

/// A 3x3 convolution at stride 1 from images in one layout to images in another, as 16 matrix products over tiles of 2x2
/// results. The source's margins must hold what the tiles read (`margins`).
struct WinogradProduct: @unchecked Sendable {
    let source: Layout
    let result: Layout
    /// The margin above and to the left.
    let before: Extent
    /// One matrix a position of a tile.
    let weights: PackedWeights
    let lanes: Int

    /// What tiles read beside images of `size`.
    static func margins(before: Extent, size: Layout, result: Layout) -> Layout.Margins {
        Layout.Margins(
            top: before.height, left: before.width,
            bottom: max(0, (result.height + 1) / 2 * 2 + 2 - before.height - size.height),
            right: max(0, (result.width + 1) / 2 * 2 + 2 - before.width - size.width))
    }

    private var tileRows: Int { (result.height + 1) / 2 }
    private var tileColumns: Int { (result.width + 1) / 2 }
    /// Rows of tiles at a time: enough tiles for each of the weights to be worth its way from memory.
    private var rowsAtOnce: Int { (64 + tileColumns - 1) / tileColumns }
    private var transformed: Int { 16 * rowsAtOnce * tileColumns * source.stride }
    private var productStride: Int { weights.vectors * lanes }

    var scratch: Int { transformed + 16 * rowsAtOnce * tileColumns * productStride }

    private var tiling: ImageRows { ImageRows(height: tileRows, atOnce: rowsAtOnce) }

    /// The images' transforms, position by position.
    private func transform(
        _ rows: Range<Int>, _ images: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        var arguments = gk_winograd_input()
        arguments.pixel_stride = source.stride
        arguments.tiles = tileColumns
        arguments.vectors = source.stride / lanes
        arguments.position_stride = rows.count * tileColumns * source.stride
        arguments.tile_stride = source.stride
        for (index, place) in rows.map(tiling.place).enumerated() {
            let first =
                images + place.image * source.count + (2 * place.row - before.height) * source.rowStride
                - before.width * source.stride
            arguments.rows = (
                first, first + source.rowStride, first + 2 * source.rowStride, first + 3 * source.rowStride
            )
            arguments.out = target + index * tileColumns * source.stride
            pass.kernels.pointee.winograd_input(&arguments)
        }
    }

    /// The results for the images of a pass.
    /// - Parameter bias: whole vectors.
    func run(
        _ images: UnsafePointer<Float>, bias: UnsafePointer<Float>, zeros: UnsafePointer<Float>,
        to results: UnsafeMutablePointer<Float>, _ pass: Pass
    ) {
        var arguments = gk_winograd_output()
        arguments.tile_stride = productStride
        arguments.tiles = tileColumns
        arguments.vectors = weights.vectors
        arguments.bias = bias
        arguments.out_stride = result.stride
        arguments.out_row = result.rowStride
        arguments.width = result.width
        let products = pass.scratch + transformed
        for rows in tiling.runs(images: pass.count) {
            let tiles = rows.count * tileColumns
            transform(rows, images, to: pass.scratch, pass)
            for position in 0..<16 {
                weights.multiply(
                    pass.scratch + position * tiles * source.stride, stride: source.stride, rows: tiles, bias: zeros,
                    to: products + position * tiles * productStride, stride: productStride, group: position, pass)
            }
            arguments.position_stride = tiles * productStride
            for (index, place) in rows.map(tiling.place).enumerated() {
                arguments.in = UnsafePointer(products + index * tileColumns * productStride)
                arguments.out = results + place.image * result.count + 2 * place.row * result.rowStride
                arguments.rows = min(2, result.height - 2 * place.row)
                pass.kernels.pointee.winograd_output(&arguments)
            }
        }
    }

    /// Adds the gradients of the 16 matrices to the pass's sums, one after the other.
    /// - Parameter gradient: the results', in a layout whose margins hold a last tile's missing pixels.
    func addGradients(
        _ images: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, _ layout: Layout, _ sum: OuterSum,
        _ pass: Pass
    ) {
        var arguments = gk_winograd_input()
        arguments.pixel_stride = layout.stride
        arguments.tiles = tileColumns
        arguments.vectors = layout.stride / lanes
        arguments.tile_stride = layout.stride
        let spread = pass.scratch + transformed
        var continues = !pass.isFirst
        for rows in tiling.runs(images: pass.count) {
            let tiles = rows.count * tileColumns
            transform(rows, images, to: pass.scratch, pass)
            arguments.position_stride = tiles * layout.stride
            for (index, place) in rows.map(tiling.place).enumerated() {
                let first = gradient + place.image * layout.count + 2 * place.row * layout.rowStride
                arguments.rows = (first, first + layout.rowStride, nil, nil)
                arguments.out = spread + index * tileColumns * layout.stride
                pass.kernels.pointee.winograd_gradient(&arguments)
            }
            for position in 0..<16 {
                sum.add(
                    pass.scratch + position * tiles * source.stride, source.stride,
                    spread + position * tiles * layout.stride, layout.stride, pixels: tiles,
                    to: pass.sums + position * sum.count, continues: continues, pass)
            }
            continues = true
        }
    }
}
