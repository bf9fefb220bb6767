import Zoo

/// Weights that are whole multiples, from -127 to 127, of a step for each output channel: as a file keeps them.
struct ByteStorage: Sendable {
    /// Of the tensor's name, for the member with the steps.
    static let suffix = ".scale"

    let values: [Int8]
    /// Little-endian.
    let steps: [Float]

    /// nil for any other tensor: every number has to come back as it is.
    init?(_ tensor: Tensor) {
        guard tensor.shape.count >= 2, let channels = tensor.shape.first, channels > 0, !tensor.elements.isEmpty else {
            return nil
        }
        let size = tensor.elements.count / channels
        var values: [Int8] = []
        var steps: [Float] = []
        values.reserveCapacity(tensor.elements.count)
        for channel in 0..<channels {
            let part = tensor.elements[channel * size..<(channel + 1) * size]
            var largest: Float = 0
            for value in part { largest = max(largest, value.magnitude) }
            let step = largest / 127
            for value in part {
                let whole = step == 0 ? 0 : (value / step).rounded(.toNearestOrEven)
                guard whole.magnitude <= 127, (Float(Int8(whole)) * step).bitPattern == value.bitPattern else {
                    return nil
                }
                values.append(Int8(whole))
            }
            steps.append(step)
        }
        self.values = values
        self.steps = steps
    }
}
