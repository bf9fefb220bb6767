import CKernels
import Zoo

/// Attention within windows of an image, one head and window at a time. Scores are made again backward.
struct WindowAttentionTrainingStep: UnaryStep {
    let ports: Ports
    let scores: WindowScores
    /// The index of the table; the bias follows.
    let parameter: Int
    let isTrained: [Bool]

    private var windowed: WindowedAttention { scores.windowed }
    private var positions: Int { scores.positions }
    private var rows: Int { positions * scores.size }
    private var tableCount: Int { windowed.windows.distances * windowed.heads }
    private var biasCount: Int { 3 * windowed.heads * windowed.size }

    var needs: [Int] { wantsInput || isTrained.contains(true) ? [input] : [] }
    // Doubles take two floats.
    var sums: Int { isTrained.contains(true) ? 2 * (tableCount + biasCount) : 0 }
    /// Ten blocks of a head's rows, two of scores, and statistics.
    var scratch: Int { 10 * rows + windowed.size * scores.width * 2 + positions * (2 * scores.width + 2) }

    func prepare(_ values: [[Float]]) { scores.prepare(table: values[parameter], bias: values[parameter + 1]) }

    private struct Places {
        let queries, keys, values, packedKeys, packedValues, scores, gradients, statistics: UnsafeMutablePointer<Float>
        let given, keyRows, sums, keySums, valueSums: UnsafeMutablePointer<Float>
    }

    private func places(_ pass: Pass) -> Places {
        var next = pass.scratch
        func take(_ count: Int) -> UnsafeMutablePointer<Float> {
            defer { next += count }
            return next
        }
        let block = positions * scores.width, packed = windowed.size * scores.width
        return Places(
            queries: take(rows), keys: take(rows), values: take(rows), packedKeys: take(packed),
            packedValues: take(max(packed, rows)), scores: take(block), gradients: take(block),
            statistics: take(2 * positions), given: take(rows), keyRows: take(rows), sums: take(rows),
            keySums: take(rows), valueSums: take(rows))
    }

    private func softmax(_ places: Places) -> gk_softmax {
        var arguments = gk_softmax()
        arguments.scores = places.scores
        arguments.stride = scores.width
        arguments.rows = positions
        arguments.count = positions
        arguments.scale = windowed.scale
        arguments.most = places.statistics
        arguments.sum = places.statistics + positions
        return arguments
    }

    /// Queries, keys and values of a head, and its weights before they are divided by their sums.
    private func weigh(_ image: UnsafePointer<Float>, window: Int, head: Int, _ places: Places, _ pass: Pass) {
        let layout = layouts.input
        for (part, rows) in [places.queries, places.keys, places.values].enumerated() {
            scores.gather(
                part, head: head, window: window, from: image, stride: layout.stride, rowStride: layout.rowStride,
                to: rows)
        }
        scores.products.pack(
            places.keys, rowStep: 1, columnStep: scores.size, rows: windowed.size, columns: positions,
            to: places.packedKeys)
        scores.score(places.queries, places.packedKeys, head: head, window: window, to: places.scores)
        var softmax = softmax(places)
        pass.kernels.pointee.softmax(&softmax)
    }

    func forward(_ pass: Pass) {
        let places = places(pass), size = scores.size, layout = layouts.output
        for image in 0..<pass.count {
            let out = pass.values[output] + image * layout.count
            for window in 0..<windowed.count {
                for head in 0..<windowed.heads {
                    weigh(
                        pass.values[input] + image * layouts.input.count, window: window, head: head, places, pass)
                    scores.products.pack(
                        places.values, rowStep: size, columnStep: 1, rows: positions, columns: windowed.size,
                        to: places.packedValues)
                    scores.products.multiply(
                        places.scores, stride: scores.width, depth: positions, places.packedValues,
                        columns: windowed.size, rows: positions, to: places.sums, stride: size)
                    var softmax = softmax(places)
                    softmax.out = places.sums
                    softmax.out_stride = size
                    softmax.count = windowed.size
                    pass.kernels.pointee.softmax_finish(&softmax, places.given, size)
                    scatter(places.given, to: out, layout, channel: head * windowed.size, window: window)
                }
            }
            layout.clearPadding(out)
        }
    }

    /// `dV = P' dO`, `dP = dO V'`, `dS = P (dP - sum(P dP))`, `dQ = dS K`, `dK = dS' Q`.
    func backward(_ pass: Pass) {
        let places = places(pass)
        let sums = self.sums > 0 ? pass.doubles(tableCount + biasCount) : nil
        for image in 0..<pass.count {
            for window in 0..<windowed.count {
                for head in 0..<windowed.heads { backward(image, window, head, places, sums, pass) }
            }
            guard wantsInput else { continue }
            layouts.inputGradient.clearPadding(pass.gradients[input] + image * layouts.inputGradient.count)
        }
    }

    private func backward(
        _ image: Int, _ window: Int, _ head: Int, _ places: Places, _ sums: UnsafeMutablePointer<Double>?, _ pass: Pass
    ) {
        let (size, width, products) = (scores.size, scores.width, scores.products)
        weigh(pass.values[input] + image * layouts.input.count, window: window, head: head, places, pass)
        take(
            pass.gradients[output] + image * layouts.outputGradient.count, window: window, head: head, to: places.given)
        products.pack(
            places.values, rowStep: 1, columnStep: size, rows: windowed.size, columns: positions,
            to: places.packedValues)
        products.multiply(
            places.given, stride: size, depth: windowed.size, places.packedValues, columns: positions, rows: positions,
            to: places.gradients, stride: width)
        var softmax = softmax(places)
        softmax.out = places.gradients
        softmax.out_stride = width
        pass.kernels.pointee.softmax_gradient(&softmax)
        addOuter(places.scores, places.given, to: places.valueSums)
        addOuter(places.gradients, places.queries, to: places.keySums)
        products.pack(
            places.keys, rowStep: size, columnStep: 1, rows: positions, columns: windowed.size, to: places.keyRows)
        products.multiply(
            places.gradients, stride: width, depth: positions, places.keyRows, columns: windowed.size, rows: positions,
            to: places.sums, stride: size)
        for (part, found) in [places.sums, places.keySums, places.valueSums].enumerated() {
            let channel = (part * windowed.heads + head) * windowed.size
            if wantsInput {
                scatter(
                    found, to: pass.gradients[input] + image * layouts.inputGradient.count, layouts.inputGradient,
                    channel: channel, window: window)
            }
            guard let sums else { continue }
            for position in 0..<positions {
                for c in 0..<windowed.size { sums[tableCount + channel + c] += Double(found[position * size + c]) }
            }
        }
        guard let sums else { return }
        for query in 0..<positions {
            for key in 0..<positions {
                sums[windowed.distance(query, key) * windowed.heads + head] += Double(
                    places.gradients[query * width + key])
            }
        }
    }

    /// `sum[key][c] = a[query][key] * b[query][c]`
    private func addOuter(_ a: UnsafePointer<Float>, _ b: UnsafePointer<Float>, to sum: UnsafeMutablePointer<Float>) {
        var arguments = gk_outer()
        arguments.a = a
        arguments.a_stride = scores.width
        arguments.rows = positions
        arguments.b = b
        arguments.b_stride = scores.size
        arguments.vectors = scores.size / scores.products.kernels.lanes
        arguments.terms = positions
        arguments.out = sum
        arguments.out_stride = scores.size
        arguments.continues = 0
        scores.products.kernels.table.pointee.outer(&arguments)
    }

    /// A head's part of the output's gradient; zeros where the image ends.
    private func take(
        _ image: UnsafePointer<Float>, window: Int, head: Int, to rows: UnsafeMutablePointer<Float>
    ) {
        let layout = layouts.outputGradient
        for position in 0..<positions {
            let target = rows + position * scores.size
            target.update(repeating: 0, count: scores.size)
            guard let offset = offset(position, window, layout) else { continue }
            target.update(from: image + offset + head * windowed.size, count: windowed.size)
        }
    }

    private func scatter(
        _ rows: UnsafePointer<Float>, to image: UnsafeMutablePointer<Float>, _ layout: Layout, channel: Int, window: Int
    ) {
        for position in 0..<positions {
            guard let offset = offset(position, window, layout) else { continue }
            (image + offset + channel).update(from: rows + position * scores.size, count: windowed.size)
        }
    }

    private func offset(_ position: Int, _ window: Int, _ layout: Layout) -> Int? {
        scores.offset(position, in: window, stride: layout.stride, rowStride: layout.rowStride)
    }

    func finish(_ chunks: ChunkSums, _ gradients: inout [[Float]]) {
        guard sums > 0 else { return }
        let sums = chunks.doubles(tableCount + biasCount)
        if isTrained[0] { gradients[parameter] = sums[..<tableCount].map { Float($0 / Double(windowed.scale)) } }
        if isTrained[1] { gradients[parameter + 1] = sums[tableCount...].map { Float($0) } }
    }
}
