import Zoo

/// The mean of every class' features, in double precision, summed in the order of the rows.
struct ClassMeans {
    /// Examples of each class.
    let counts: [Int]
    private let sums: [Double]
    private let width: Int

    /// - Throws: `GraftError` where features and labels do not fit, or a class has no example.
    init(features: Tensor, labels: [Int], classes: Int) throws(GraftError) {
        guard features.shape.count == 2, features.shape[0] == labels.count else {
            throw GraftError(
                .shapeMismatch, "every row of features needs a label", expected: "\(labels.count) rows",
                found: Tensor.describe(features.shape))
        }
        let width = features.shape[1]
        var counts = [Int](repeating: 0, count: classes)
        var sums = [Double](repeating: 0, count: classes * width)
        for (row, label) in labels.enumerated() {
            guard (0..<classes).contains(label) else {
                throw GraftError(
                    .invalidValue, "a label is not the index of a class", expected: "0 to \(classes - 1)",
                    found: "\(label)")
            }
            counts[label] += 1
            for index in 0..<width { sums[label * width + index] += Double(features.elements[row * width + index]) }
        }
        if let empty = counts.firstIndex(of: 0) {
            throw GraftError(
                .invalidValue, "a class mean needs at least one example", found: "none of class \(empty)")
        }
        self.counts = counts
        self.sums = sums
        self.width = width
    }

    subscript(label: Int) -> [Double] {
        let count = Double(counts[label])
        return (label * width..<(label + 1) * width).map { sums[$0] / count }
    }

    /// The class' mean without one of its examples; nil where there is no other.
    func mean(_ label: Int, without example: [Double]) -> [Double]? {
        guard counts[label] > 1 else { return nil }
        let count = Double(counts[label] - 1)
        return example.indices.map { (sums[label * width + $0] - example[$0]) / count }
    }
}
