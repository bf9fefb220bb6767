import Engine

/// The running average of weights and running statistics, as torchvision's references keep it
/// (`torch.optim.swa_utils.AveragedModel` with `use_buffers`): the first step's values, then `decay` of the average and
/// the rest of each step's.
struct WeightAverage: Sendable {
    let decay: Double
    /// One a parameter of the plan; empty before the first step.
    private(set) var values: [[Float]] = []

    init(decay: Double) { self.decay = decay }

    /// One that goes on from earlier values.
    init(decay: Double, values: [[Float]]) {
        self.decay = decay
        self.values = values
    }

    mutating func update(_ current: [[Float]]) {
        guard !values.isEmpty else {
            values = current
            return
        }
        let keep = Float(decay), take = Float(1 - decay)
        for index in values.indices {
            let new = current[index]
            values[index].withUnsafeMutableBufferPointer { average in
                for position in average.indices {
                    average[position] = keep * average[position] + take * new[position]
                }
            }
        }
    }
}
