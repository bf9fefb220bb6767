package import Zoo

/// A model's stages that have something to learn, in order, the head last.
///
/// The stage `pooled` counts where the backbone has layers after pooling (MobileNetV3's first classifier layer).
package struct ModelParts: Sendable {
    package struct Part: Sendable {
        package let name: String
        package let parameters: [Parameter]

        /// The name for people: the last stage is the head.
        package var title: String { name == "logits" ? "head" : name }
    }

    package let parts: [Part]
    private let graph: Graph

    /// - Parameter graph: a whole model's, from image to logits.
    package init(_ graph: Graph) {
        self.graph = graph
        var parts: [Part] = []
        var start = 0
        for stage in graph.stages where stage.node >= start {
            let parameters = graph.nodes[start...stage.node].flatMap(\.parameters)
            if parameters.contains(where: \.role.isLearnt) {
                parts.append(Part(name: stage.name, parameters: parameters))
            }
            start = stage.node + 1
        }
        self.parts = parts
    }

    /// The stages before the head.
    private var backbone: [Part] {
        parts.filter { part in (try? graph.stage(part.name).node <= graph.stage(Model.pooledStage).node) ?? true }
    }

    /// The names of all tensors that training must leave alone.
    /// - Throws: `GraftError` for more stages than there are, for a pattern that fits no name, and where nothing is left
    ///   to train.
    package func frozen(_ settings: FreezeSettings, batchNorm: BatchNormMode) throws(GraftError) -> Set<String> {
        let backboneNames = Set(backbone.flatMap(\.parameters).map(\.name))
        var frozen: Set<String>
        switch settings {
        case .backbone: frozen = backboneNames
        case .none: frozen = []
        case .twoThirds: frozen = Set(backbone.prefix(backbone.count * 2 / 3).flatMap(\.parameters).map(\.name))
        case .allButLast(let count):
            guard count <= backbone.count else {
                throw GraftError(
                    .invalidValue, "the backbone has fewer stages", parameter: "train.freeze.stages",
                    expected: "1 to \(backbone.count) (\(backbone.map(\.name).joined(separator: ", ")))",
                    found: "\(count)")
            }
            frozen = Set(backbone.dropLast(count).flatMap(\.parameters).map(\.name))
        case .patterns(let patterns): frozen = try matching(patterns)
        }
        for node in graph.nodes where node.operation.hasState {
            let names = node.parameters.map(\.name)
            let isFrozen = names.contains(where: backboneNames.contains) && batchNorm == .frozen
            // Statistics follow the layer: they cannot stay where scale and shift move, nor move where those stay.
            let statistics = node.parameters.filter { !$0.role.isLearnt }.map(\.name)
            let learnt = node.parameters.filter { $0.role.isLearnt }.map(\.name)
            if isFrozen || statistics.contains(where: frozen.contains) || learnt.allSatisfy(frozen.contains) {
                frozen.formUnion(names)
            }
        }
        guard graph.parameters.contains(where: { $0.role.isLearnt && !frozen.contains($0.name) }) else {
            throw GraftError(
                .invalidValue, "nothing is left to train", parameter: "train.freeze", found: "\(settings)")
        }
        return frozen
    }

    private func matching(_ patterns: [String]) throws(GraftError) -> Set<String> {
        let names = graph.parameters.map(\.name)
        var result: Set<String> = []
        for pattern in patterns {
            let found = names.filter { matches($0, pattern: pattern) }
            guard !found.isEmpty else {
                var error = GraftError(
                    .unknownName, "no tensor's name fits the pattern '\(pattern)'", parameter: "train.freeze",
                    remedy: nearest(to: pattern, among: names).map { "did you mean '\($0)'?" }
                        ?? "graft inspect MODEL lists the names")
                error.context.expected = "names as in '\(names.first ?? "")'"
                throw error
            }
            result.formUnion(found)
        }
        return result
    }

    /// Names, and what stands before each of their dots, followed by a star.
    private func nearest(to pattern: String, among names: [String]) -> String? {
        var known = Set(names)
        for name in names {
            var path = name[...]
            while let dot = path.lastIndex(of: ".") {
                path = path[..<dot]
                known.insert("\(path).*")
            }
        }
        return nearestName(to: pattern, among: known.sorted())
    }

    /// The last stage before the first layer that trains, where the graph can be cut; nil to train from the image on.
    package func cut(frozen: Set<String>) -> String? {
        let first = graph.nodes.firstIndex { node in
            node.parameters.contains { $0.role.isLearnt && !frozen.contains($0.name) }
        }
        guard let first else { return nil }
        return graph.stages.last { stage in
            stage.node < first && (try? graph.cut(after: stage.name)) != nil
        }?.name
    }

    /// How many stages a tensor is away from the head: 0 in the head itself.
    package var depths: [String: Int] {
        var result: [String: Int] = [:]
        for (depth, part) in parts.reversed().enumerated() {
            for parameter in part.parameters { result[parameter.name] = depth }
        }
        return result
    }
}
