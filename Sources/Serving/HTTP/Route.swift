package import Zoo

/// What a path and a method ask for. Found without looking at any file: no path of a client ever becomes one.
package enum Route: Sendable, Equatable {
    case live
    case ready
    case server
    case model(String, version: String?)
    case modelReady(String, version: String?)
    case configuration(String, version: String?)
    case statistics(String?, version: String?)
    case infer(String, version: String?)
    case index
    /// Loading and unloading, shared memory, tracing and logging: what this server does for nobody.
    case management
    case noSharedMemory
    case predict
    /// Where in a picture the model finds a class.
    case explain
    case metrics
    /// A file of the page, by its name in `PageFiles`.
    case page(String)
    case pageModels
    case learn(Learn)
    case watch(Watch)

    /// What the page of a training that is under way asks for.
    package enum Watch: String, Sendable, Equatable, CaseIterable {
        case state, picture
    }

    /// What the page does where it may correct the model.
    package enum Learn: String, Sendable, Equatable, CaseIterable {
        case state, correct, undo, train, accept, gallery, picture, matrix

        /// Whether it only looks.
        var method: String {
            switch self {
            case .state, .gallery, .picture, .matrix: "GET"
            default: "POST"
            }
        }
    }

    /// - Throws: `GraftError.notFound`, `GraftError.method`.
    package static func find(method: String, path: String) throws(GraftError) -> Route {
        var pieces: [String] = []
        for piece in path.split(separator: "/", maxSplits: 16, omittingEmptySubsequences: true) {
            guard let name = URLText.decode(piece), !name.contains("/"), !name.contains("\0") else { throw unknown }
            pieces.append(name)
        }
        guard let (route, methods) = known(pieces[...]) else { throw unknown }
        guard methods.contains(method) || (method == "HEAD" && methods.contains("GET")) else {
            throw GraftError(
                .method, "this path has no such method", expected: methods.joined(separator: ", "))
        }
        return route
    }

    private static let unknown = GraftError(.notFound, "nothing is here")

    private static func known(_ path: ArraySlice<String>) -> (Route, methods: [String])? {
        switch path.first {
        case nil: (.page("index.html"), ["GET"])
        case "v2": protocolRoute(path.dropFirst())
        case "predict" where path.count == 1: (.predict, ["POST"])
        case "explain" where path.count == 1: (.explain, ["POST"])
        case "metrics" where path.count == 1: (.metrics, ["GET"])
        case "page" where path.count == 2 && path.last == "models": (.pageModels, ["GET"])
        case "page" where path.count == 2: path.last.flatMap { PageFiles.all[$0] == nil ? nil : (.page($0), ["GET"]) }
        case "watch" where path.count == 2: path.last.flatMap { Watch(rawValue: $0) }.map { (.watch($0), ["GET"]) }
        case "learn" where path.count == 2:
            path.last.flatMap { Learn(rawValue: $0) }.map { (.learn($0), [$0.method]) }
        default: nil
        }
    }

    private static func protocolRoute(_ path: ArraySlice<String>) -> (Route, methods: [String])? {
        switch (path.first, path.count) {
        case (nil, _): (.server, ["GET"])
        case ("health", 2) where path.last == "live": (.live, ["GET"])
        case ("health", 2) where path.last == "ready": (.ready, ["GET"])
        case ("models", 2) where path.last == "stats": (.statistics(nil, version: nil), ["GET"])
        case ("models", 2...): modelRoute(path.dropFirst())
        case ("repository", 2) where path.last == "index": (.index, ["POST"])
        case ("repository", 4) where path.last == "load" || path.last == "unload": (.management, ["POST"])
        case ("systemsharedmemory", 2), ("cudasharedmemory", 2):
            path.last == "status" ? (.noSharedMemory, ["GET"]) : (.management, ["POST"])
        case ("systemsharedmemory", 4), ("cudasharedmemory", 4):
            path.last == "status" ? (.management, ["GET"]) : (.management, ["POST"])
        case ("trace", 2), ("logging", 1): (.management, ["GET", "POST"])
        default: nil
        }
    }

    private static func modelRoute(_ path: ArraySlice<String>) -> (Route, methods: [String])? {
        guard let name = path.first else { return nil }
        var rest = path.dropFirst()
        var version: String?
        if rest.first == "versions" {
            rest = rest.dropFirst()
            guard let number = rest.popFirst() else { return nil }
            version = number
        }
        return switch (rest.first, rest.count) {
        case (nil, _): (.model(name, version: version), ["GET"])
        case ("ready", 1): (.modelReady(name, version: version), ["GET"])
        case ("config", 1): (.configuration(name, version: version), ["GET"])
        case ("stats", 1): (.statistics(name, version: version), ["GET"])
        case ("infer", 1): (.infer(name, version: version), ["POST"])
        case ("trace", 2): (.management, ["GET", "POST"])
        default: nil
        }
    }

    /// Whether the route may be asked for without the token: it says nothing of the model.
    var isOpen: Bool {
        switch self {
        case .live, .ready, .page: true
        default: false
        }
    }

    /// Whether its work may take long.
    var isWork: Bool {
        switch self {
        case .infer, .predict, .explain, .learn, .watch(.picture): true
        default: false
        }
    }

    /// The route's name in the metrics: a small fixed list, whatever clients ask for.
    var label: String {
        switch self {
        case .live: "live"
        case .ready: "ready"
        case .server: "server"
        case .model: "model"
        case .modelReady: "model_ready"
        case .configuration: "config"
        case .statistics: "stats"
        case .infer: "infer"
        case .index: "index"
        case .management, .noSharedMemory: "management"
        case .predict: "predict"
        case .explain: "explain"
        case .metrics: "metrics"
        case .page, .pageModels: "page"
        case .learn: "learn"
        case .watch: "watch"
        }
    }
}
