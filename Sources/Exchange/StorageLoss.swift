import Weights
import Zoo

/// What keeping a model's weights in 16 bits does to its answers, on a batch of probes.
package struct StorageLoss: Sendable, Hashable {
    /// The number of probes.
    package let pictures: Int
    /// The greatest difference of a logit from the one with float32 weights.
    package let greatestDifference: Double
    /// The magnitude of the largest logit.
    package let largestLogit: Double
    /// The probes whose most probable class stays.
    package let sameClass: Int

    /// - Parameters:
    ///   - model: with the weights as they were.
    ///   - rounded: the weights as the file gives them back.
    init(_ model: PortableModel, rounded: StateDict, pictures: Int = 8) throws(GraftError) {
        func logits(_ weights: StateDict) throws(GraftError) -> [[Float]] {
            try Probe.logits(
                of: model.model, weights: weights, preprocessing: model.metadata.preprocessing, numbers: 0..<pictures)
        }
        let before = try logits(model.tensors)
        let after = try logits(rounded)
        self.pictures = pictures
        greatestDifference = zip(before, after).reduce(0) { max($0, Logits.greatestDifference($1.0, $1.1)) }
        largestLogit = before.joined().reduce(0) { max($0, Double($1.magnitude)) }
        // A single output tells two classes apart by its sign.
        func best(_ values: [Float]) -> Int? {
            values.count == 1 ? (values[0] > 0 ? 1 : 0) : values.indices.max { values[$0] < values[$1] }
        }
        sameClass = zip(before, after).reduce(0) { $0 + (best($1.0) == best($1.1) ? 1 : 0) }
    }
}
