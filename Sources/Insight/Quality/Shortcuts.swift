import Engine
import Zoo

/// Whether a class can be told from something that has nothing to do with what its pictures show: a network would learn
/// that in place of it.
package struct Shortcuts: Sendable {
    /// Label shuffles to compare with.
    package var shuffles = 199
    /// A larger distance between the distributions is worth naming: a threshold tells the class from the rest with
    /// (1 + distance) / 2 of both right. Where one of three classes differs, each of the others is at half.
    package var leastDistance = 0.5
    /// Classes of fewer pictures are not looked at.
    package var leastPictures = 10

    package init() {}

    /// Numbers of every picture, under a name that a person understands.
    package struct Fact: Sendable {
        package let name: String
        package let values: [Double]
        /// Whether each picture has it (1) or not (0).
        package let isYesOrNo: Bool

        package init(_ name: String, _ values: [Double], isYesOrNo: Bool = false) {
            self.name = name
            self.values = values
            self.isYesOrNo = isYesOrNo
        }

        /// One for each text that at least `least` pictures have, the commonest first.
        package static func each(_ texts: [String], least: Int, name: (String) -> String) -> [Fact] {
            let counts = Dictionary(texts.map { ($0, 1) }, uniquingKeysWith: +).filter {
                !$0.key.isEmpty && $0.value >= least
            }
            let common = counts.keys.sorted { (counts[$1] ?? 0, $0) < (counts[$0] ?? 0, $1) }.prefix(mostTexts)
            return common.map { text in Fact(name(text), texts.map { $0 == text ? 1 : 0 }, isYesOrNo: true) }
        }

        private static let mostTexts = 20
    }

    package struct Finding: Sendable, Hashable {
        package let label: Int
        package let fact: String
        /// Kolmogorov and Smirnov's, between the class and all others: from 0 (alike) to 1 (told apart without fail).
        package let distance: Double
        /// The share of the shuffles, this order being one, that tell some class as well by some fact.
        package let probability: Double
        /// The fact's median in the class, and in all others; of what a picture has or has not, the share that has it.
        package let usual: Double
        package let otherUsual: Double
        /// Whether those are shares.
        package let isShare: Bool
    }

    /// The clearest fact of each class that has one.
    package func find(_ facts: [Fact], labels: [Int], classes: Int, seed: UInt64 = 0, threads: Int) -> [Finding] {
        let sizes = (0..<classes).map { label in labels.count(where: { $0 == label }) }
        let looked = (0..<classes).filter { sizes[$0] >= leastPictures && labels.count - sizes[$0] >= leastPictures }
        guard !looked.isEmpty, !facts.isEmpty else { return [] }
        let ranked = facts.map { Ranked($0.values) }
        let observed = ranked.map { fact in looked.map { fact.distance(labels, $0, size: sizes[$0]) } }
        let random = CounterRandom(seed: seed, purpose: .order)
        // The largest of all: looking at many facts makes none of them significant.
        let largest = WorkerPool.map(count: shuffles, threads: threads) { round -> Double in
            let shuffled = random.permutation(count: labels.count, round: round).map { labels[$0] }
            var largest = 0.0
            for fact in ranked {
                for label in looked {
                    largest = max(
                        largest, fact.distance(shuffled, label, size: sizes[label]) * weight(sizes[label], labels.count)
                    )
                }
            }
            return largest
        }
        var found: [Finding] = []
        for (place, label) in looked.enumerated() {
            // Of facts that tell a class as well, one that it has is named rather than one that it lacks.
            func merit(_ fact: Int) -> (Double, Int) {
                guard facts[fact].isYesOrNo else { return (observed[fact][place], 1) }
                return (
                    observed[fact][place],
                    share(facts[fact], labels, label, true) > share(facts[fact], labels, label, false) ? 1 : 0
                )
            }
            guard let best = facts.indices.max(by: { merit($0) < merit($1) }) else { continue }
            let distance = observed[best][place]
            let scaled = distance * weight(sizes[label], labels.count)
            let probability = Double(1 + largest.count(where: { $0 >= scaled })) / Double(shuffles + 1)
            guard distance > leastDistance + 1e-9, probability <= 0.01 else { continue }
            let fact = facts[best]
            func usual(_ isOwn: Bool) -> Double {
                fact.isYesOrNo
                    ? share(fact, labels, label, isOwn) : ClassOutliers.median(values(fact, labels, label, isOwn))
            }
            found.append(
                Finding(
                    label: label, fact: fact.name, distance: distance, probability: probability,
                    usual: usual(true), otherUsual: usual(false), isShare: fact.isYesOrNo))
        }
        return found
    }

    /// A fact's values in a class, or outside of it.
    private func values(_ fact: Fact, _ labels: [Int], _ label: Int, _ isOwn: Bool) -> [Double] {
        zip(labels, fact.values).filter { ($0.0 == label) == isOwn }.map(\.1)
    }

    private func share(_ fact: Fact, _ labels: [Int], _ label: Int, _ isOwn: Bool) -> Double {
        let values = values(fact, labels, label, isOwn)
        return values.reduce(0, +) / Double(max(1, values.count))
    }

    /// Makes distances of classes of different sizes comparable.
    private func weight(_ size: Int, _ count: Int) -> Double {
        (Double(size) * Double(count - size) / Double(count)).squareRoot()
    }

    /// A fact's pictures by size of the number; runs of equal numbers end where `isLast` says.
    private struct Ranked {
        let order: [Int]
        let isLast: [Bool]

        init(_ values: [Double]) {
            let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
            self.order = order
            isLast = order.indices.map { $0 + 1 == order.count || values[order[$0]] != values[order[$0 + 1]] }
        }

        func distance(_ labels: [Int], _ label: Int, size: Int) -> Double {
            let mine = 1 / Double(size), others = 1 / Double(labels.count - size)
            var difference = 0.0, largest = 0.0
            for (place, picture) in order.enumerated() {
                difference += labels[picture] == label ? mine : -others
                if isLast[place] { largest = max(largest, abs(difference)) }
            }
            return largest
        }
    }
}
