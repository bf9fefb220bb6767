public import Zoo

/// How a file of Graft's keeps its values.
public enum Storage: String, Sendable, Hashable, CaseIterable {
    /// As they are in memory.
    case float32
    /// Tensors of two extents and more (convolutions, linear layers) in 16 bits, rounded to nearest, ties to even. Biases
    /// and the tensors of batch norms stay float32: they are a hundredth of a model, and small variances do not bear
    /// the rounding.
    case float16

    /// Whether that tensor is kept in 16 bits.
    func isHalf(_ tensor: Tensor) -> Bool { self == .float16 && tensor.shape.count >= 2 }
}

/// IEEE 754 binary16, by its bits: not every platform has the type.
enum HalfFloat {
    /// The value of those bits.
    static func float(_ bits: UInt16) -> Float {
        let magnitude = UInt32(bits & 0x7fff)
        let sign = UInt32(bits & 0x8000) << 16
        // Below 0x0400 are the subnormal ones, multiples of 2^-24.
        if magnitude < 0x0400 { return Float(bitPattern: sign | (Float(magnitude) * 0x1p-24).bitPattern) }
        if magnitude >= 0x7c00 { return Float(bitPattern: sign | 0x7f80_0000 | (magnitude & 0x3ff) << 13) }
        return Float(bitPattern: sign | (magnitude << 13) + (127 - 15) << 23)
    }

    /// The nearest value's bits, ties to even; infinity beyond 65504 and its rounding interval. Not for NaN.
    static func bits(_ value: Float) -> UInt16 {
        let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
        let magnitude = value.magnitude
        guard magnitude < 65520 else { return sign | 0x7c00 }
        // Scaling by a power of two is exact, and so is the rounding to a multiple of 2^-24.
        if magnitude < 0x1p-14 {
            return sign | UInt16((magnitude * 0x1p24).rounded(.toNearestOrEven))
        }
        let pattern = magnitude.bitPattern
        let rounded = pattern + 0x0fff + ((pattern >> 13) & 1)
        return sign | UInt16(truncatingIfNeeded: (rounded >> 13) - UInt32(127 - 15) << 10)
    }
}

extension Tensor {
    /// The values in 16 bits, little-endian.
    var halves: [UInt16] { elements.map { HalfFloat.bits($0).littleEndian } }

    /// - Throws: `GraftError.value` for a value beyond what 16 bits hold.
    func checkHalf(_ name: String, to file: String) throws(GraftError) {
        guard let index = elements.firstIndex(where: { !($0.magnitude < 65520) }) else { return }
        throw GraftError(
            .value, "the tensor has a value that float16 cannot hold", file: file, member: name,
            expected: "at most 65504", found: "\(elements[index]) at index \(index)",
            remedy: "nothing was written; keep it in float32")
    }
}

extension StateDict {
    /// The values that a file of that storage gives back.
    /// - Parameter file: what messages call the weights.
    /// - Throws: `GraftError.value` for one that 16 bits cannot hold.
    public func rounded(to storage: Storage, file: String) throws(GraftError) -> StateDict {
        guard storage == .float16 else { return self }
        var result = self
        for name in names {
            guard var tensor = self[name], storage.isHalf(tensor) else { continue }
            try tensor.checkHalf(name, to: file)
            tensor.withElements { values in
                for index in values.indices { values[index] = HalfFloat.float(HalfFloat.bits(values[index])) }
            }
            result[name] = tensor
        }
        return result
    }
}
