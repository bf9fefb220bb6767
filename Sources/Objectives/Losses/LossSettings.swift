public import Zoo

/// `train.loss`: which loss, and what it understands.
public struct LossSettings: Sendable, Hashable {
    private let type: any Loss.Type
    /// What the configuration says beside `kind`.
    public let options: [String: OptionValue]

    /// The loss of that type.
    public init(_ type: any Loss.Type, options: [String: OptionValue] = [:]) {
        self.type = type
        self.options = options
    }

    /// What fits targets of a kind.
    package init(for targets: Targets) {
        switch targets {
        case .classes, .probabilities: self.init(CrossEntropy.self)
        case .labels: self.init(BinaryCrossEntropy.self)
        case .values: self.init(HuberLoss.self)
        }
    }

    /// Reads `loss`: a kind, or a map with `kind` and its options; nil where it is absent.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    package init?(options: inout Options, registry: Registry) throws(GraftError) {
        var inner: Options
        switch options.value("loss") {
        case nil: return nil
        case .map(let map): inner = Options(map, path: options.path(of: "loss"))
        case .some(let value): inner = Options(["kind": value], path: options.path(of: "loss"))
        }
        guard let kind = try inner.choice("kind", of: registry.lossKinds), let type = registry.loss(kind) else {
            throw GraftError(
                .invalidValue, "missing", parameter: inner.path(of: "kind"),
                expected: registry.lossKinds.joined(separator: ", "))
        }
        _ = try type.init(options: &inner, in: LossContext(targets: 2))
        try inner.finish()
        self.type = type
        self.options = inner.values.filter { $0.key != "kind" }
    }

    /// The registered kind.
    public var kind: String { type.kind }

    /// - Throws: `GraftError` for options that the loss refuses.
    package func loss(_ context: LossContext) throws(GraftError) -> any Loss {
        var reader = Options(options, path: "train.loss")
        return try type.init(options: &reader, in: context)
    }

    /// The same kind with the same options.
    public static func == (a: LossSettings, b: LossSettings) -> Bool { a.kind == b.kind && a.options == b.options }

    /// Of kind and options.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(kind)
        hasher.combine(options)
    }
}
