package import CKernels
import Zoo

/// The kernels on bytes of one instruction set. All of them give the same bits.
package struct ByteKernels: @unchecked Sendable {
    /// Points at a constant of CKernels, or at what outlives all plans.
    package let table: UnsafePointer<gk_byte_table>

    package init(table: UnsafePointer<gk_byte_table>) { self.table = table }

    package var name: String { String(cString: table.pointee.name) }
    /// Sums in a vector.
    var lanes: Int { table.pointee.lanes }

    /// What this processor can run, best first.
    package static let available: [ByteKernels] = (0..<gk_byte_set_count()).filter { gk_byte_set_runs($0) != 0 }
        .compactMap { index in gk_byte_set(index).map { ByteKernels(table: $0) } }

    /// The best ones that need no more than a set of that name has.
    static func beside(_ name: String) -> ByteKernels {
        let family = name.hasPrefix("avx512") ? 2 : name.hasPrefix("avx") ? 1 : 0
        let fitting = available.first { kernels in
            let other = kernels.name
            return (other.hasPrefix("avx512") ? 2 : other.hasPrefix("avx") ? 1 : 0) <= family
        }
        // The last is the baseline, which every processor runs.
        return fitting ?? ByteKernels(table: gk_byte_set(gk_byte_set_count() - 1))
    }

    /// Vectors that `count` columns take.
    func vectors(_ count: Int) -> Int { (count + lanes - 1) / lanes }

    /// Bytes between pixels: whole vectors of every instruction set.
    static func padded(_ channels: Int) -> Int { (channels + 15) / 16 * 16 }
}

extension ByteRange {
    /// The largest factor of a byte that keeps what is rounded within what the kernels round alike everywhere.
    static let mostRatio: Float = 0x1p20

    /// Steps of `other` in a step of this range.
    func ratio(to other: ByteRange?) -> Float { min(scale / (other?.scale ?? 1), Self.mostRatio) }
}
