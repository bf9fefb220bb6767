public import Zoo

/// Which optimiser, and its constants, with PyTorch's names, meanings and defaults.
public struct OptimizerSettings: Sendable, Hashable {
    /// The rules that are known.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// arXiv:1412.6980; weight decay is added to the gradient (`torch.optim.Adam`).
        case adam
        /// arXiv:1711.05101; weight decay is taken off the weights (`torch.optim.AdamW`).
        case adamw
        /// `torch.optim.SGD`, dampening 0.
        case sgd
    }

    /// The rule.
    public var kind = Kind.adam
    /// What the schedule starts from.
    public var learningRate = 0.001
    /// How strongly weights are pulled to 0.
    public var weightDecay = 0.0
    /// Decay of the gradients' running mean (Adam, AdamW).
    public var beta1 = 0.9
    /// Decay of the running mean of the gradients' squares.
    public var beta2 = 0.999
    /// Added to the square root that Adam divides by.
    public var epsilon = 1e-8
    /// SGD's; 0 for none.
    public var momentum = 0.0
    /// SGD looks one step ahead.
    public var nesterov = false

    /// Adam at a rate of 0.001.
    public init() {}

    /// Reads `kind`, `learning_rate` and `weight_decay`, then the keys of the kind: `betas` and `epsilon`, or `momentum`
    /// and `nesterov`. Defaults: rate 0.001 (SGD 0.01), weight decay 0 (AdamW 0.01), momentum 0.9.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    public init(options: inout Options) throws(GraftError) {
        let name = try options.choice("kind", of: Kind.allCases.map(\.rawValue))
        kind = name.flatMap(Kind.init) ?? kind
        if let rate = options.value("learning_rate") {
            guard let number = try options.number("learning_rate"), number > 0, number <= 1000 else {
                throw options.wrong("learning_rate", rate, expected: "a number above 0, at most 1000")
            }
            learningRate = number
        } else {
            learningRate = kind == .sgd ? 0.01 : 0.001
        }
        weightDecay = try options.number("weight_decay", in: 0...10) ?? (kind == .adamw ? 0.01 : 0)
        switch kind {
        case .adam, .adamw:
            if let pair = try options.list("betas") {
                guard pair.count == 2, case .number(let first) = pair[0], case .number(let second) = pair[1],
                    (0..<1).contains(first), (0..<1).contains(second)
                else {
                    throw options.wrong("betas", .list(pair), expected: "two numbers from 0 to below 1")
                }
                (beta1, beta2) = (first, second)
            }
            if let value = try options.number("epsilon", in: 0...1) {
                // Where a gradient is 0, a step would be 0 / 0.
                guard value > 0 else {
                    throw options.wrong("epsilon", .number(value), expected: "a number above 0, at most 1")
                }
                epsilon = value
            }
        case .sgd:
            momentum = try options.number("momentum", in: 0...0.9999) ?? 0.9
            nesterov = try options.bool("nesterov") ?? nesterov
            guard !nesterov || momentum > 0 else {
                throw GraftError(
                    .invalidValue, "Nesterov's step needs momentum", parameter: options.path(of: "nesterov"),
                    remedy: "set \(options.path(of: "momentum")) above 0")
            }
        }
        do throws(GraftError) { try options.finish() } catch { throw owned(error, options) }
    }

    /// The error of a key that another rule has says whose it is.
    private func owned(_ error: GraftError, _ options: Options) -> GraftError {
        var error = error
        let others =
            kind == .sgd
            ? ["betas": "adam or adamw", "epsilon": "adam or adamw"] : ["momentum": "sgd", "nesterov": "sgd"]
        for (key, owner) in others where error.message == "unknown key '\(options.path(of: key))'" {
            error.context.remedy = "it belongs to kind: \(owner)"
        }
        return error
    }
}
