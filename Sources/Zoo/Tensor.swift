/// A dense float32 array in row-major order.
///
/// Images and feature maps are `[N, H, W, C]`; weights keep PyTorch's layout (`[out, in / groups, kh, kw]` for a
/// convolution, `[out, in]` for a linear layer), so that a checkpoint needs no transposing to be checked or exported.
public struct Tensor: Sendable, Hashable {
    /// Extents, outermost first. Empty for a scalar.
    public let shape: [Int]
    /// `shape`'s product many values, the last extent varying fastest.
    public private(set) var elements: [Float]

    /// - Throws: `GraftError.shapeMismatch` if `elements` does not hold as many values as `shape` says.
    public init(shape: [Int], elements: [Float]) throws(GraftError) {
        guard let count = Tensor.count(of: shape), count == elements.count else {
            throw GraftError(
                .shapeMismatch, "a tensor's shape does not fit its values",
                expected: "\(Tensor.describe(shape)) values", found: "\(elements.count)")
        }
        self.shape = shape
        self.elements = elements
    }

    /// A tensor of one repeated value.
    public init(shape: [Int], repeating value: Float = 0) {
        precondition(shape.allSatisfy { $0 >= 0 }, "negative extent")
        self.shape = shape
        self.elements = [Float](repeating: value, count: shape.reduce(1, *))
    }

    /// The number of values that `shape` asks for, or nil where an extent is negative or the product overflows.
    public static func count(of shape: [Int]) -> Int? {
        var count = 1
        for extent in shape {
            guard extent >= 0 else { return nil }
            let (product, overflow) = count.multipliedReportingOverflow(by: extent)
            guard !overflow else { return nil }
            count = product
        }
        return count
    }

    /// `[2, 3]` as "2x3", a scalar as "scalar".
    public static func describe(_ shape: [Int]) -> String {
        shape.isEmpty ? "scalar" : shape.map(String.init).joined(separator: "x")
    }

    /// Reads and writes the values in place.
    public mutating func withElements<R>(_ body: (inout [Float]) throws -> R) rethrows -> R {
        let count = elements.count
        defer { precondition(elements.count == count, "the number of values may not change") }
        return try body(&elements)
    }
}
