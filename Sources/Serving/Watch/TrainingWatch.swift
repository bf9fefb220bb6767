import Inference
package import Learning
import Report
package import Runs
import Synchronization
import Zoo

/// What the page shows of a training while it lasts: made of what the run tells.
package final class TrainingWatch: Sendable {
    private struct State {
        /// Changes with everything that is told.
        var version = 0
        /// What is being done, and how far it is.
        var stage = "beginning"
        var done: (count: Int, total: Int)?
        var facts: [(name: String, value: String)] = []
        var outline: TrainingOutline?
        var epochs: [EpochRecord] = []
        var expected = 0
        var mistakes: [TrainingMistake] = []
        var mistakesEpoch: Int?
        /// Every picture that was ever a mistake, by the number that the page asks for it with.
        var pictures: [String] = []
        var numbers: [String: Int] = [:]
        var end: (text: String, isGood: Bool)?
        /// When a page asked last, and whether one knows the end.
        var asked: ContinuousClock.Instant?
        var isEndKnown = false
    }

    private let locked = Mutex(State())

    package init() {}

    /// Begins with the epochs of a run that is gone on with.
    package func begin(after epochs: [EpochRecord]) { locked.withLock { $0.epochs = epochs } }

    /// Takes down what a run tells.
    package func show(_ event: TrainingEvent) {
        locked.withLock { state in
            state.version += 1
            switch event {
            case .download(let progress):
                state.stage = "getting weights"
                state.done = progress.bytesTotal.map { (progress.bytesDone, $0) }
            case .weights(let name, _):
                state.facts.append(("backbone", name.shown))
            case .pictures(let train, let test, let task, let classes):
                state.facts.append(("pictures", "\(train) to train\(test.map { ", \($0) to test" } ?? "")"))
                let shown = classes.prefix(10).joined(separator: ", ") + (classes.count > 10 ? ", …" : "")
                state.facts.append((task == .classification ? "classes" : "learns", shown))
            case .features(let progress):
                state.stage = "reading pictures"
                state.done = (progress.done, progress.total)
            case .outline(let outline):
                if state.outline == nil { state.outline = outline } else { state.outline?.phases += outline.phases }
            case .phase(let number, let total):
                state.stage = "phase \(number) of \(total)"
                state.done = nil
            case .decision(let decision):
                state.facts.append(("decision", decision.reason))
            case .solving(let done, let total):
                state.stage = "solving for the head"
                state.done = (done, total)
            case .choice(let choice):
                state.facts.append(("head", choice.summary))
            case .trial(let trial):
                state.stage = "trying \(trial.what)"
                state.done = nil
            case .epoch(let record, let total):
                state.stage = "training"
                state.epochs.append(record)
                state.expected = total
                state.done = (record.epoch, total)
            case .mistakes(let mistakes, let epoch):
                state.mistakes = mistakes
                state.mistakesEpoch = epoch
                for mistake in mistakes where state.numbers[mistake.path] == nil {
                    state.numbers[mistake.path] = state.pictures.count
                    state.pictures.append(mistake.path)
                }
            case .skipped, .note, .finished: break
            }
        }
    }

    /// The run is over.
    package func end(_ text: String, isGood: Bool) {
        locked.withLock { state in
            state.version += 1
            state.end = (text, isGood)
        }
    }

    /// Whether somebody looks: who does not know of the end yet, or still fetches what is shown with it.
    /// A page asks twice a second until it knows.
    package var isLookedAt: Bool {
        locked.withLock { state in
            let patience: Duration = state.isEndKnown ? .milliseconds(700) : .seconds(5)
            return state.asked.map { ContinuousClock.now - $0 < patience } ?? false
        }
    }

    /// All that the page shows.
    var state: JSONValue {
        locked.withLock { state in
            state.asked = .now
            if state.end != nil { state.isEndKnown = true }
            return Self.document(state)
        }
    }

    /// A picture that was a mistake, by its number: no client names a file.
    func picture(_ number: String?) throws(GraftError) -> ServerResponse {
        let path = locked.withLock { state in
            state.asked = .now
            return number.flatMap { Int($0) }.flatMap { state.pictures.indices.contains($0) ? state.pictures[$0] : nil }
        }
        guard let path, let bytes = try? SmallPicture.bytes(of: path) else {
            throw GraftError(.notFound, "no such picture")
        }
        return ServerResponse(
            headers: [("content-type", "image/jpeg"), ("cache-control", "private, max-age=3600")], body: bytes)
    }

    private static func document(_ state: State) -> JSONValue {
        func pair(_ done: (count: Int, total: Int)) -> JSONValue {
            ["count": JSONValue(done.count), "total": JSONValue(done.total)]
        }
        let figure =
            state.epochs.isEmpty
            ? "" : CurvesFigure(epochs: state.epochs, keptEpoch: nil, outline: state.outline).inlineText
        return [
            "version": JSONValue(state.version), "stage": .string(state.stage),
            "done": state.done.map(pair) ?? .null,
            "facts": .array(state.facts.map { ["name": .string($0.name), "value": .string($0.value)] }),
            "epochs": .array(state.epochs.map(row)), "expected": JSONValue(state.expected), "curves": .string(figure),
            "mistakes": .array(
                state.mistakes.map { mistake in
                    [
                        "id": JSONValue(state.numbers[mistake.path] ?? 0),
                        "name": .string(PathText.name(of: mistake.path).shown), "truth": .string(mistake.truth),
                        "guess": .string(mistake.guess), "probability": .number(mistake.probability),
                        "truthProbability": .number(mistake.truthProbability),
                    ]
                }), "mistakesEpoch": state.mistakesEpoch.map { JSONValue($0) } ?? .null,
            "end": state.end.map { ["text": .string($0.text), "isGood": .bool($0.isGood)] } ?? .null,
        ]
    }

    private static func row(_ record: EpochRecord) -> JSONValue {
        func number(_ count: Int?) -> JSONValue { count.map { JSONValue($0) } ?? .null }
        return [
            "epoch": JSONValue(record.epoch), "phase": number(record.phase), "trainLoss": .number(record.trainLoss),
            "trainCorrect": number(record.trainCorrect), "trainTotal": JSONValue(record.trainTotal),
            "testLoss": record.testLoss.map { .number($0) } ?? .null, "testCorrect": number(record.testCorrect),
            "testTotal": number(record.testTotal), "seconds": .number(record.seconds),
        ]
    }
}
