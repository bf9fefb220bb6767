package import Zoo

/// How a file keeps a tensor's values. In memory they are float32, always.
public enum DType: String, Sendable, Hashable, CaseIterable {
    case float32, float16, bfloat16, float64, int64, int32, int16, int8, uint64, uint32, uint16, uint8, bool
    /// Eight bits, of which four are the exponent, without infinities.
    case float8e4m3 = "float8_e4m3fn"
    /// Eight bits, of which five are the exponent.
    case float8e5m2 = "float8_e5m2"
    /// As `float8e4m3`, without a negative zero.
    case float8e4m3u = "float8_e4m3fnuz"
    /// As `float8e5m2`, without infinities and a negative zero.
    case float8e5m2u = "float8_e5m2fnuz"
    /// A power of two, from 2^-127 to 2^127.
    case float8e8m0 = "float8_e8m0fnu"

    /// Bytes a value.
    public var size: Int {
        switch self {
        case .float64, .int64, .uint64: 8
        case .float32, .int32, .uint32: 4
        case .float16, .bfloat16, .int16, .uint16: 2
        case .int8, .uint8, .bool, .float8e4m3, .float8e5m2, .float8e4m3u, .float8e5m2u, .float8e8m0: 1
        }
    }
}

/// A tensor in a file, before its values are read.
public struct TensorEntry: Sendable, Hashable {
    /// The name, as the file has it.
    public let name: String
    /// Extents, outermost first. Empty for a scalar.
    public let shape: [Int]
    /// How the file keeps the values.
    public let dtype: DType
    /// The number of values, `shape`'s product.
    public let count: Int
    /// The length of the values in the file's type, unpacked.
    public var byteCount: Int { count * dtype.size }

    /// - Throws: `GraftError.damaged` for a shape that no tensor has: a negative extent, or more bytes than can be
    ///   counted.
    package init(name: String, shape: [Int], dtype: DType, file: String) throws(GraftError) {
        guard let count = Tensor.count(of: shape), !count.multipliedReportingOverflow(by: 8).overflow else {
            throw GraftError(
                .damaged, "an impossible shape", file: file, member: name, found: "\(shape)")
        }
        self.name = name
        self.shape = shape
        self.dtype = dtype
        self.count = count
    }
}
