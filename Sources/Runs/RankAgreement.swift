import Data
import Engine
import Learning
import RunConfiguration
import Weights
import Zoo

/// Whether the ranks of a run start from the same things and come to the same numbers.
struct RankAgreement {
    let ranks: any Ranks

    /// Something that has to be the same everywhere.
    struct Fact {
        /// As in "the ranks do not have the same …".
        let name: String
        let value: String
        /// What to do where it is not.
        let remedy: String
    }

    /// - Throws: `GraftError` `.ranks` on every rank, for the first fact in which one differs from rank 0.
    func check(_ facts: [Fact]) throws(GraftError) {
        let lines = facts.map { "\($0.name)\u{1}\($0.value)" }
        let message = lines.joined(separator: "\u{2}")
        let all = ranks.gather(Array(message.utf8)).map { bytes in
            String(decoding: bytes, as: UTF8.self).split(separator: "\u{2}", omittingEmptySubsequences: false)
        }
        for (index, fact) in facts.enumerated() {
            for (rank, others) in all.enumerated() {
                let (first, other) = (all[0], others)
                guard index < first.count, index < other.count, first[index] == other[index] else {
                    throw GraftError(
                        .ranks, "the processes do not have the same \(fact.name)",
                        expected: "\(Self.value(first, index)) on rank 0",
                        found: "\(Self.value(other, index)) on rank \(rank)",
                        remedy: fact.remedy)
                }
            }
        }
    }

    private static func value(_ lines: [Substring], _ index: Int) -> String {
        guard index < lines.count else { return "nothing" }
        return String(lines[index].drop { $0 != "\u{1}" }.dropFirst())
    }

    /// What has to be the same before any work is shared.
    static func start(_ draft: RunDraft, _ checkpoint: Checkpoint?) throws(GraftError) -> [Fact] {
        let pictures = draft.train.pictures + (draft.test?.pictures ?? [])
        var names = Hash.Stream()
        for picture in pictures { names.update("\(picture.path)\n\(picture.target)\n") }
        let same = "give every process the same files"
        return [
            Fact(name: "version of Graft", value: Version.current, remedy: "install the same one everywhere"),
            Fact(
                name: "instruction set", value: try instructionSet(draft.configuration.precision),
                remedy: "set GRAFT_ISA to one that all machines have"),
            Fact(name: "configuration", value: Hash.sha256(draft.configuration.text), remedy: same),
            Fact(name: "number of pictures", value: "\(pictures.count)", remedy: same),
            Fact(name: "list of pictures", value: names.hex(), remedy: same),
            Fact(
                name: "checkpoint",
                value: checkpoint.map { "\($0.state.progress.history.count) epochs, \($0.state.steps) steps" }
                    ?? "none",
                remedy: "give every process the same output folder"),
        ]
    }

    private static func instructionSet(_ precision: FrozenPrecision) throws(GraftError) -> String {
        let kernels = try KernelSet.chosen()
        return precision == .bfloat16 ? "\(kernels.name), \(kernels.pairs.name)" : kernels.name
    }

    /// Pictures and weights themselves, which take time to read.
    static func survey(_ identity: Checkpoint.Identity) -> [Fact] {
        let same = "give every process the same files"
        return [
            Fact(name: "weights", value: identity.weights, remedy: same),
            Fact(name: "pictures", value: identity.pictures, remedy: same),
        ]
    }

    /// - Throws: `GraftError` `.ranks` where the weights of two ranks have come apart.
    func check(_ trainer: PhaseTrainer, epoch: Int) throws(GraftError) {
        try check([
            Fact(
                name: "weights after epoch \(epoch)", value: trainer.plan.weights.weightsSHA256,
                remedy: "a machine computes wrongly, or this is a fault of Graft's: please report it")
        ])
    }
}
