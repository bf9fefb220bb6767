import Engine
import Images
import Weights
package import Zoo

/// From a picture to a network's answer: read, decode, resize and crop, normalise, run. Without a network, to the
/// prepared picture.
package struct PictureRunner: Sendable {
    let plan: InferencePlan?
    private let preprocessing: Preprocessing
    private let decoding: PictureDecoding

    /// Called when a stage is over.
    typealias Observer = (PipelineTiming.Stage) -> Void

    /// - Parameter plan: made for `preprocessing`'s crop.
    init(plan: InferencePlan?, preprocessing: Preprocessing, decoding: PictureDecoding = .exact) {
        self.plan = plan
        self.preprocessing = preprocessing
        self.decoding = decoding
    }

    /// The same with another way to decode.
    func decoding(_ decoding: PictureDecoding) -> PictureRunner {
        PictureRunner(plan: plan, preprocessing: preprocessing, decoding: decoding)
    }

    /// The file's bytes and their SHA-256.
    package static func read(_ path: String) throws(GraftError) -> (bytes: [UInt8], digest: String) {
        let bytes = try readFile(path, limit: ImageLimits().fileBytes)
        return (bytes, Hash.sha256(bytes))
    }

    /// The network's answer to a picture; the prepared picture itself where there is no network.
    /// - Throws: `GraftError` for a picture that cannot be read or answered, or whose caller has given up.
    func run(
        _ input: PictureInput, turn: AnswerQueue.Turn = .blocking(threads: 1), ended: Observer = { _ in }
    ) throws(GraftError) -> [Float] {
        try turn.check()
        let picture: Picture
        switch input {
        case .picture(let given, _): picture = given
        case .bytes(let bytes, let name): picture = try self.picture(of: bytes, name: name)
        case .path(let path):
            let bytes = try readFile(path, limit: ImageLimits().fileBytes)
            ended(.read)
            picture = try self.picture(of: bytes, name: path)
        }
        ended(.decode)
        try turn.check()
        let cropped = try preprocessing.crop(of: picture)
        ended(.resize)
        let prepared = preprocessing.normalized(cropped)
        ended(.normalize)
        guard let plan else { return prepared.elements }
        try turn.check()
        let values = try plan.run(prepared, threads: turn.threads).elements
        ended(.run)
        guard values.allSatisfy(\.isFinite) else {
            throw GraftError(.value, "the network's answer is not a finite number", file: input.name)
        }
        return values
    }

    /// A file's picture, as this runner decodes it.
    func picture(of bytes: [UInt8], name: String) throws(GraftError) -> Picture {
        try Picture(
            bytes: bytes, name: name, shortSide: decoding.shortSide(resize: preprocessing.resize),
            color: preprocessing.color)
    }
}
