import CKernels
import Zoo

/// Scaled dot-product attention. Scores are made for some queries at a time, forward and once more backward. An image with
/// margins is copied without them, head by head.
struct AttentionTrainingStep: TrainingStep {
    let inputs: [Int]
    let output: Int
    /// By operand.
    let sources: [Layout]
    let gradientSources: [Layout]
    let result: Layout
    let resultGradient: Layout
    let wants: [Bool]
    let geometry: AttentionGeometry
    let products: AttentionProducts

    private static let queryBlock = 64

    var needs: [Int] { wants.contains(true) ? inputs : [] }
    private var kernels: KernelSet { products.kernels }
    private var size: Int { kernels.padded(geometry.size) }
    private var width: Int { kernels.padded(geometry.keys) }
    private var packedKeys: Int { geometry.size * width }
    private var packedValues: Int { geometry.keys * size }

    /// Forward: keys, values, scores, sums. Backward: keys and values as columns, keys as rows; queries and the output's
    /// gradient; the gradients of keys and values; scores and their gradients; a block of the queries' gradients.
    var scratch: Int {
        let block = Self.queryBlock
        return 2 * packedKeys + packedValues + 2 * (geometry.queries + geometry.keys) * size
            + block * (2 * width + size + 2) + 3 * copied
    }

    /// Floats of a head's part without margins; 0 where no operand has any.
    private var copied: Int {
        sources.allSatisfy(\.isPlain) ? 0 : max(geometry.queries, geometry.keys) * geometry.size
    }

    /// - Parameter pass: whose scratch memory ends in room for copies.
    private func source(_ part: Int, head: Int, image: Int, _ pass: Pass) -> (UnsafePointer<Float>, stride: Int) {
        let (operand, channel) = geometry.place(part, head: head), layout = sources[operand]
        let first = UnsafePointer(pass.values[inputs[operand]] + image * layout.count + channel)
        guard !layout.isPlain else { return (first, layout.stride) }
        let copy = pass.scratch + scratch - (3 - part) * copied
        for pixel in 0..<layout.pixels {
            (copy + pixel * geometry.size).update(from: first + layout.offset(of: pixel), count: geometry.size)
        }
        return (UnsafePointer(copy), geometry.size)
    }

    func forward(_ pass: Pass) {
        let block = Self.queryBlock
        let keys = pass.scratch, values = keys + packedKeys, scores = values + packedValues
        let sums = scores + block * width, statistics = sums + block * size
        for image in 0..<pass.count {
            let out = pass.values[output] + image * result.count
            for head in 0..<geometry.heads {
                let (query, stride) = source(0, head: head, image: image, pass)
                let (key, keyStride) = source(1, head: head, image: image, pass)
                let (value, valueStride) = source(2, head: head, image: image, pass)
                products.pack(
                    key, rowStep: 1, columnStep: keyStride, rows: geometry.size, columns: geometry.keys, to: keys)
                products.pack(
                    value, rowStep: valueStride, columnStep: 1, rows: geometry.keys, columns: geometry.size, to: values)
                for first in Swift.stride(from: 0, to: geometry.queries, by: block) {
                    let rows = min(block, geometry.queries - first)
                    products.multiply(
                        query + first * stride, stride: stride, depth: geometry.size, keys, columns: geometry.keys,
                        rows: rows, to: scores, stride: width)
                    var softmax = softmax(scores, statistics, rows: rows)
                    kernels.table.pointee.softmax(&softmax)
                    products.multiply(
                        scores, stride: width, depth: geometry.keys, values, columns: geometry.size, rows: rows,
                        to: sums, stride: size)
                    softmax.out = sums
                    softmax.out_stride = size
                    softmax.count = geometry.size
                    if result.isPlain {
                        kernels.table.pointee.softmax_finish(
                            &softmax, out + first * result.stride + head * geometry.size, result.stride)
                    } else {
                        kernels.table.pointee.softmax_finish(&softmax, sums, size)
                        for row in 0..<rows {
                            (out + result.offset(of: first + row) + head * geometry.size).update(
                                from: sums + row * size, count: geometry.size)
                        }
                    }
                }
            }
            result.clearPadding(out)
        }
    }

    private func softmax(
        _ scores: UnsafeMutablePointer<Float>, _ statistics: UnsafeMutablePointer<Float>, rows: Int
    ) -> gk_softmax {
        var arguments = gk_softmax()
        arguments.scores = scores
        arguments.stride = width
        arguments.rows = rows
        arguments.count = geometry.keys
        arguments.scale = geometry.scale
        arguments.most = statistics
        arguments.sum = statistics + Self.queryBlock
        return arguments
    }

    func backward(_ pass: Pass) {
        guard wants.contains(true) else { return }
        for image in 0..<pass.count {
            for head in 0..<geometry.heads { backward(head, image, pass) }
            for (operand, input) in inputs.enumerated() where wants[operand] {
                let layout = gradientSources[operand]
                layout.clearPadding(pass.gradients[input] + image * layout.count)
            }
        }
    }

    /// `dV = P' dO`, `dP = dO V'`, `dS = P (dP - sum(P dP))`, `dQ = dS K`, `dK = dS' Q`.
    private func backward(_ head: Int, _ image: Int, _ pass: Pass) {
        let block = Self.queryBlock
        let keys = pass.scratch, values = keys + packedKeys, keyRows = values + packedKeys
        let queries = keyRows + packedValues, given = queries + geometry.queries * size
        let keyGradients = given + geometry.queries * size, valueGradients = keyGradients + geometry.keys * size
        let scores = valueGradients + geometry.keys * size, gradients = scores + block * width
        let queryGradients = gradients + block * width, statistics = queryGradients + block * size
        let (query, stride) = source(0, head: head, image: image, pass)
        let (key, keyStride) = source(1, head: head, image: image, pass)
        let (value, valueStride) = source(2, head: head, image: image, pass)
        products.pack(key, rowStep: 1, columnStep: keyStride, rows: geometry.size, columns: geometry.keys, to: keys)
        products.pack(
            value, rowStep: 1, columnStep: valueStride, rows: geometry.size, columns: geometry.keys, to: values)
        products.pack(
            key, rowStep: keyStride, columnStep: 1, rows: geometry.keys, columns: geometry.size, to: keyRows)
        for row in 0..<geometry.queries { copy(query + row * stride, to: queries + row * size) }
        let out = pass.gradients[output] + image * resultGradient.count + head * geometry.size
        for row in 0..<geometry.queries { copy(out + resultGradient.offset(of: row), to: given + row * size) }
        for first in Swift.stride(from: 0, to: geometry.queries, by: block) {
            let rows = min(block, geometry.queries - first)
            products.multiply(
                queries + first * size, stride: size, depth: geometry.size, keys, columns: geometry.keys, rows: rows,
                to: scores, stride: width)
            var softmax = softmax(scores, statistics, rows: rows)
            kernels.table.pointee.softmax(&softmax)
            products.multiply(
                given + first * size, stride: size, depth: geometry.size, values, columns: geometry.keys, rows: rows,
                to: gradients, stride: width)
            softmax.out = gradients
            softmax.out_stride = width
            kernels.table.pointee.softmax_gradient(&softmax)
            // Heads that share their keys add up.
            let continues = first > 0 || geometry.sharesKeys && head > 0
            addOuter(scores, given + first * size, rows: rows, to: valueGradients, continues: continues)
            addOuter(gradients, queries + first * size, rows: rows, to: keyGradients, continues: continues)
            products.multiply(
                gradients, stride: width, depth: geometry.keys, keyRows, columns: geometry.size, rows: rows,
                to: queryGradients, stride: size)
            write(queryGradients, rows: first..<first + rows, part: 0, head, image, pass)
        }
        guard !geometry.sharesKeys || head == geometry.heads - 1 else { return }
        write(keyGradients, rows: 0..<geometry.keys, part: 1, head, image, pass)
        write(valueGradients, rows: 0..<geometry.keys, part: 2, head, image, pass)
    }

    /// `sum[key][c] += a[query][key] * b[query][c]`
    private func addOuter(
        _ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, rows: Int, to sum: UnsafeMutablePointer<Float>,
        continues: Bool
    ) {
        var arguments = gk_outer()
        arguments.a = a
        arguments.a_stride = width
        arguments.rows = geometry.keys
        arguments.b = b
        arguments.b_stride = size
        arguments.vectors = size / kernels.lanes
        arguments.terms = rows
        arguments.out = sum
        arguments.out_stride = size
        arguments.continues = continues ? 1 : 0
        kernels.table.pointee.outer(&arguments)
    }

    /// A head's channels as whole vectors with zeros behind them.
    private func copy(_ from: UnsafePointer<Float>, to target: UnsafeMutablePointer<Float>) {
        target.update(from: from, count: geometry.size)
        (target + geometry.size).update(repeating: 0, count: size - geometry.size)
    }

    /// A head's gradients to where they belong, if they are wanted.
    private func write(
        _ found: UnsafePointer<Float>, rows: Range<Int>, part: Int, _ head: Int, _ image: Int, _ pass: Pass
    ) {
        let (operand, channel) = geometry.place(part, head: head)
        guard wants[operand] else { return }
        let layout = gradientSources[operand]
        let target = pass.gradients[inputs[operand]] + image * layout.count + channel
        for (index, row) in rows.enumerated() {
            (target + layout.offset(of: row)).update(from: found + index * size, count: geometry.size)
        }
    }
}
