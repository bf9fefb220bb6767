import Learning
import Report
import Weights
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What a run writes while it lasts: a line an epoch, TensorBoard's events, the checkpoint.
struct RunJournal {
    let output: OutputDirectory
    let identity: Checkpoint.Identity
    let metadata: ModelMetadata
    let hasTensorBoard: Bool

    /// Writes the epochs again that a stopped run had done: their files were lost with it.
    /// - Throws: `GraftError` `.unwritable`
    func restore(_ history: [EpochRecord]) throws(GraftError) {
        var ago = history.reduce(0) { $0 + $1.seconds }
        for record in history {
            ago -= record.seconds
            try log(record, ago: ago)
        }
    }

    /// Takes down an epoch and where the run stands after it.
    /// - Parameter record: nil for the state before the first epoch.
    /// - Throws: `GraftError` `.unwritable`
    func keep(_ record: EpochRecord?, _ trainer: PhaseTrainer, _ course: TrainingCourse) throws(GraftError) {
        if let record { try log(record) }
        try Checkpoint.write(
            trainer, course, identity: identity, metadata: metadata, to: output.finalPath(Checkpoint.fileName))
    }

    /// - Parameter ago: seconds since the epoch was over.
    func log(_ record: EpochRecord, ago: Double = 0) throws(GraftError) {
        try output.append(try Self.json(record), to: "metrics.jsonl")
        guard hasTensorBoard else { return }
        let time = Date().timeIntervalSince1970 - ago
        if record.epoch == 1 {
            try output.append(TensorBoardLog.header(time: time - record.seconds), to: TensorBoardLog.fileName)
        }
        try output.append(TensorBoardLog.record(of: record, time: time), to: TensorBoardLog.fileName)
    }

    /// A record as one line, keys sorted.
    private static func json(_ record: EpochRecord) throws(GraftError) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        do {
            return String(decoding: try encoder.encode(record), as: UTF8.self)
        } catch {
            throw GraftError(.diverged, "an epoch's figures are not finite numbers", member: "epoch \(record.epoch)")
        }
    }
}
