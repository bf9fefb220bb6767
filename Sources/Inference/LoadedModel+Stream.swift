import Engine
import Exchange
package import Images
import Weights
package import Zoo

extension LoadedModel {
    /// Says of pictures what it has to say while they come, however many they are. The calling thread reads them; all threads
    /// of the model decode and compute.
    /// - Parameters:
    ///   - next: the next picture, or why it is none; nil at the end.
    ///   - top: how many classes to name for each.
    ///   - finish: makes of an answer what is wanted of it, on many threads at once.
    ///   - give: takes what was made, in the order of the pictures.
    /// - Throws: what `next` and `give` throw.
    package func classify<Answer: Sendable>(
        next: () throws(GraftError) -> Result<PictureInput, SkippedFile>?, top: Int, decoding: PictureDecoding = .exact,
        finish: @escaping @Sendable (Result<Prediction, SkippedFile>) -> Answer,
        give: (Answer) throws(GraftError) -> Void
    ) throws(GraftError) {
        let (reading, strangers) = (reading, strangers)
        try stream(
            next: next, by: answering.decoding(decoding),
            finish: { (input, values) throws(GraftError) in
                try Self.prediction(input, values, reading, top: top, strangers, 1)
            }, then: finish, give: give)
    }

    /// The pooled features of pictures, while they come: see `classify(next:)`.
    package func embed<Answer: Sendable>(
        next: () throws(GraftError) -> Result<PictureInput, SkippedFile>?,
        finish: @escaping @Sendable (Result<(name: String, features: [Float]), SkippedFile>) -> Answer,
        give: (Answer) throws(GraftError) -> Void
    ) throws(GraftError) {
        try stream(
            next: next, by: try embedding(), finish: { input, values in (input.name, values) }, then: finish, give: give
        )
    }

    /// SHA-256 over weights and description: models that answer alike have the same.
    package var digest: String {
        get throws(GraftError) {
            let texts = try metadata.texts(file: name).sorted { $0.key < $1.key }
            return Hash.sha256(([weightsSHA256] + texts.map(\.value)).joined(separator: "\n"))
        }
    }

    /// The kernels that it is computed with.
    package var instructionSet: String {
        get throws(GraftError) {
            let kernels = try KernelSet.chosen()
            return content.precision != .float32 ? "\(kernels.name), \(kernels.pairs.name)" : kernels.name
        }
    }

    /// How many features the head reads.
    package var featureCount: Int { get throws(GraftError) { try embedding().plan?.outputShape.reduce(1, *) ?? 0 } }

    private func stream<Found, Answer: Sendable>(
        next: () throws(GraftError) -> Result<PictureInput, SkippedFile>?, by runner: PictureRunner,
        finish: @escaping @Sendable (PictureInput, [Float]) throws(GraftError) -> Found,
        then: @escaping @Sendable (Result<Found, SkippedFile>) -> Answer,
        give: (Answer) throws(GraftError) -> Void
    ) throws(GraftError) {
        try AnswerQueue.shared.stream(
            workers: threads, window: max(64, 16 * threads), next: next,
            { (picture, turn) in
                switch picture {
                case .failure(let skipped): return then(.failure(skipped))
                case .success(let input):
                    do throws(GraftError) {
                        return then(.success(try finish(input, try runner.run(input, turn: turn))))
                    } catch {
                        return then(.failure(SkippedFile(path: input.name, error)))
                    }
                }
            }, give: give)
    }
}
