/// Something that can describe itself as nodes of a graph. Built-in layers are in this folder; a plugin composes them.
public protocol Layer: Sendable {
    /// Appends this layer's nodes and returns its output.
    func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value
}

/// A layer that is a list of other layers.
public protocol CompositeLayer: Layer {
    @LayerBuilder var layers: [any Layer] { get }
}

extension CompositeLayer {
    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try Sequential(layers).build(input, in: &graph)
    }
}

/// Collects layers written one below the other; `if`, `for` and optional layers work.
@resultBuilder
public enum LayerBuilder {
    /// One layer.
    public static func buildExpression(_ layer: any Layer) -> [any Layer] { [layer] }
    /// A list of layers.
    public static func buildExpression(_ layers: [any Layer]) -> [any Layer] { layers }
    /// One after the other.
    public static func buildBlock(_ parts: [any Layer]...) -> [any Layer] { parts.flatMap { $0 } }
    /// `if` without `else`.
    public static func buildOptional(_ part: [any Layer]?) -> [any Layer] { part ?? [] }
    /// A branch of `if` or `switch`.
    public static func buildEither(first part: [any Layer]) -> [any Layer] { part }
    /// A branch of `if` or `switch`.
    public static func buildEither(second part: [any Layer]) -> [any Layer] { part }
    /// `for`.
    public static func buildArray(_ parts: [[any Layer]]) -> [any Layer] { parts.flatMap { $0 } }
}

/// Layers one after the other, named 0, 1, 2 … as in PyTorch's `nn.Sequential`; a `.named` layer keeps its own name.
public struct Sequential: Layer {
    private let layers: [any Layer]

    /// The layers in their order.
    public init(_ layers: [any Layer]) { self.layers = layers }

    /// The layers in their order.
    public init(@LayerBuilder _ layers: () -> [any Layer]) { self.layers = layers() }

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        var value = input
        for (index, layer) in layers.enumerated() {
            value = try layer.build(value, position: index, in: &graph)
        }
        return value
    }
}

/// Layers that decide about their own path component.
private protocol Naming {}

extension Layer {
    /// Builds the layer as one of a list: its position names it, unless it has a name of its own.
    func build(_ input: Value, position: Int, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        guard !(self is any Naming) else { return try build(input, in: &graph) }
        return try graph.within("\(position)") { (graph) throws(GraftError) in try build(input, in: &graph) }
    }
}

/// A layer under a path of the author's choice.
public struct NamedLayer: Layer, Naming {
    fileprivate let name: String
    fileprivate let layer: any Layer

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try graph.within(name) { (graph) throws(GraftError) in try layer.build(input, in: &graph) }
    }
}

extension Layer {
    /// This layer under the path component `name` (which may hold dots) in place of its position.
    public func named(_ name: String) -> NamedLayer { NamedLayer(name: name, layer: self) }
}

/// A layer without a path component: what it holds stands in the path of the list around it.
public struct UnnamedLayer: Layer, Naming {
    fileprivate let layer: any Layer

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        try layer.build(input, in: &graph)
    }
}

extension Layer {
    /// This layer without its position in the path: for a branch of several layers whose names the block gives.
    public var unnamed: UnnamedLayer { UnnamedLayer(layer: self) }
}

/// A part of a backbone after which the graph may be cut. Its name is the path of its layers.
public struct Stage: Layer, Naming {
    private let name: String
    private let layer: any Layer

    /// - Parameter name: the path of the layers inside, relative to where the stage stands.
    public init(_ name: String, _ layer: any Layer) {
        self.name = name
        self.layer = layer
    }

    /// - Parameter name: the path of the layers inside, relative to where the stage stands.
    public init(_ name: String, @LayerBuilder _ layers: () -> [any Layer]) {
        self.init(name, Sequential(layers()))
    }

    /// Appends the nodes and returns the output.
    public func build(_ input: Value, in graph: inout GraphBuilder) throws(GraftError) -> Value {
        let (path, output) = try graph.within(name) { (graph) throws(GraftError) in
            (graph.currentPath, try layer.build(input, in: &graph))
        }
        graph.endStage(path, at: output)
        return output
    }
}
