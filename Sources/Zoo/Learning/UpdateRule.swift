/// How a gradient becomes a step. A rule is a value of constants; what it remembers between steps stands in buffers, which
/// have names, so that a checkpoint keeps them.
public protocol UpdateRule: Sendable {
    /// The word that configurations name it by: `train.optimizer.kind`.
    static var kind: String { get }

    /// The learning rate where the configuration does not give one.
    static var defaultLearningRate: Double { get }

    /// - Parameter options: what the configuration says beside `kind` and `learning_rate`. The caller refuses the keys that
    ///   were not asked for.
    init(options: inout Options) throws(GraftError)

    /// The options, defaults filled in. Rules of one kind with the same options are the same.
    var options: [String: OptionValue] { get }

    /// The names of what is remembered of every parameter.
    var buffers: [String] { get }

    /// Moves a parameter.
    /// - Parameters:
    ///   - values: the parameter, whatever its shape.
    ///   - gradient: as many values.
    ///   - buffers: one of the parameter's size for each name, in that order; zeros before the first step.
    func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep)
}

extension UpdateRule {
    /// 0.001
    public static var defaultLearningRate: Double { 0.001 }
}

/// What a step depends on beside the gradient.
public struct UpdateStep: Sendable, Hashable {
    /// Counted from 1.
    public let number: Int
    /// The learning rate, schedule and layer decay applied.
    public let rate: Double
    /// The most threads to use. The result must not depend on it.
    public let threads: Int

    /// A step of that number.
    public init(number: Int, rate: Double, threads: Int = 1) {
        self.number = number
        self.rate = rate
        self.threads = threads
    }
}
