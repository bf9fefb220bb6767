package import Engine
package import Zoo

/// Some pictures as the trained layers read them.
package struct TrainingBatch: Sendable {
    /// `[N]` and the shape that the layers start with.
    package let inputs: Tensor
    /// What is to be learnt of them.
    package let targets: Targets
    /// Their positions in the data set: what dropout depends on.
    package let samples: [Int]

    package init(inputs: Tensor, targets: Targets, samples: [Int]) {
        self.inputs = inputs
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
    /// What is known of every picture.
    var targets: Targets { get }

    /// One pass over the batches.
    /// - Parameters:
    ///   - batches: positions in the data set.
    ///   - epoch: counted from 1; what is random differs between epochs.
    func pass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence

    /// The same for one who shares every batch with others: of each, only the inputs of this rank's share (`RankShares`) have to
    /// be there, the others may be zeros.
    func sharedPass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence
}

extension BatchSource {
    package func sharedPass(_ batches: [[Int]], epoch: Int) throws(GraftError) -> any BatchSequence {
        try pass(batches, epoch: epoch)
    }

    /// One pass over the batches, for a plan that reads whole ones or only shares.
    package func pass(_ batches: [[Int]], epoch: Int, for plan: TrainingPlan) throws(GraftError) -> any BatchSequence {
        plan.readsWholeBatch ? try pass(batches, epoch: epoch) : try sharedPass(batches, epoch: epoch)
    }

    package var count: Int { targets.count }

    /// Every picture once, in order.
    /// - Parameter isShared: whether this rank's share of every batch is enough.
    package func pass(inBatchesOf size: Int, isShared: Bool = false) throws(GraftError) -> any BatchSequence {
        let batches = stride(from: 0, to: count, by: size).map { Array($0..<min(count, $0 + size)) }
        return isShared ? try sharedPass(batches, epoch: 0) : try pass(batches, epoch: 0)
    }
}

extension LabeledFeatures: BatchSource {
    private struct Rows: BatchSequence {
        let features: LabeledFeatures
        var rest: ArraySlice<[Int]>

        mutating func next() -> TrainingBatch? {
            rest.popFirst().map { batch in
                TrainingBatch(
                    inputs: features.rows(batch), targets: features.targets.rows(of: batch), samples: batch)
            }
        }
    }

    package func pass(_ batches: [[Int]], epoch: Int) -> any BatchSequence { Rows(features: self, rest: batches[...]) }
}
