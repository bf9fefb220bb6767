import CKernels
import Zoo

/// What happens to a layer's sums: they become bytes of `made`, which a table may turn into those of `range`.
struct ByteFunction: @unchecked Sendable {
    let made: ByteRange
    let range: ByteRange
    /// 256 bytes; nil where saturation is all there is to do.
    let table: UnsafePointer<UInt8>?

    /// nil for an activation that needs the range of what it is applied to, and has none.
    init?(_ activation: Activation?, linear: ByteRange?, range: ByteRange, _ storage: Storage) {
        guard let from = Self.made(activation, linear: linear, range: range) else { return nil }
        made = from
        self.range = range
        guard let activation else {
            table = nil
            return
        }
        let bytes = (0..<256).map { range.byte(activation.formula.evaluated(at: Double(from.value($0)))) }
        table = bytes.enumerated().allSatisfy { $0 == Int($1) } ? nil : storage.array(bytes)
    }

    /// The range of the bytes that the sums become first.
    static func made(_ activation: Activation?, linear: ByteRange?, range: ByteRange) -> ByteRange? {
        switch activation {
        // Cutting off commutes with rounding.
        case nil, .relu, .relu6: range
        case .silu, .hardSwish, .hardSigmoid, .sigmoid, .gelu, .geluTanh, .quickGELU: linear
        }
    }
}
