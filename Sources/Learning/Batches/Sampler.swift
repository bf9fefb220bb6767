package import Zoo

/// Which pictures an epoch is made of.
public enum Sampler: String, Sendable, Hashable, CaseIterable {
    /// Every picture once.
    case shuffle
    /// As many pictures as with `shuffle`, but of every class equally many: those of rare classes come again, some of
    /// frequent ones wait for another epoch.
    case balanced
}

/// The order of pictures in each epoch, a function of the seed and the epoch.
package struct EpochOrder: Sendable {
    private let sampler: Sampler
    private let seed: UInt64
    private let count: Int
    /// The pictures of each class that has any.
    private let classes: [[Int]]

    /// - Parameter targets: what is known of each picture. Without a single class each, the sampler can only shuffle.
    package init(_ sampler: Sampler, targets: Targets, seed: UInt64) {
        let labels = targets.classIndices ?? []
        self.sampler = labels.isEmpty ? .shuffle : sampler
        self.seed = seed
        count = targets.count
        classes = Dictionary(grouping: labels.indices) { labels[$0] }.sorted { $0.key < $1.key }.map(\.value)
    }

    /// Indices of pictures, as many as there are labels.
    package func order(epoch: Int) -> [Int] {
        switch sampler {
        case .shuffle:
            return CounterRandom(seed: seed, purpose: .order).permutation(count: count, round: epoch)
        case .balanced:
            let chosen = balanced(epoch: epoch)
            let random = CounterRandom(seed: seed, purpose: .order)
            return random.permutation(count: count, round: epoch).map { chosen[$0] }
        }
    }

    /// Each class' pictures equally often; which of them once more than the others, chance decides.
    private func balanced(epoch: Int) -> [Int] {
        let random = CounterRandom(seed: seed, purpose: .sampling)
        var chosen: [Int] = []
        chosen.reserveCapacity(count)
        for (number, pictures) in classes.enumerated() {
            // What does not divide evenly goes to other classes in other epochs.
            let turn = (number + epoch) % classes.count
            let quota = count / classes.count + (turn < count % classes.count ? 1 : 0)
            let order = random.permutation(count: pictures.count, round: epoch &* classes.count &+ number)
            for position in 0..<quota { chosen.append(pictures[order[position % pictures.count]]) }
        }
        return chosen
    }
}
