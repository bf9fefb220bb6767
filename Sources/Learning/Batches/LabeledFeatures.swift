package import Zoo

#if canImport(Darwin)
    import Darwin
#elseif canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#endif

/// What a head learns from: a row of features an image, and what is known of it.
package struct LabeledFeatures: Sendable, Hashable {
    /// `[N, features]`, or `[N]` and whatever shape the head's graph starts with.
    package var features: Tensor
    /// What is known of the N images.
    package var targets: Targets

    /// Features and their targets, checked when they are used.
    package init(features: Tensor, targets: Targets) {
        self.features = features
        self.targets = targets
    }

    /// Features of images of one class each.
    package init(features: Tensor, labels: [Int]) { self.init(features: features, targets: .classes(labels)) }

    /// The number of images.
    package var count: Int { targets.count }

    /// - Parameter name: `train` or `test`, for the message.
    /// - Throws: `GraftError.invalidData` where shapes or labels do not fit, or a feature is not a finite number.
    package func check(_ name: String, shape: [Int], outputs: Int) throws(GraftError) {
        guard count > 0 else { throw GraftError(.invalidData, "there are no images to \(name) with") }
        guard features.shape == [count] + shape else {
            throw GraftError(
                .invalidData, "the \(name) features do not fit the head",
                expected: Tensor.describe([count] + shape), found: Tensor.describe(features.shape))
        }
        try targets.check(name, outputs: outputs)
        if let index = features.elements.firstIndex(where: { !$0.isFinite }) {
            throw GraftError(
                .invalidData, "a feature is not a finite number",
                member: "\(name) image \(index / max(1, shape.reduce(1, *)))", found: "\(features.elements[index])",
                remedy: "check the backbone's weights")
        }
    }

    /// The mean of the classes' means, `[features]`, to four significant digits: it describes the data, and is kept as
    /// text. Of images without a single class, the plain mean.
    package var mean: [Float] {
        let width = features.shape.dropFirst().reduce(1, *)
        var sums: [Int: (count: Int, values: [Double])] = [:]
        for (row, label) in (targets.classIndices ?? [Int](repeating: 0, count: count)).enumerated() {
            var entry = sums[label] ?? (0, [Double](repeating: 0, count: width))
            entry.count += 1
            for index in 0..<width { entry.values[index] += Double(features.elements[row * width + index]) }
            sums[label] = entry
        }
        var mean = [Double](repeating: 0, count: width)
        for label in sums.keys.sorted() {
            guard let entry = sums[label] else { continue }
            for index in 0..<width { mean[index] += entry.values[index] / Double(entry.count * sums.count) }
        }
        return mean.map(Self.rounded)
    }

    private static func rounded(_ value: Double) -> Float {
        guard value != 0, value.isFinite else { return 0 }
        let scale = pow(10, 3 - floor(log10(abs(value))))
        return scale.isFinite && scale > 0 ? Float((value * scale).rounded() / scale) : Float(value)
    }

    /// Some images that stand next to each other.
    package func part(_ range: Range<Int>) -> LabeledFeatures {
        LabeledFeatures(features: rows(range), targets: targets.part(range))
    }

    /// The features of some images, in that order.
    package func rows(_ indices: some Collection<Int>) -> Tensor {
        let shape = Array(features.shape.dropFirst())
        let size = shape.reduce(1, *)
        var result = Tensor(shape: [indices.count] + shape)
        result.withElements { result in
            for (row, index) in indices.enumerated() {
                result.replaceSubrange(
                    row * size..<(row + 1) * size, with: features.elements[index * size..<(index + 1) * size])
            }
        }
        return result
    }
}
