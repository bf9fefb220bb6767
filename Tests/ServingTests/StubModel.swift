import Serving
import Synchronization
import Zoo

/// A model that knows nothing and can be held: a picture's bytes are its answer.
final class StubModel: ServedModel {
    let description: ModelDescription
    /// Where each picture waits; nil where none does.
    let gate: Gate?
    private let counts = Mutex<(done: Int, threads: [Int])>((0, []))

    init(name: String = "stub", classes: [String] = ["a", "b", "c"], gate: Gate? = nil) {
        description = ModelDescription(
            name: name, classes: classes, height: 2, width: 2, logits: classes.count, features: 4, sha256: "00",
            backbone: "stub")
        self.gate = gate
    }

    /// How many pictures were computed.
    var done: Int { counts.withLock { $0.done } }

    /// The threads that each was given.
    var threads: [Int] { counts.withLock { $0.threads } }

    func answer(
        picture: [UInt8], name: String, threads: Int, embedding: Bool
    ) throws(GraftError) -> PictureAnswer {
        guard picture.first != UInt8(ascii: "!") else {
            throw GraftError(.damaged, "no picture", file: name)
        }
        return work(Float(picture.count), threads: threads, embedding: embedding)
    }

    func answer(values: [Float], threads: Int, embedding: Bool) throws(GraftError) -> PictureAnswer {
        work(values.reduce(0, +), threads: threads, embedding: embedding)
    }

    func map(of picture: [UInt8], name: String, label: Int?) throws(GraftError) -> [UInt8] {
        guard picture.first != UInt8(ascii: "!") else { throw ServingService.unexplained }
        return [UInt8(label ?? 255)] + picture
    }

    private func work(_ value: Float, threads: Int, embedding: Bool) -> PictureAnswer {
        gate?.pass()
        counts.withLock { counts in
            counts.done += 1
            counts.threads.append(threads)
        }
        return PictureAnswer(
            logits: [value, 1, 0], probabilities: [0.25, 0.5, 0.25], embedding: embedding ? [value, 0, 0, 1] : [])
    }
}
