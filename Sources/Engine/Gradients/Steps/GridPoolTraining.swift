import Zoo

/// The means of a grid's cells forward and backward, `[N, H, W, C]` to `[N, h, w, C]`.
enum GridPoolTraining {
    static func forward(_ input: [Float], shape: [Int], batch: Int, _ grid: Extent) -> [Float] {
        var output = [Float](repeating: 0, count: batch * grid.height * grid.width * shape[2])
        forEachCell(shape, batch, grid) { cell, pixels in
            for c in 0..<shape[2] {
                let sum = pixels.reduce(0.0) { $0 + Double(input[$1 + c]) }
                output[cell + c] = Float(sum / Double(pixels.count))
            }
        }
        return output
    }

    /// A pixel of several cells gets a part of each one's gradient.
    static func backward(_ gradient: [Float], shape: [Int], batch: Int, _ grid: Extent) -> [Float] {
        var result = [Float](repeating: 0, count: batch * shape.reduce(1, *))
        forEachCell(shape, batch, grid) { cell, pixels in
            for c in 0..<shape[2] {
                let part = gradient[cell + c] / Float(pixels.count)
                for pixel in pixels { result[pixel + c] += part }
            }
        }
        return result
    }

    /// Where each cell begins in the output, and each of its pixels in the input.
    private static func forEachCell(_ shape: [Int], _ batch: Int, _ grid: Extent, _ body: (Int, [Int]) -> Void) {
        var cell = 0
        for image in 0..<batch {
            for row in 0..<grid.height {
                let rows = Zoo.Operation.range(ofCell: row, of: grid.height, in: shape[0])
                for column in 0..<grid.width {
                    let columns = Zoo.Operation.range(ofCell: column, of: grid.width, in: shape[1])
                    body(
                        cell,
                        rows.flatMap { y in
                            columns.map { ((image * shape[0] + y) * shape[1] + $0) * shape[2] }
                        })
                    cell += shape[2]
                }
            }
        }
    }
}
