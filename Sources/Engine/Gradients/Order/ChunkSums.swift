import CKernels
import Synchronization

/// What the blocks of a batch found, added up in their order, so that the result does not depend on who computed it.
struct ChunkSums: @unchecked Sendable {
    /// Where the sums of all are made.
    let total: UnsafeMutablePointer<Float>
    /// What was found here, in the batch's order: of blocks, or of the chunks of one that other ranks have chunks of too. The first of
    /// all (and of such a block) lies at `total`.
    let parts: [UnsafeMutablePointer<Float>]
    let threads: Int
    /// Whom a batch is shared with.
    var shared: Shared?

    struct Shared: Sendable {
        let ranks: any Ranks
        /// Who has a block's chunks, where some have parts of one (`RankShares`).
        let blocks: [Range<Int>]?
    }

    /// Where a step's own begin.
    func moved(by offset: Int) -> ChunkSums {
        ChunkSums(total: total + offset, parts: parts.map { $0 + offset }, threads: threads, shared: shared)
    }

    /// The sums of `count` doubles, `offset` floats into each part.
    func doubles(_ count: Int, at offset: Int = 0) -> [Double] {
        folded(count, at: offset) { total, part in
            for index in 0..<count { total[index] += part[index] }
        }
    }

    /// What comes of `count` zeros when every block in turn has been added.
    /// - Parameters:
    ///   - offset: floats into each part, where `add` finds what that part has.
    ///   - add: to `count` doubles, `count` more.
    func folded(
        _ count: Int, at offset: Int = 0, _ add: (UnsafeMutablePointer<Double>, UnsafePointer<Double>) -> Void
    ) -> [Double] {
        var state = [Double](repeating: 0, count: count)
        func doubles(_ part: UnsafeMutablePointer<Float>) -> UnsafePointer<Double> {
            UnsafePointer(UnsafeRawPointer(part + offset).assumingMemoryBound(to: Double.self))
        }
        let zeros = state
        state.withUnsafeMutableBufferPointer { buffer in
            guard let state = buffer.baseAddress else { return }
            guard let shared else {
                for part in parts { add(state, doubles(part)) }
                return
            }
            let begins = shared.blocks != nil && parts.first == total
            if begins { state.update(from: doubles(total), count: count) }
            shared.ranks.fold(
                UnsafeMutableRawBufferPointer(buffer), blocks: shared.blocks, atOnce: true,
                add: { _ in
                    for part in parts.dropFirst(begins ? 1 : 0) { add(state, doubles(part)) }
                },
                join: { before, _ in
                    // Who has nothing passes it on.
                    if parts.isEmpty, let before {
                        return state.update(from: before.assumingMemoryBound(to: Double.self), count: count)
                    }
                    var joined = zeros
                    joined.withUnsafeMutableBufferPointer { buffer in
                        guard let joined = buffer.baseAddress else { return }
                        if let before { joined.update(from: before.assumingMemoryBound(to: Double.self), count: count) }
                        add(joined, state)
                        state.update(from: joined, count: count)
                    }
                })
        }
        return state
    }

    /// The sums of the first `count` floats.
    func added(_ count: Int) -> UnsafeMutablePointer<Float> {
        let rest = parts.drop { $0 == total }
        guard let shared else {
            add(rest, to: total, 0..<count)
            return total
        }
        let size = MemoryLayout<Float>.stride
        shared.ranks.fold(
            UnsafeMutableRawBufferPointer(start: total, count: count * size), blocks: shared.blocks, atOnce: false,
            add: { bytes in add(rest, to: total, bytes.lowerBound / size..<bytes.upperBound / size) },
            join: { before, bytes in
                guard let before = before?.assumingMemoryBound(to: Float.self) else { return }
                let own = total + bytes.lowerBound / size, count = bytes.count / size
                if parts.isEmpty { return own.update(from: before, count: count) }
                graft_train_add(own, before, Int64(count))
            })
        return total
    }

    private func add(
        _ others: ArraySlice<UnsafeMutablePointer<Float>>, to first: UnsafeMutablePointer<Float>, _ values: Range<Int>
    ) {
        parallel(values.count) { range in
            let start = values.lowerBound + range.lowerBound
            for chunk in others { graft_train_add(first + start, chunk + start, Int64(range.count)) }
        }
    }

    /// `target[row][column] = source[row * rowStep + column * columnStep]`
    func copy(
        _ source: UnsafePointer<Float>, rows: Int, rowStep: Int, columns: Int, columnStep: Int,
        to target: UnsafeMutablePointer<Float>
    ) {
        parallel(rows) { range in
            graft_train_copy(
                source + range.lowerBound * rowStep, Int64(rowStep), Int64(columnStep), Int64(range.count),
                Int64(columns), target + range.lowerBound * columns)
        }
    }

    /// Parts of `0 ..< count` on all threads.
    func parallel(_ count: Int, _ body: (Range<Int>) -> Void) {
        let parts = min(count, 4 * threads)
        let next = Atomic<Int>(0)
        ThreadPool.shared.run(threads: threads) { _ in
            while case let part = next.add(1, ordering: .relaxed).oldValue, part < parts {
                body(part * count / parts..<(part + 1) * count / parts)
            }
        }
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

    static func total(_ chunks: ChunkSums, _ layout: Layout, at offset: Int) -> [Float] {
        chunks.doubles(layout.channels, at: offset).map { Float($0) }
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
