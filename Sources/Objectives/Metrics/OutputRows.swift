package import Zoo

/// A model's outputs beside what they should be, checked once.
package struct OutputRows: Sendable {
    private let outputs: Tensor
    private let columns: Int
    /// Pictures.
    package var count: Int { outputs.shape[0] }

    /// - Parameters:
    ///   - outputs: `[N, names]`
    ///   - targets: `[N, names]`
    /// - Throws: `GraftError` `.invalidData` where they do not fit together, or for outputs that are not finite.
    package init(_ outputs: Tensor, like targets: Tensor, names: [String]) throws(GraftError) {
        guard outputs.shape.count == 2, outputs.shape[1] == names.count, !names.isEmpty else {
            throw GraftError(
                .invalidData, "the outputs do not fit the names", expected: "Nx\(names.count)",
                found: Tensor.describe(outputs.shape))
        }
        guard targets.shape == outputs.shape else {
            throw GraftError(
                .invalidData, "every picture needs its targets", expected: Tensor.describe(outputs.shape),
                found: Tensor.describe(targets.shape))
        }
        if let index = outputs.elements.firstIndex(where: { !$0.isFinite }) {
            throw GraftError(
                .invalidData, "the model's answer is not a finite number", member: "image \(index / names.count)",
                found: "\(outputs.elements[index])", remedy: "check the weights")
        }
        self.outputs = outputs
        columns = names.count
    }

    package subscript(row: Int, column: Int) -> Double { Double(outputs.elements[row * columns + column]) }
}
