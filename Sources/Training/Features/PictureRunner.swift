import Engine
import Images
import Weights
import Zoo

/// From a picture file to a network's answer: read, decode, resize and crop, normalise, run. Without a network, to the
/// prepared picture.
struct PictureRunner: Sendable {
    private let plan: InferencePlan?
    private let preprocessing: Preprocessing
    private let decoding: PictureDecoding

    /// Called when a stage is over.
    typealias Observer = (PipelineTiming.Stage) -> Void

    /// - Parameter plan: made for `preprocessing`'s crop, to run on one thread.
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
    static func read(_ path: String) throws(GraftError) -> (bytes: [UInt8], digest: String) {
        let bytes = try readFile(path, limit: ImageLimits().fileBytes)
        return (bytes, Hash.sha256(bytes))
    }

    /// The network's answer to a picture.
    func run(path: String, ended: Observer = { _ in }) -> Result<[Float], SkippedFile> {
        do throws(GraftError) {
            let bytes = try readFile(path, limit: ImageLimits().fileBytes)
            ended(.read)
            return run(bytes, path: path, ended: ended)
        } catch {
            return .failure(SkippedFile(path: path, error))
        }
    }

    /// The network's answer to a picture's bytes.
    func run(_ bytes: [UInt8], path: String, ended: Observer = { _ in }) -> Result<[Float], SkippedFile> {
        let input: Tensor
        do {
            let picture = try Picture(
                bytes: bytes, name: path, shortSide: decoding.shortSide(resize: preprocessing.resize))
            ended(.decode)
            let cropped = try preprocessing.crop(of: picture)
            ended(.resize)
            input = preprocessing.normalized(cropped)
            ended(.normalize)
        } catch {
            return .failure(SkippedFile(path: path, error))
        }
        guard let plan else { return .success(input.elements) }
        do {
            let values = try plan.run(input).elements
            ended(.run)
            guard values.allSatisfy(\.isFinite) else {
                return .failure(SkippedFile(path: path, reason: "the network's answer is not a finite number"))
            }
            return .success(values)
        } catch {
            return .failure(SkippedFile(path: path, error))
        }
    }
}

extension SkippedFile: Error {
    /// What an error says of a file, without the file's name.
    init(path: String, _ error: GraftError) {
        var error = error
        if error.context.file == path { error.context.file = nil }
        self.init(path: path, reason: error.description)
    }
}
