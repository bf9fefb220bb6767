/// The backbones, heads, weight sources, losses and update rules that names in configurations and model files stand for. A
/// value: pass on the one you registered in.
public struct Registry: Sendable {
    private struct Registered<Entry: Sendable>: Sendable {
        let entry: Entry
        /// `Module/File.swift:12`
        let place: String
    }

    private var backboneTypes: [String: Registered<any Backbone.Type>] = [:]
    private var headTypes: [String: Registered<any Head.Type>] = [:]
    private var lossTypes: [String: Registered<any Loss.Type>] = [:]
    private var ruleTypes: [String: Registered<any UpdateRule.Type>] = [:]
    /// The sources in the order in which they are asked.
    public private(set) var sources: [any WeightSource] = []
    /// The backbones' names in the order of registration.
    public private(set) var backboneNames: [String] = []
    /// The heads' kinds in the order of registration.
    public private(set) var headKinds: [String] = []
    /// The losses' kinds in the order of registration.
    public private(set) var lossKinds: [String] = []
    /// The update rules' kinds in the order of registration.
    public private(set) var ruleKinds: [String] = []

    /// An empty registry.
    public init() {}

    /// Makes a family's variants known.
    /// - Throws: `GraftError` for a name that is empty, badly formed or taken (it says by whom), or a graph that does not
    ///   build. Nothing is registered then.
    public mutating func register(
        _ type: any Backbone.Type, fileID: String = #fileID, line: Int = #line
    ) throws(GraftError) {
        try checkNames(of: type)
        for name in type.variants {
            do throws(GraftError) {
                let backbone = try type.init(variant: name)
                try backbone.preprocessing.validate()
                _ = try Model(backbone: backbone, head: ProbeHead(), outputs: 2).graph()
            } catch {
                var error = error
                error.context.member = "backbone '\(name)'"
                throw error
            }
        }
        try register(tested: type, fileID: fileID, line: line)
    }

    /// The same without building the graphs, for families that come with Graft: its tests do, and a picture's way through
    /// one of them takes less time.
    /// - Throws: `GraftError.invalidName`
    package mutating func register(
        tested type: any Backbone.Type, fileID: String = #fileID, line: Int = #line
    ) throws(GraftError) {
        try checkNames(of: type)
        for name in type.variants {
            backboneTypes[name] = Registered(entry: type, place: "\(fileID):\(line)")
            backboneNames.append(name)
        }
    }

    /// Makes a head known.
    /// - Throws: `GraftError.invalidName` for a kind that is empty, badly formed or taken.
    public mutating func register(_ type: any Head.Type, fileID: String = #fileID, line: Int = #line) throws(GraftError)
    {
        try Self.check(type.kind, "head", taken: headTypes[type.kind]?.place)
        headTypes[type.kind] = Registered(entry: type, place: "\(fileID):\(line)")
        headKinds.append(type.kind)
    }

    /// Makes a loss known to `train.loss`.
    /// - Throws: `GraftError.invalidName` for a kind that is empty, badly formed or taken.
    public mutating func register(_ type: any Loss.Type, fileID: String = #fileID, line: Int = #line) throws(GraftError)
    {
        try Self.check(type.kind, "loss", taken: lossTypes[type.kind]?.place)
        lossTypes[type.kind] = Registered(entry: type, place: "\(fileID):\(line)")
        lossKinds.append(type.kind)
    }

    /// Makes an update rule known to `train.optimizer.kind`.
    /// - Throws: `GraftError.invalidName` for a kind that is empty, badly formed or taken.
    public mutating func register(
        _ type: any UpdateRule.Type, fileID: String = #fileID, line: Int = #line
    ) throws(GraftError) {
        try Self.check(type.kind, "update rule", taken: ruleTypes[type.kind]?.place)
        ruleTypes[type.kind] = Registered(entry: type, place: "\(fileID):\(line)")
        ruleKinds.append(type.kind)
    }

    /// The loss of that kind; nil where none is registered.
    package func loss(_ kind: String) -> (any Loss.Type)? { lossTypes[kind]?.entry }

    /// The update rule of that kind; nil where none is registered.
    package func rule(_ kind: String) -> (any UpdateRule.Type)? { ruleTypes[kind]?.entry }

    /// Adds a source, to be asked after the present ones, or before them.
    public mutating func register(_ source: any WeightSource, first: Bool = false) {
        sources.insert(source, at: first ? 0 : sources.count)
    }

    /// The backbone of that name.
    /// - Throws: `GraftError.unknownName` with the nearest name.
    public func backbone(_ name: String) throws(GraftError) -> any Backbone {
        guard let registered = backboneTypes[name] else {
            throw .unknown("backbone", name, among: backboneNames)
        }
        return try registered.entry.init(variant: name)
    }

    /// A head of that kind with the given options.
    /// - Throws: `GraftError` for an unknown kind or option, with the nearest name, or an option's wrong value.
    public func head(_ kind: String, options: Options, for backbone: any Backbone) throws(GraftError) -> any Head {
        guard let registered = headTypes[kind] else {
            var error = GraftError.unknown("head", kind, among: headKinds)
            error.context.parameter = options.path.isEmpty ? nil : options.path(of: "kind")
            throw error
        }
        var reader = options
        let head = try registered.entry.init(options: &reader, for: backbone)
        try reader.finish()
        return head
    }

    private func checkNames(of type: any Backbone.Type) throws(GraftError) {
        guard !type.variants.isEmpty else {
            throw GraftError(.invalidName, "backbone \(type) has no variants", remedy: "name at least one")
        }
        var names: Set<String> = []
        for name in type.variants {
            try Self.check(name, "backbone", taken: backboneTypes[name]?.place)
            guard names.insert(name).inserted else {
                throw GraftError(.invalidName, "backbone \(type) names '\(name)' twice")
            }
        }
    }

    private static func check(_ name: String, _ what: String, taken: String?) throws(GraftError) {
        let allowed = "letters, digits, '_', '-' and '.', at most 100"
        guard (1...100).contains(name.count),
            name.allSatisfy({ $0.isASCII && ($0.isLetter || $0.isNumber || "_-.".contains($0)) }),
            name.first != ".", name.first != "-"
        else {
            throw GraftError(.invalidName, "a \(what) cannot have this name", expected: allowed, found: "'\(name)'")
        }
        if let taken {
            throw GraftError(
                .invalidName, "\(what) '\(name)' is registered already, at \(taken)", remedy: "choose another name")
        }
    }
}

/// Stands in for a head while a backbone's graph is tried.
private struct ProbeHead: Head {
    static let kind = "probe"
    var options: [String: OptionValue] { [:] }

    init() {}
    init(options: inout Options, for backbone: any Backbone) throws(GraftError) {}

    func layers(in context: HeadContext) -> [any Layer] {
        Dense(context.outputs).named(context.classifierPath)
    }
}
