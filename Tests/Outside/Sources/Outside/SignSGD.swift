import Graft

/// signSGD with momentum (arXiv:1802.04434): every value moves by the learning rate, in the direction of a mean gradient.
struct SignSGD: UpdateRule {
    static let kind = "sign_sgd"

    private let momentum: Double

    init(options: inout Options) throws(GraftError) {
        momentum = try options.number("momentum", in: 0...0.9999) ?? 0.9
    }

    var options: [String: OptionValue] { ["momentum": .number(momentum)] }
    var buffers: [String] { ["mean"] }

    func update(_ values: inout [Float], gradient: [Float], buffers: inout [[Float]], at step: UpdateStep) {
        let (keep, rate) = (Float(momentum), Float(step.rate))
        for index in values.indices {
            let mean = keep * buffers[0][index] + (1 - keep) * gradient[index]
            buffers[0][index] = mean
            values[index] -= mean > 0 ? rate : mean < 0 ? -rate : 0
        }
    }
}
