import Engine
import Exchange
import Images
import Inference
import Learning
import Synchronization
import Weights
import Zoo

/// Learns from what people correct on the page: the picture is kept in its class' folder, and a new head is trained on the
/// features of all pictures, which are computed once.
///
/// Heads are compared like with like: each is trained on the same pictures but the held-out ones, and counted on those.
/// What is served is then trained on all of them. A head that does worse than the one before waits until it is asked for.
final class TeachingDesk: LearningDesk {
    private let base: PortableModel
    private let name: String
    private let registry: Registry
    private let threads: Int
    private let pixels: Int
    private let shelf: ModelShelf
    private let state: Mutex<State>

    private struct State {
        var journal: CorrectionJournal
        var pictures: TaughtPictures
        /// The served head's count on the held-out pictures, and the last trained one's.
        var before: Score
        var lesson: Lesson?
    }

    private struct Score {
        var correct: Int
        var total: Int
        /// What the counted head says of every picture.
        var predictions: [(label: Int, own: Double)]
    }

    private struct Lesson {
        let score: Score
        let model: EngineModel
        let seconds: Double
        var isAccepted: Bool
    }

    /// Computes the features of all pictures of the folder: blocks.
    init(
        folder: String, model: EngineModel, name: String, registry: Registry, threads: Int, pixels: Int,
        shelf: ModelShelf
    ) throws(GraftError) {
        base = model.content
        self.name = name
        self.registry = registry
        self.threads = threads
        self.pixels = pixels
        self.shelf = shelf
        let journal = try CorrectionJournal(folder: folder)
        let pictures = try TaughtPictures(
            folder: folder, classes: model.description.classes, corrected: Set(journal.entries.map(\.file.byteKey))
        ) { bytes throws(GraftError) in try model.features(of: bytes, threads: threads) }
        state = Mutex(
            State(
                journal: journal, pictures: pictures,
                before: Score(correct: 0, total: 0, predictions: []), lesson: nil))
        try state.withLock { state throws(GraftError) in
            state.before = try score(state.pictures)
        }
    }

    func answer(_ action: Route.Learn, to request: ServerRequest, body: [UInt8]) throws(GraftError) -> ServerResponse {
        try state.withLock { state throws(GraftError) in
            switch action {
            case .state: break
            case .correct:
                try correct(request.query["class"] ?? "", body, id: request.query["id"], &state)
                // Of many corrections only the last trains.
                if request.query["train"] != "later" { try learn(&state) }
            case .undo:
                try undo(&state)
                try learn(&state)
            case .train: try learn(&state)
            case .accept: try accept(&state)
            case .gallery: return gallery(state)
            case .matrix: return matrix(state)
            case .picture: return try picture(request.query["id"], state)
            }
            return describe(state)
        }
    }

    // MARK: what changes

    /// - Parameter id: of a picture that is in the folder, in place of a body.
    private func correct(
        _ className: String, _ body: [UInt8], id: String?, _ state: inout State
    ) throws(GraftError) {
        var found = try id.map { id throws(GraftError) in try place(of: id, state) }
        var features: [Float] = []
        let sha256: String
        if let found {
            sha256 = state.pictures.pictures[found].sha256
        } else {
            guard let model = try shelf.model(name) as? EngineModel else { return }
            features = try model.features(of: body, threads: 1)
            sha256 = Hash.sha256(body)
            found = state.pictures.pictures.firstIndex { $0.sha256 == sha256 }
        }
        let label: Int
        if let known = state.pictures.classes.place(ofName: className) {
            label = known
        } else {
            guard TaughtPictures.isClassName(className) else {
                throw GraftError(
                    .badRequest, "no name for a class", parameter: "class",
                    expected: "letters, digits, spaces, '-' and '_'")
            }
            state.pictures.classes.append(className)
            label = state.pictures.classes.count - 1
        }
        // Classes are named as folders are shown.
        let folder = String(shown: state.pictures.classes[label])
        let name = "\(folder)/graft-\(sha256.prefix(16))."
        if let index = found {
            // A picture that is here already can only be in the wrong place.
            guard state.pictures.pictures[index].label != label else { return }
            let origin = state.pictures.pictures[index].file
            let file = name + TaughtPictures.ending(ofFile: origin)
            try state.journal.move(origin, to: file)
            state.pictures.pictures[index].file = file
            state.pictures.pictures[index].label = label
            state.pictures.pictures[index].isHeldOut = false
        } else {
            let file = name + TaughtPictures.ending(of: body)
            try state.journal.keep(body, as: file)
            state.pictures.add(file: file, label: label, bytes: body, features: features, isCorrected: true)
        }
    }

    private func undo(_ state: inout State) throws(GraftError) {
        let entry = try state.journal.undo()
        let key = entry.file.byteKey
        guard let index = state.pictures.pictures.firstIndex(where: { $0.file.byteKey == key }) else { return }
        guard let origin = entry.origin, let label = state.pictures.label(ofFile: origin) else {
            state.pictures.pictures.remove(at: index)
            return dropEmptyClass(&state)
        }
        state.pictures.pictures[index].file = origin
        state.pictures.pictures[index].label = label
        dropEmptyClass(&state)
    }

    /// A class that only the correction had.
    private func dropEmptyClass(_ state: inout State) {
        let last = state.pictures.classes.count - 1
        guard last >= base.metadata.classes.count, !state.pictures.pictures.contains(where: { $0.label == last }) else {
            return
        }
        state.pictures.classes.removeLast()
    }

    private func learn(_ state: inout State) throws(GraftError) {
        let start = ContinuousClock.now
        let score = try score(state.pictures)
        let trained = try train(state.pictures) { _ in true }
        let model = try EngineModel(
            PortableModel(
                ImportedModel(
                    tensors: base.tensors.overlaid(by: trained.weights), metadata: try metadata(trained.classes)),
                name: name, registry: registry
            ), name: name, threads: threads, pixels: pixels)
        // The old head's count on the pictures of today: a correction may have taken one out of them.
        let isBetter = score.correct * max(1, state.before.total) >= state.before.correct * max(1, score.total)
        if isBetter { shelf.swap(model) }
        let served = state.lesson.map { $0.isAccepted ? $0.score : state.before } ?? state.before
        state.before = served
        state.lesson = Lesson(
            score: score, model: model, seconds: (ContinuousClock.now - start).seconds, isAccepted: isBetter)
    }

    private func accept(_ state: inout State) throws(GraftError) {
        guard let lesson = state.lesson, !lesson.isAccepted else {
            throw GraftError(.badRequest, "there is no other model to put in place")
        }
        shelf.swap(lesson.model)
        state.lesson?.isAccepted = true
    }

    private func metadata(_ classes: [String]) throws(GraftError) -> ModelMetadata {
        var metadata = base.metadata
        metadata.classes = classes
        // The features that are kept of taught pictures are one vector each.
        if metadata.pooling == Pooling.positions.rawValue { metadata.pooling = base.model.backbone.pooling.rawValue }
        metadata.metrics = nil
        metadata.probe = nil
        metadata.precision = base.featurePrecision
        let graph = try base.model.graph(imageSize: Extent(metadata.preprocessing.crop))
        metadata.quantization = metadata.quantization?.limited(
            to: try graph.prefix(through: Model.pooledStage), of: graph)
        // Both were measured on the old head.
        metadata.temperature = nil
        metadata.noneOfThese = nil
        return metadata
    }

    /// A head trained on the pictures that are wanted.
    private func train(
        _ pictures: TaughtPictures, where isWanted: (TaughtPictures.Picture) -> Bool
    ) throws(GraftError) -> TrainedLayers {
        let model = try metadata(pictures.classes).model(registry: registry, file: name)
        let head = try model.graph(imageSize: Extent(base.metadata.preprocessing.crop))
            .cut(after: Model.pooledStage).suffix
        let train = try pictures.features(where: isWanted)
        var settings = TrainerSettings()
        // As many steps for few pictures as for a thousand, which take well below a second.
        settings.epochs = min(150, max(20, 25_000 / max(1, train.count)))
        settings.batchSize = 32
        return try Trainer(head, classes: pictures.classes, settings: settings).train(train)
    }

    /// What a head does on the held-out pictures that has not seen them.
    private func score(_ pictures: TaughtPictures) throws(GraftError) -> Score {
        let trained = try train(pictures) { !$0.isHeldOut }
        let logits = try trained.logits(of: try pictures.features { _ in true }.features)
        let width = logits.shape[1]
        var score = Score(correct: 0, total: 0, predictions: [])
        for (row, picture) in pictures.pictures.enumerated() {
            let values = Array(logits.elements[row * width..<(row + 1) * width])
            let shares = AnswerReading(names: pictures.classes).figures(values)
            let best = shares.indices.max { (shares[$0], $1) < (shares[$1], $0) } ?? 0
            score.predictions.append((best, shares[picture.label]))
            guard picture.isHeldOut else { continue }
            score.total += 1
            if best == picture.label { score.correct += 1 }
        }
        return score
    }

    // MARK: what is shown

    private func describe(_ state: State) -> ServerResponse {
        func document(_ score: Score) -> JSONValue {
            ["correct": JSONValue(score.correct), "total": JSONValue(score.total)]
        }
        let pictures = state.pictures
        return ServerResponse([
            "classes": .array(pictures.classes.map(JSONValue.string)),
            "corrections": JSONValue(state.journal.entries.count),
            "counts": [
                "pictures": JSONValue(pictures.pictures.count), "unreadable": JSONValue(pictures.unreadable),
                "held_out": JSONValue(pictures.pictures.filter(\.isHeldOut).count),
            ],
            "before": document(state.before), "after": document(state.lesson?.score ?? state.before),
            "pending": state.lesson.map { lesson in
                ["seconds": .number(lesson.seconds), "isAccepted": .bool(lesson.isAccepted)]
            } ?? .null,
        ])
    }

    /// The pictures whose own class is least probable first.
    private func gallery(_ state: State) -> ServerResponse {
        let score = state.lesson?.score ?? state.before
        // Those that came since the last training have no answer yet.
        let known = min(state.pictures.pictures.count, score.predictions.count)
        let order = (0..<known).sorted {
            (score.predictions[$0].own, $0) < (score.predictions[$1].own, $1)
        }
        return ServerResponse([
            "pictures": .array(
                order.prefix(1000).map { index in
                    [
                        "id": .string(state.pictures.pictures[index].sha256),
                        "label": JSONValue(state.pictures.pictures[index].label),
                        "predicted": JSONValue(score.predictions[index].label),
                        "probability": .number(score.predictions[index].own),
                        "held_out": .bool(state.pictures.pictures[index].isHeldOut),
                    ]
                })
        ])
    }

    /// Rows are what pictures are, columns what the head takes them for.
    private func matrix(_ state: State) -> ServerResponse {
        let count = state.pictures.classes.count
        var cells = [[Double]](repeating: [Double](repeating: 0, count: count), count: count)
        for (picture, prediction) in zip(state.pictures.pictures, (state.lesson?.score ?? state.before).predictions) {
            cells[picture.label][prediction.label] += 1
        }
        return ServerResponse([
            "classes": .array(state.pictures.classes.map(JSONValue.string)),
            "counts": .array(cells.map(JSONValue.numbers)),
        ])
    }

    /// Where a picture of the folder is in the list. By its content: no client names a file, and places move.
    private func place(of id: String?, _ state: State) throws(GraftError) -> Int {
        guard let id, let place = state.pictures.pictures.firstIndex(where: { $0.sha256 == id }) else {
            throw GraftError(.notFound, "no such picture")
        }
        return place
    }

    /// A small copy, in a format that every browser shows.
    private func picture(_ id: String?, _ state: State) throws(GraftError) -> ServerResponse {
        let file = state.pictures.pictures[try place(of: id, state)].file
        guard let bytes = try? SmallPicture.bytes(of: "\(state.pictures.folder)/\(file)") else {
            throw GraftError(.notFound, "no such picture")
        }
        return ServerResponse(headers: [("content-type", "image/jpeg")], body: bytes)
    }
}
