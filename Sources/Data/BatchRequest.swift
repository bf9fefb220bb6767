/// Which pictures a batch is made of, and for which epoch.
package struct BatchRequest: Sendable, Hashable {
    /// The epoch that augmentation draws for.
    package let epoch: Int
    /// Positions in the source's list of pictures.
    package let indices: [Int]
    /// How often each picture was already drawn in this epoch: a picture that comes again looks different.
    package let repetitions: [Int]

    /// - Parameter repetitions: nil where no picture comes twice.
    package init(epoch: Int, indices: [Int], repetitions: [Int]? = nil) {
        precondition(repetitions.map { $0.count == indices.count } ?? true, "one number of repetitions an index")
        self.epoch = epoch
        self.indices = indices
        self.repetitions = repetitions ?? [Int](repeating: 0, count: indices.count)
    }

    /// The batches of an epoch, repetitions counted over all of it.
    package static func all(_ batches: some Sequence<ArraySlice<Int>>, epoch: Int) -> [BatchRequest] {
        var drawn: [Int: Int] = [:]
        return batches.map { batch in
            let repetitions = batch.map { index in
                defer { drawn[index, default: 0] += 1 }
                return drawn[index, default: 0]
            }
            return BatchRequest(epoch: epoch, indices: Array(batch), repetitions: repetitions)
        }
    }
}
