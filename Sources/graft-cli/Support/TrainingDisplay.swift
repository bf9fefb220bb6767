import Graft
import Zoo

/// What `graft train` shows while it runs: to standard output for people, to standard error under `--json`.
final class TrainingDisplay: Sendable {
    private let json: Bool
    private let downloads = ProgressLine("weights", unit: "bytes")
    private let features = ProgressLine("features", unit: "pictures")
    private let solving = ProgressLine("head", unit: "strengths")
    private let headerShown = Locked(false)

    init(json: Bool) { self.json = json }

    func show(_ event: TrainingEvent) {
        switch event {
        case .download(let progress):
            downloads.update(done: progress.bytesDone, total: progress.bytesTotal)
        case .weights(let name, let origin):
            downloads.finish()
            say("backbone  \(name.shown) (\(origin.onOneLine))")
        case .pictures(let train, let test, let task, let classes):
            let names =
                classes.count > 10
                ? classes.prefix(10).joined(separator: ", ") + ", …" : classes.joined(separator: ", ")
            say("pictures  \(train) to train" + (test.map { ", \($0) to test" } ?? ""))
            say("\(task.plural)".padding(10) + "\(classes.count): \(names)")
        case .features(let progress):
            features.update(done: progress.done, total: progress.total)
        case .skipped(let file):
            Terminal.complain("skipped   \(file)", .bad)
        case .note(let text):
            Terminal.complain("note      \(text)", .quiet)
        case .outline(let outline):
            features.finish()
            outline.phases.forEach { show($0, isOnly: outline.phases.count == 1 && $0.number == 1) }
        case .trial(let trial):
            features.finish()
            say(
                "trial     \(trial.what), \(trial.epochs) epochs: \(trial.headCorrect + trial.counts.gain) of "
                    + "\(trial.counts.total) right, the head alone \(trial.headCorrect)")
        case .decision(let decision):
            say("decision  \(decision.reason)")
        case .solving(let done, let total):
            features.finish()
            solving.update(done: done, total: total)
        case .choice(let choice):
            solving.finish()
            say("head      \(choice.summary)")
        case .phase(let number, let total):
            features.finish()
            say("\n" + Terminal.styled("phase \(number) of \(total)", .strong))
        case .epoch(let record, let total):
            features.finish()
            showEpoch(record, of: total)
        case .mistakes, .finished: break
        }
    }

    func finish() {
        downloads.finish()
        features.finish()
        solving.finish()
    }

    /// The last lines: the count, what was left out, where to look.
    func summarise(_ result: TrainingResult) {
        print("")
        if let test = result.test {
            let seen = result.seenTestImages
            let what =
                seen == 0
                ? "pictures it has not seen"
                : "test pictures, \(seen == result.testImages ? "all" : "\(seen)") of which it has seen"
            print("\(Terminal.styled("\(test)", .strong)) on \(what)")
        } else {
            print("\(Terminal.styled("\(result.train)", .strong)) on the pictures it was trained on")
        }
        if !result.skipped.isEmpty {
            print("\(result.skipped.count) skipped:")
            for file in result.skipped { print("  \(file)") }
        }
        let kept = result.outline == nil ? "the head was made in one pass" : "epoch \(result.keptEpoch) kept"
        print("\(decimals(result.seconds, 1)) s; \(kept)")
        print("model   \(result.model.shown)")
        print("report  \(result.report.shown)")
    }

    private func show(_ phase: TrainingOutline.Phase, isOnly: Bool) {
        let title = isOnly ? "plan" : "phase \(phase.number)"
        let time = phase.secondsPerEpoch.map {
            $0 < 0.095 ? ", each below 0.1 s" : ", each about \($0 < 10 ? "\(decimals($0, 1)) s" : duration($0))"
        }
        let lines = [
            phase.summary, "batch norm: \(phase.batchNormSummary)", "reads \(phase.inputSummary)",
            "\(phase.epochs) \(phase.epochs == 1 ? "epoch" : "epochs") at a rate of \(phase.learningRate)\(time ?? "")",
        ]
        for (index, line) in lines.enumerated() {
            say((index == 0 ? title : "").padding(10) + line)
        }
    }

    private func showEpoch(_ record: EpochRecord, of total: Int) {
        let first = headerShown.withLock { shown in
            defer { shown = true }
            return !shown
        }
        func accuracy(_ correct: Int, _ count: Int) -> String {
            let percent = count == 0 ? "" : decimals(100 * Double(correct) / Double(count), 1)
            return padded("\(correct)/\(count)", 11) + padded("\(percent) %", 9)
        }
        if first {
            let right = record.trainCorrect == nil ? "" : padded("RIGHT", 11)
            let header =
                padded("EPOCH", 7) + padded("TRAIN LOSS", 12) + right + (right.isEmpty ? "" : padded("", 9))
                + (record.testLoss == nil ? "" : padded("TEST LOSS", 11) + right)
            say("\n" + Terminal.styled(header, .strong))
        }
        var line = padded("\(record.epoch)/\(total)", 7) + padded(decimals(record.trainLoss, 4), 12)
        if let correct = record.trainCorrect { line += accuracy(correct, record.trainTotal) }
        if let loss = record.testLoss {
            line += padded(decimals(loss, 4), 11)
            if let correct = record.testCorrect, let count = record.testTotal { line += accuracy(correct, count) }
        }
        say(line)
    }

    private func padded(_ text: String, _ width: Int) -> String {
        // A loss that explodes takes more room than there is.
        String(repeating: " ", count: max(1, width - text.count)) + text
    }

    private func say(_ line: String) {
        if json { Terminal.writeError(line + "\n") } else { print(line) }
    }
}

extension ModelTask {
    /// What its outputs are called.
    fileprivate var plural: String {
        switch self {
        case .classification: "classes"
        case .multilabel: "labels"
        case .regression: "values"
        }
    }
}

extension String {
    /// Blanks to the right up to a width.
    fileprivate func padding(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
