/// Layers that turn a backbone's features `[N, features]` into one value a class `[N, outputs]`.
public protocol Head: Sendable {
    /// The word that configurations name it by.
    static var kind: String { get }

    /// - Parameters:
    ///   - options: what the configuration says beside `kind`. The caller refuses the keys that were not asked for.
    ///   - backbone: whose features it will read; a source of defaults.
    init(options: inout Options, for backbone: any Backbone) throws(ZooError)

    /// The options, defaults filled in: what a model file records.
    var options: [String: OptionValue] { get }

    /// The layers, without a final softmax.
    @LayerBuilder func layers(in context: HeadContext) -> [any Layer]
}

/// What a head's layers depend on.
public struct HeadContext: Sendable {
    /// The number of classes.
    public let outputs: Int
    /// Where torchvision names the last linear layer of this backbone.
    public let classifierPath: String

    /// The surroundings of a head.
    public init(outputs: Int, classifierPath: String) {
        self.outputs = outputs
        self.classifierPath = classifierPath
    }
}

/// How a feature map becomes one vector.
public enum Pooling: String, Sendable, Hashable, Codable, CaseIterable {
    case avg
    case max
    /// Both, one after the other: twice the features.
    case avgMax = "avg+max"
    /// Generalised mean with power 3 (arXiv:1711.02512).
    case gem

    @LayerBuilder var layers: [any Layer] {
        switch self {
        case .avg: GlobalPool.average.named("avgpool")
        case .max: GlobalPool.max.named("avgpool")
        case .avgMax:
            Concatenate {
                GlobalPool.average.named("avgpool")
                GlobalPool.max.named("maxpool")
            }.named("pool")
        case .gem: GlobalPool.generalizedMean(power: 3).named("avgpool")
        }
        Flatten().named("flatten")
    }
}
