import Synchronization
import Zoo

/// A request of the Open Inference Protocol on its way: decode, a turn for each picture, the answer.
struct Inference: Sendable {
    private let service: ServingService
    private let exchange: Exchange
    private let model: any ServedModel

    init(_ service: ServingService, _ exchange: Exchange, model: any ServedModel) {
        self.service = service
        self.exchange = exchange
        self.model = model
    }

    /// On a thread of the queue.
    func begin(_ place: WorkQueue.Place) throws(GraftError) {
        let headers = exchange.request.headers
        var headerLength: Int?
        if let text = headers["inference-header-content-length"] {
            guard let length = Int(text), length >= 0 else {
                throw GraftError(.badRequest, "Inference-Header-Content-Length is no number")
            }
            headerLength = length
        }
        let request = try InferenceRequest(try service.body(of: exchange.request), headerLength: headerLength)
        if let timeout = request.timeout { exchange.shorten(to: .microseconds(timeout)) }
        let pictures = try Pictures(request, for: model.description)
        let wanted = try WantedOutputs(request, of: model.description)
        let answers = Answers(count: pictures.count)
        let queued = ContinuousClock.now - exchange.start
        guard pictures.count > 0 else {
            place.leave()
            return exchange.answer(respond(to: request, wanted: wanted, []))
        }
        place.line(turns: pictures.count) { turn, threads in
            if !answers.hasFailed {
                if service.isWanted(exchange) {
                    do throws(GraftError) {
                        let answer = try pictures.answer(
                            turn, by: model, threads: threads, embedding: wanted.hasEmbedding)
                        service.metrics.picture(of: model.description.name, answer.times)
                        answers.add(answer, at: turn)
                    } catch {
                        answers.fail()
                        exchange.answer(ServerResponse(error))
                    }
                } else {
                    answers.fail()
                }
            }
            guard answers.isLast() else { return }
            place.leave()
            let all = answers.all
            if let all { exchange.answer(respond(to: request, wanted: wanted, all)) }
            service.metrics.finished(
                model.description.name, isGood: all != nil, time: .now - exchange.start, queued: queued)
        }
    }

    private func respond(
        to request: InferenceRequest, wanted: WantedOutputs, _ answers: [PictureAnswer]
    ) -> ServerResponse {
        let answer = InferenceAnswer(
            model: model.description.name, version: ModelDescription.version, id: request.id,
            outputs: wanted.outputs(of: answers, model.description))
        var (body, headerLength) = answer.encoded
        var response = ServerResponse(headers: [
            ("content-type", headerLength == nil ? "application/json" : "application/octet-stream")
        ])
        if let headerLength {
            response.headers.append(("inference-header-content-length", "\(headerLength)"))
        }
        if let coding = ContentCoding.accepted(exchange.request.headers["accept-encoding"]),
            let encoded = coding.encode(body)
        {
            body = encoded
            response.headers.append(("content-encoding", coding.rawValue))
        }
        response.body = body
        return response
    }
}

/// What a request wants to have answered: exactly one of the inputs `image` and `input`.
private struct Pictures: Sendable {
    private let encoded: [[UInt8]]
    private let values: [Float]
    private let size: Int
    let count: Int

    /// The most of one request.
    private static let most = 1024

    init(_ request: InferenceRequest, for model: ModelDescription) throws(GraftError) {
        guard request.inputs.allSatisfy({ ($0.shape.first ?? 0) <= Self.most }) else {
            throw GraftError(.tooLarge, "too many pictures in a request", expected: "at most \(Self.most)")
        }
        guard request.inputs.count == 1, let input = request.inputs.first else {
            throw GraftError(.badRequest, "more than one input", expected: "either image or input")
        }
        switch (input.name, input.content) {
        case ("image", .bytes(let pictures)):
            guard input.shape.count == 1 || (input.shape.count == 2 && input.shape[1] == 1) else {
                throw GraftError(
                    .badRequest, "a shape that the input does not have", parameter: "image", expected: "[-1]")
            }
            (encoded, values, size, count) = (pictures, [], 0, pictures.count)
        case ("input", .floats(let floats)):
            let expected = [model.height, model.width, 3]
            guard input.shape.count == 4, Array(input.shape.dropFirst()) == expected else {
                throw GraftError(
                    .badRequest, "a shape that the input does not have", parameter: "input",
                    expected: "[-1, \(model.height), \(model.width), 3]",
                    found: "[\(input.shape.map(String.init).joined(separator: ", "))]")
            }
            (encoded, values, size, count) = ([], floats, expected.reduce(1, *), input.shape[0])
        case ("image", _), ("input", _):
            throw GraftError(
                .badRequest, "a datatype that the input does not have", parameter: input.name,
                expected: input.name == "image" ? "BYTES" : "FP32")
        default:
            throw GraftError(.badRequest, "unknown input", expected: "image or input")
        }
    }

    func answer(
        _ index: Int, by model: any ServedModel, threads: Int, embedding: Bool
    ) throws(GraftError) -> PictureAnswer {
        if size == 0 {
            return try model.answer(
                picture: encoded[index], name: "image \(index)", threads: threads, embedding: embedding)
        }
        return try model.answer(
            values: Array(values[index * size..<(index + 1) * size]), threads: threads, embedding: embedding)
    }
}

/// Which outputs, and how each is to be written.
private struct WantedOutputs: Sendable {
    private let outputs: [(name: String, classes: Int?, isBinary: Bool)]

    init(_ request: InferenceRequest, of model: ModelDescription) throws(GraftError) {
        let isBinary = request.hasBinaryOutputs
        guard let wanted = request.outputs else {
            outputs = [(model.answersName, nil, isBinary)]
            return
        }
        for output in wanted {
            guard [model.answersName, "logits", "embedding"].contains(output.name) else {
                throw GraftError(
                    .badRequest, "unknown output", expected: "\(model.answersName), logits or embedding")
            }
            guard output.classes == nil || output.name != "embedding" else {
                throw GraftError(.badRequest, "an output without classes", parameter: output.name)
            }
        }
        outputs = wanted.map { ($0.name, $0.classes, $0.isBinary ?? isBinary) }
    }

    var hasEmbedding: Bool { outputs.contains { $0.name == "embedding" } }

    func outputs(of answers: [PictureAnswer], _ model: ModelDescription) -> [InferenceAnswer.Output] {
        outputs.map { name, classes, isBinary in
            let rows: [[Float]] =
                switch name {
                case "logits": answers.map(\.logits)
                case "embedding": answers.map(\.embedding)
                default: answers.map { $0.probabilities.map { Float($0) } }
                }
            let width =
                switch name {
                case "logits": model.logits
                case "embedding": model.features
                default: model.classes.count
                }
            guard let classes else {
                return InferenceAnswer.Output(
                    name: name, shape: [rows.count, width], content: .floats(rows.flatMap { $0 }), isBinary: isBinary)
            }
            let names = width == model.classes.count ? model.classes : []
            return InferenceAnswer.Output(
                name: name, shape: [rows.count, min(classes, width)],
                content: .texts(rows.flatMap { Classification.top(classes, of: $0, classes: names) }),
                isBinary: isBinary)
        }
    }
}

/// The answers to a request's pictures, as they come.
final class Answers: Sendable {
    private let state: Mutex<State>

    private struct State {
        var answers: [PictureAnswer?]
        var left: Int
        var hasFailed = false
    }

    init(count: Int) { state = Mutex(State(answers: Array(repeating: nil, count: count), left: count)) }

    func add(_ answer: PictureAnswer, at index: Int) { state.withLock { $0.answers[index] = answer } }
    func fail() { state.withLock { $0.hasFailed = true } }
    var hasFailed: Bool { state.withLock { $0.hasFailed } }

    /// To be asked once a turn: whether it was the last one.
    func isLast() -> Bool {
        state.withLock { state in
            state.left -= 1
            return state.left == 0
        }
    }

    /// Nil where one is missing.
    var all: [PictureAnswer]? {
        state.withLock { state in
            let found = state.answers.compactMap { $0 }
            return found.count == state.answers.count ? found : nil
        }
    }
}
