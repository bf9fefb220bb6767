import Synchronization
package import Zoo

/// Requests to answers, whatever carries them. Nothing here blocks but on the queue's threads.
package final class ServingService: Sendable {
    package let shelf: ModelShelf
    package let rules: AccessRules
    package let limits: ServingLimits
    package let queue: WorkQueue
    package let metrics = ServerMetrics()
    private let draining = Atomic<Bool>(false)
    private let desk: (any LearningDesk)?
    private let watch: TrainingWatch?

    let log: @Sendable (String) -> Void

    /// - Parameters:
    ///   - desk: what corrects the first model; nil where the page may not.
    ///   - watch: a training that is under way, whose page is shown then.
    ///   - log: takes a line.
    package init(
        shelf: ModelShelf, rules: AccessRules, limits: ServingLimits, threads: Int,
        desk: (any LearningDesk)? = nil, watch: TrainingWatch? = nil,
        log: @escaping @Sendable (String) -> Void = { _ in }
    ) {
        self.log = log
        self.shelf = shelf
        self.rules = rules
        self.limits = limits
        self.desk = desk
        self.watch = watch
        queue = WorkQueue(threads: threads, mostRequests: limits.requests, mostBytes: limits.queueBytes)
    }

    /// From now on nothing new is begun, and the server is not ready.
    package func drain() { draining.store(true, ordering: .releasing) }

    package var isDraining: Bool { draining.load(ordering: .acquiring) }

    /// What can be said of a request before its body is read.
    /// - Throws: the fault that it is answered with.
    package func admit(
        method: String, path: String, headers: [String: String]
    ) throws(GraftError) -> Route {
        let route = try Route.find(method: method, path: path)
        try rules.check(headers, method: method, route: route)
        if let length = headers["content-length"].flatMap({ Int($0) }), length > limits.bodyBytes { throw tooLarge }
        _ = try ContentCoding.ofBody(headers["content-encoding"])
        if route.isWork { try checkDraining() }
        switch route {
        case .infer(let name, let version): _ = try shelf.model(name, version: version)
        case .learn where desk == nil:
            throw GraftError(.notFound, "this server does not learn", remedy: "start it with --learn FOLDER")
        case .watch where watch == nil: throw GraftError(.notFound, "nothing is trained here")
        default: break
        }
        return route
    }

    /// The fault of a body past the limit.
    package var tooLarge: GraftError {
        GraftError(.tooLarge, "the body is too large", expected: "at most \(limits.bodyBytes) bytes")
    }

    private func checkDraining() throws(GraftError) {
        guard !isDraining else {
            metrics.rejected("draining")
            throw GraftError(.busy, "the server is about to end")
        }
    }

    /// Answers, now or from another thread.
    package func handle(_ exchange: Exchange) {
        do throws(GraftError) {
            if let response = try immediate(exchange) { return exchange.answer(response) }
            try checkDraining()
            guard let place = queue.enter(bytes: exchange.request.body.count) else {
                metrics.rejected("queue_full")
                throw GraftError(.busy, "too many requests at a time", remedy: "try again in a second")
            }
            place.line(turns: 1) { [self] _, _ in
                guard isWanted(exchange) else { return place.leave() }
                do throws(GraftError) {
                    try begin(exchange, place)
                } catch {
                    place.leave()
                    exchange.answer(ServerResponse(error))
                }
            }
        } catch {
            exchange.answer(ServerResponse(error))
        }
    }

    /// Whether there is still a reason to work; counts what is dropped.
    func isWanted(_ exchange: Exchange) -> Bool {
        if exchange.isWanted { return true }
        metrics.rejected(exchange.isOver ? "client_left" : "deadline")
        exchange.answer(ServerResponse(Self.late))
        return false
    }

    /// The fault of a request whose deadline passed.
    package static let late = GraftError(.deadline, "the deadline passed")

    /// On a thread of the queue: decodes the body and lines up for its pictures.
    private func begin(_ exchange: Exchange, _ place: WorkQueue.Place) throws(GraftError) {
        switch exchange.route {
        case .infer(let name, let version):
            try Inference(self, exchange, model: try shelf.model(name, version: version)).begin(place)
        case .predict:
            try PictureForm(self, exchange, model: try shelf.model(exchange.request.query["model"])).begin(place)
        case .explain:
            let request = exchange.request
            exchange.answer(
                try explain(try body(of: request), by: try shelf.model(request.query["model"]), request.query["index"]))
            place.leave()
        case .watch(.picture):
            guard let watch else { throw GraftError(.notFound, "nothing is trained here") }
            exchange.answer(try watch.picture(exchange.request.query["id"]))
            place.leave()
        case .learn(let action):
            guard let desk else { throw GraftError(.notFound, "this server does not learn") }
            exchange.answer(try desk.answer(action, to: exchange.request, body: try body(of: exchange.request)))
            place.leave()
        default:
            place.leave()
            throw GraftError(.notFound, "nothing is here")
        }
    }

    /// The fault of asking a model that cannot say where it looks.
    package static let unexplained = GraftError(.badRequest, "this model has no map of where it looks")

    private func explain(
        _ picture: [UInt8], by model: any ServedModel, _ index: String?
    ) throws(GraftError) -> ServerResponse {
        var label: Int?
        if let index {
            guard let number = Int(index), model.description.classes.indices.contains(number) else {
                throw GraftError(
                    .badRequest, "no such class", parameter: "index",
                    expected: "0 to \(model.description.classes.count - 1)")
            }
            label = number
        }
        return ServerResponse(
            headers: [("content-type", "image/jpeg")],
            body: try model.map(of: picture, name: "picture", label: label))
    }

    /// The body as it was before a content coding.
    func body(of request: ServerRequest) throws(GraftError) -> [UInt8] {
        guard let coding = try ContentCoding.ofBody(request.headers["content-encoding"]) else { return request.body }
        return try coding.decode(request.body, limit: limits.bodyBytes)
    }

    /// What needs no work; nil for what does.
    private func immediate(_ exchange: Exchange) throws(GraftError) -> ServerResponse? {
        switch exchange.route {
        case .infer, .predict, .explain, .learn, .watch(.picture): return nil
        case .live: return ServerResponse()
        case .ready: return ServerResponse(status: isDraining ? 503 : 200)
        case .server:
            return ServerResponse([
                "name": "graft", "version": .string(Version.current),
                "extensions": [
                    "classification", "model_configuration", "model_repository", "binary_tensor_data", "statistics",
                ],
            ])
        case .model(let name, let version):
            return ServerResponse(try shelf.model(name, version: version).description.metadata)
        case .modelReady(let name, let version):
            _ = try shelf.model(name, version: version)
            return ServerResponse(status: isDraining ? 503 : 200)
        case .configuration(let name, let version):
            return ServerResponse(try shelf.model(name, version: version).description.configuration)
        case .statistics(let name, let version):
            let models = try name.map { name throws(GraftError) in [try shelf.model(name, version: version)] }
            return ServerResponse([
                "model_stats": .array((models ?? shelf.all).map { statistics(of: $0.description.name) })
            ])
        case .index:
            return ServerResponse(
                .array(
                    shelf.all.map {
                        [
                            "name": .string($0.description.name), "version": .string(ModelDescription.version),
                            "state": "READY",
                        ]
                    }))
        case .noSharedMemory: return ServerResponse([])
        case .management: throw GraftError(.forbidden, "this server's models and settings are not managed over HTTP")
        case .metrics:
            return ServerResponse(
                headers: [("content-type", "text/plain; version=0.0.4; charset=utf-8")],
                body: Array(metrics.text(gauges: gauges).utf8))
        case .watch(.state): return watch.map { ServerResponse($0.state) }
        case .pageModels: return ServerResponse(pageModels)
        case .page(let name):
            let name = name == "index.html" && watch != nil ? "watch.html" : name
            guard let file = PageFiles.all[name] else { throw GraftError(.notFound, "nothing is here") }
            return ServerResponse(
                headers: [("content-type", file.type), ("cache-control", "no-cache")], body: file.bytes)
        }
    }

    /// What the page is to know of the models.
    private var pageModels: JSONValue {
        [
            "models": .array(
                shelf.all.map { model in
                    let description = model.description
                    return [
                        "name": .string(description.name), "classes": .array(description.classes.map(JSONValue.string)),
                        "task": .string(description.task.rawValue), "backbone": .string(description.backbone),
                        "sha256": .string(description.sha256), "explains": .bool(description.explains),
                    ]
                }),
            "learns": .bool(desk != nil), "bodyBytes": JSONValue(limits.bodyBytes),
        ]
    }

    private var gauges: [(name: String, help: String, value: Double)] {
        let load = queue.load
        return [
            ("graft_queue_requests", "Requests in line and at work.", Double(load.requests)),
            ("graft_queue_bytes", "Bytes of their bodies.", Double(load.bytes)),
            ("graft_busy_threads", "Threads at work on a picture.", Double(load.busyThreads)),
            ("graft_ready", "1 while new requests are taken.", isDraining ? 0 : 1),
            ("process_resident_memory_bytes", "Memory in use.", Double(ProcessFigures.residentBytes)),
            ("process_cpu_seconds_total", "Processor time used.", ProcessFigures.processorSeconds),
        ]
    }

    private func statistics(of model: String) -> JSONValue {
        let counts = metrics.counts(of: model)
        func entry(_ count: Int, _ time: Duration) -> JSONValue {
            ["count": JSONValue(count), "ns": JSONValue(time.nanoseconds)]
        }
        return [
            "name": .string(model), "version": .string(ModelDescription.version),
            "last_inference": JSONValue(counts.last),
            "inference_count": JSONValue(counts.inferences), "execution_count": JSONValue(counts.inferences),
            "inference_stats": [
                "success": entry(counts.successes, counts.successTime),
                "fail": entry(counts.failures, counts.failureTime),
                "queue": entry(counts.successes + counts.failures, counts.queueTime),
                "compute_input": entry(counts.inferences, counts.inputTime),
                "compute_infer": entry(counts.inferences, counts.runTime),
                "compute_output": entry(counts.inferences, .zero), "cache_hit": entry(0, .zero),
                "cache_miss": entry(0, .zero),
            ],
            "response_stats": [:],
            "batch_stats": [
                [
                    "batch_size": 1, "compute_input": entry(counts.inferences, counts.inputTime),
                    "compute_infer": entry(counts.inferences, counts.runTime),
                    "compute_output": entry(counts.inferences, .zero),
                ]
            ], "memory_usage": [],
        ]
    }
}
