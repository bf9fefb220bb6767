import CKernels
import Synchronization

/// What the chunks of a batch found, added up in their order, so that the result does not depend on who computed it.
struct ChunkSums: @unchecked Sendable {
    /// In the batch's order.
    let chunks: [UnsafeMutablePointer<Float>]
    let threads: Int
    /// Where other processes have computed the other chunks: the memory of theirs holds nothing, and may be written.
    var shared: Shared?

    /// Whom a batch is shared with, and which of its chunks are here. Rank 0 has the first.
    struct Shared: Sendable {
        let ranks: any Ranks
        let own: Range<Int>
    }

    /// Where a step's own begin.
    func moved(by offset: Int) -> ChunkSums {
        ChunkSums(chunks: chunks.map { $0 + offset }, threads: threads, shared: shared)
    }

    /// The sums of `count` doubles, `offset` floats into each chunk.
    func doubles(_ count: Int, at offset: Int = 0) -> [Double] {
        folded(count, at: offset) { total, part in
            for index in total.indices { total[index] += part[index] }
        }
    }

    /// What comes of `count` zeros when every chunk in turn has been added.
    /// - Parameters:
    ///   - offset: floats into each chunk, where `add` finds what that chunk has.
    func folded(
        _ count: Int, at offset: Int = 0, _ add: (inout [Double], UnsafePointer<Double>) -> Void
    ) -> [Double] {
        var state = [Double](repeating: 0, count: count)
        func take(_ chunk: UnsafeMutablePointer<Float>) {
            add(&state, UnsafeRawPointer(chunk + offset).assumingMemoryBound(to: Double.self))
        }
        guard let shared else {
            for chunk in chunks { take(chunk) }
            return state
        }
        var carried = state
        carried.withUnsafeMutableBytes { bytes in
            shared.ranks.fold(bytes, atOnce: true) { _ in
                state = Array(bytes.bindMemory(to: Double.self))
                for chunk in chunks[shared.own] { take(chunk) }
                state.withUnsafeBytes { bytes.copyMemory(from: $0) }
            }
        }
        return carried
    }

    /// The sums of the first `count` floats, where the first chunk has its own.
    func added(_ count: Int) -> UnsafeMutablePointer<Float> {
        let first = chunks[0]
        guard let shared else {
            add(chunks.dropFirst(), to: first, 0..<count)
            return first
        }
        let size = MemoryLayout<Float>.stride
        let own = chunks[shared.own].drop { $0 == first }
        shared.ranks.fold(UnsafeMutableRawBufferPointer(start: first, count: count * size), atOnce: false) { bytes in
            add(own, to: first, bytes.lowerBound / size..<bytes.upperBound / size)
        }
        return first
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
