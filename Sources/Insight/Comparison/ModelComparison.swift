package import Images
package import Objectives
import Zoo

/// Which backbone and head answer some pictures best, and at what cost: every picture answered by a head that has not
/// learnt it, the same pictures by all.
package struct ModelComparison: Sendable, Hashable {
    /// A backbone with a head.
    package struct Candidate: Sendable, Hashable {
        /// The backbone's name.
        package let backbone: String
        /// Its weights: `efficientnet_lite0/imagenet1k`.
        package let weights: String
        /// The head's kind.
        package let head: String
        /// What one picture takes, alone, in milliseconds: the fastest of several runs of the network, without decoding.
        package let milliseconds: Double
        /// All its weights, in units of 1,000,000 bytes.
        package let megabytes: Double
        /// Whether it was right, a picture.
        package let isRight: [Bool]

        package init(
            backbone: String, weights: String, head: String, milliseconds: Double, megabytes: Double, isRight: [Bool]
        ) {
            self.backbone = backbone
            self.weights = weights
            self.head = head
            self.milliseconds = milliseconds
            self.megabytes = megabytes
            self.isRight = isRight
        }

        /// Right answers.
        package var correct: Int { isRight.count { $0 } }
        /// Pictures.
        package var total: Int { isRight.count }
        /// From 0 to 1.
        package var accuracy: Double { Double(correct) / Double(max(1, total)) }
        /// Of the accuracy, with 95 % confidence.
        package var interval: WilsonInterval { WilsonInterval(correct: correct, total: total) }
        /// Backbone and head, for people.
        package var name: String { "\(backbone) + \(head)" }
    }

    /// How pictures came to be answered by heads that had not learnt them.
    package enum Method: Sendable, Hashable {
        /// As many heads, each made of the other folds' pictures.
        case folds(Int)
        /// Pictures of another folder.
        case test(String)
    }

    /// The most right answers first; of equals the fastest.
    package let candidates: [Candidate]
    /// How they were answered.
    package let method: Method
    /// The names of the classes.
    package let classes: [String]
    /// The pictures that could not be read.
    package let skipped: [SkippedFile]

    package init(
        _ candidates: [Candidate], method: Method, classes: [String], skipped: [SkippedFile]
    ) {
        self.candidates = candidates.enumerated().sorted {
            (-$0.element.correct, $0.element.milliseconds, $0.offset)
                < (-$1.element.correct, $1.element.milliseconds, $1.offset)
        }.map(\.element)
        self.method = method
        self.classes = classes
        self.skipped = skipped
    }

    /// A candidate beside the best one, picture by picture; nil for the best itself.
    package func difference(_ index: Int) -> McNemar? {
        guard index > 0, candidates.indices.contains(index) else { return nil }
        return McNemar(candidates[0].isRight, candidates[index].isRight)
    }

    /// Below this a difference is hardly chance.
    package static let level = 0.05

    /// Whether the pictures do not tell a candidate from the best one.
    package func isLevel(_ index: Int) -> Bool { difference(index).map { $0.pValue >= Self.level } ?? true }

    /// The fastest of those that the pictures do not tell from the best one; of equals the better.
    package var fastestOfLevel: Candidate? {
        candidates.indices.filter(isLevel).min {
            (candidates[$0].milliseconds, $0) < (candidates[$1].milliseconds, $1)
        }.map { candidates[$0] }
    }

    /// What it comes to, in a sentence or two.
    package var verdict: String {
        guard let best = candidates.first, let fast = fastestOfLevel else { return "Nothing was compared." }
        let first = "\(best.name) answers most pictures right: \(best.correct) of \(best.total)."
        guard candidates.count > 1 else { return first }
        let level = candidates.indices.dropFirst().count { isLevel($0) }
        if level == 0 { return "\(first) The others are worse by more than chance." }
        if fast.backbone == best.backbone {
            return "\(first) Of those that so many pictures cannot tell from it, none is faster."
        }
        let share = NumberText.fixed(100 * fast.milliseconds / best.milliseconds, 0)
        return "\(first) So many pictures cannot tell \(fast.name) from it (\(fast.correct) right), "
            + "which takes \(share) % of the time."
    }
}

extension McNemar {
    /// The probability for people.
    package var pText: String { pValue < 0.001 ? "< 0.001" : NumberText.fixed(pValue, 3) }
}
