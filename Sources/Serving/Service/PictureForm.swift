import Synchronization
import Zoo

/// `POST /predict`: a picture as it is, or a form of many. The answer is the document of `graft predict --json`.
struct PictureForm: Sendable {
    private let service: ServingService
    private let exchange: Exchange
    private let model: any ServedModel

    init(_ service: ServingService, _ exchange: Exchange, model: any ServedModel) {
        self.service = service
        self.exchange = exchange
        self.model = model
    }

    private struct Item: Sendable {
        let name: String
        let content: ArraySlice<UInt8>
    }

    private enum Outcome: Sendable {
        case answer(PictureAnswer)
        case fault(GraftError)
    }

    /// On a thread of the queue.
    func begin(_ place: WorkQueue.Place) throws(GraftError) {
        let request = exchange.request
        let top = try number(request.query["top"] ?? "5", most: 100_000)
        let hasLogits = request.query["logits"] == "true"
        let (items, isForm) = try items(try service.body(of: request))
        let outcomes = Mutex([Outcome?](repeating: nil, count: items.count))
        let left = Atomic<Int>(items.count)
        let queued = ContinuousClock.now - exchange.start
        let shared = Shared(outcomes: outcomes, left: left)
        place.line(turns: items.count) { turn, threads in
            if service.isWanted(exchange) {
                let outcome: Outcome
                do throws(GraftError) {
                    let item = items[turn]
                    let answer = try model.answer(
                        picture: Array(item.content), name: item.name, threads: threads, embedding: false)
                    service.metrics.picture(of: model.description.name, answer.times)
                    outcome = .answer(answer)
                } catch {
                    outcome = .fault(error)
                }
                shared.outcomes.withLock { $0[turn] = outcome }
            }
            guard shared.left.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 else { return }
            place.leave()
            let all = shared.outcomes.withLock { $0.compactMap { $0 } }
            if all.count == items.count {
                exchange.answer(
                    response(to: Array(zip(items, all)), isForm: isForm, top: top, hasLogits: hasLogits))
            }
            service.metrics.finished(
                model.description.name, isGood: all.count == items.count, time: .now - exchange.start, queued: queued)
        }
    }

    private final class Shared: Sendable {
        let outcomes: Mutex<[Outcome?]>
        let left: Atomic<Int>

        init(outcomes: consuming sending Mutex<[Outcome?]>, left: consuming sending Atomic<Int>) {
            self.outcomes = outcomes
            self.left = left
        }
    }

    private func number(_ text: String, most: Int) throws(GraftError) -> Int {
        guard let number = Int(text), (1...most).contains(number) else {
            throw GraftError(.badRequest, "not a number of classes", parameter: "top", expected: "1 to \(most)")
        }
        return number
    }

    private func items(_ body: [UInt8]) throws(GraftError) -> ([Item], isForm: Bool) {
        guard !body.isEmpty else {
            throw GraftError(.badRequest, "the body is empty", expected: "a picture, or a form of pictures")
        }
        let type = exchange.request.headers["content-type"] ?? ""
        guard type.lowercased().hasPrefix("multipart/") else {
            return ([Item(name: exchange.request.query["name"] ?? "picture", content: body[...])], false)
        }
        guard let boundary = Multipart.boundary(of: type) else {
            throw GraftError(.badRequest, "a multipart type without a boundary", expected: "multipart/form-data")
        }
        let parts = try Multipart.read(body[...], boundary: boundary)
        guard !parts.isEmpty else { throw GraftError(.badRequest, "a form without pictures") }
        return (parts.map { Item(name: $0.fileName ?? $0.name, content: $0.content) }, true)
    }

    /// A picture that was sent alone and cannot be read is the request's fault; one of a form is left out.
    private func response(
        to outcomes: [(Item, Outcome)], isForm: Bool, top: Int, hasLogits: Bool
    ) -> ServerResponse {
        if !isForm, case .fault(let error)? = outcomes.first?.1 { return ServerResponse(error) }
        var predictions: [JSONValue] = [], skipped: [JSONValue] = []
        for (item, outcome) in outcomes {
            switch outcome {
            case .answer(let answer):
                var members: [JSONValue.Member] = [.init("path", .string(item.name))] + self.members(answer, top: top)
                if let isStranger = answer.isStranger { members.append(.init("none_of_these", .bool(isStranger))) }
                if hasLogits { members.append(.init("logits", .floats(answer.logits))) }
                predictions.append(.object(members))
            case .fault(var error):
                error.context.file = nil
                skipped.append(["path": .string(item.name), "reason": .string(error.answer)])
            }
        }
        return ServerResponse([
            "model": .string(model.description.name), "predictions": .array(predictions), "skipped": .array(skipped),
        ])
    }

    /// What fits the model's task, under the names of `graft predict --json`.
    private func members(_ answer: PictureAnswer, top: Int) -> [JSONValue.Member] {
        let description = model.description
        guard description.task != .regression else {
            let values: [JSONValue] = zip(description.classes, answer.probabilities).map {
                ["name": .string($0), "value": .number($1)]
            }
            return [.init("top", .array([])), .init("values", .array(values))]
        }
        let members: [JSONValue.Member] = [.init("top", guesses(answer, top: top))]
        guard description.task == .multiLabel else { return members }
        let told = description.classes.indices.filter { index in
            let threshold = index < description.thresholds.count ? description.thresholds[index] : 0.5
            return answer.probabilities[index] >= threshold
        }.sorted { (answer.probabilities[$1], $0) < (answer.probabilities[$0], $1) }
        return members + [.init("labels", .array(told.map { .string(description.classes[$0]) }))]
    }

    private func guesses(_ answer: PictureAnswer, top: Int) -> JSONValue {
        // By logits where there is one a class: two probabilities may round to the same number.
        let scores =
            answer.logits.count == answer.probabilities.count ? answer.logits.map(Double.init) : answer.probabilities
        let order = scores.indices.sorted { (scores[$1], $0) < (scores[$0], $1) }
        return .array(
            order.prefix(top).map { index in
                [
                    "class": .string(model.description.classes[index]), "index": JSONValue(index),
                    "probability": .number(answer.probabilities[index]),
                ]
            })
    }
}
