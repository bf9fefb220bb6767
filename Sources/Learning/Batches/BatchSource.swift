package import Zoo

/// Some pictures as the trained layers read them.
package struct TrainingBatch: Sendable {
    /// `[N]` and the shape that the layers start with.
    package let inputs: Tensor
    /// N class indices.
    package let labels: [Int]
    /// `[N, classes]`, what is to be learnt in place of the labels; nil for the labels.
    package var targets: Tensor?
    /// Their positions in the data set: what dropout depends on.
    package let samples: [Int]

    package init(inputs: Tensor, labels: [Int], targets: Tensor? = nil, samples: [Int]) {
        self.inputs = inputs
        self.labels = labels
        self.targets = targets
        self.samples = samples
    }
}

/// The batches of one pass, in order.
package protocol BatchSequence {
    /// - Returns: nil at the end.
    mutating func next() throws(GraftError) -> TrainingBatch?
}

/// Where batches come from: features in memory, or pictures that are read again in every epoch.
package protocol BatchSource: Sendable {
    /// The class of every picture.
    var labels: [Int] { get }

    /// One pass over the batches.
    /// - Parameters:
    ///   - batches: positions in the data set.
    ///   - epoch: counted from 1; what is random differs between epochs.
    func pass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence
}

extension BatchSource {
    package var count: Int { labels.count }

    /// Every picture once, in order.
    package func pass(inBatchesOf size: Int) throws(GraftError) -> any BatchSequence {
        try pass(
            stride(from: 0, to: count, by: size).map { Array($0..<min(count, $0 + size)) }, epoch: 0)
    }
}

extension LabeledFeatures: BatchSource {
    private struct Rows: BatchSequence {
        let features: LabeledFeatures
        var rest: ArraySlice<[Int]>

        mutating func next() -> TrainingBatch? {
            rest.popFirst().map { batch in
                TrainingBatch(
                    inputs: features.rows(batch), labels: batch.map { features.labels[$0] }, samples: batch)
            }
        }
    }

    package func pass(_ batches: [[Int]], epoch: Int) -> any BatchSequence { Rows(features: self, rest: batches[...]) }
}
