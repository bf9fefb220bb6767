package import Zoo

/// Weights of 8 bits as float32 numbers: every output channel's are whole multiples, from -127 to 127, of a 127th of the largest.
/// The step has 17 binary digits, so that all multiples of it are exact and the step can be found again.
package enum WeightGrid {
    /// The step of a channel whose largest magnitude that is.
    package static func step(_ largest: Float) -> Float {
        guard largest > 0, largest.isFinite else { return 0 }
        let step = largest / 127
        let rounded = Float(bitPattern: (step.bitPattern &+ 0x40) & ~0x7f)
        return rounded.isNormal ? rounded : 0
    }

    /// The nearest numbers of the grid.
    /// - Parameter tensor: `[out, ...]`
    package static func rounded(_ tensor: Tensor) -> Tensor {
        var tensor = tensor
        let channels = tensor.shape.first ?? 0, size = channels > 0 ? tensor.elements.count / channels : 0
        tensor.withElements { values in
            for channel in 0..<channels {
                let part = channel * size..<(channel + 1) * size
                var largest: Float = 0
                for index in part { largest = max(largest, values[index].magnitude) }
                let step = step(largest)
                for index in part {
                    // 0 is added so that it is never negative: a file's whole numbers know one 0.
                    values[index] =
                        step == 0
                        ? 0 : max(-127, min(127, (values[index] / step).rounded(.toNearestOrEven))) * step + 0
                }
            }
        }
        return tensor
    }
}
