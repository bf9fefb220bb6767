import Zoo

extension Loss {
    /// The error for targets that the loss has no meaning for.
    static func unfit(_ targets: Targets) -> GraftError {
        GraftError(
            .invalidValue, "the loss '\(kind)' does not learn \(targets.kind)", parameter: "train.loss",
            remedy: "choose another, or leave the key out")
    }

    /// A loss that is a sum over all outputs, each on its own, divided by their number (PyTorch's reduction "mean").
    /// - Parameters:
    ///   - goals: what is to be learnt, in the shape of `outputs`.
    ///   - weights: one a column; nil for 1 everywhere. The number that is divided by does not change with them.
    ///   - term: a pair's loss and its derivative by the output.
    func elementwise(
        _ outputs: Tensor, _ goals: Tensor, weights: [Double]?,
        _ term: (_ output: Double, _ goal: Double) -> (loss: Double, slope: Double)
    ) throws(GraftError) -> LossValue {
        guard outputs.shape == goals.shape else {
            throw GraftError(
                .shapeMismatch, "the targets do not fit the outputs", expected: Tensor.describe(outputs.shape),
                found: Tensor.describe(goals.shape))
        }
        let count = outputs.elements.count
        let columns = max(1, outputs.shape.last ?? 1)
        var sum = 0.0
        var gradient = Tensor(shape: outputs.shape)
        gradient.withElements { gradient in
            for index in 0..<count {
                let weight = weights?[index % columns] ?? 1
                let (loss, slope) = term(Double(outputs.elements[index]), Double(goals.elements[index]))
                sum += weight * loss
                gradient[index] = Float(weight * slope / Double(count))
            }
        }
        return LossValue(sum: sum, weight: Double(count), gradient: gradient)
    }

    /// Every class as a label of its own: what outputs that each answer yes or no are to learn. One output for two classes
    /// is the second one's.
    func multiHot(_ targets: Targets, outputs: Tensor) throws(GraftError) -> Tensor {
        switch targets {
        case .labels(let rows):
            return rows
        case .probabilities(let rows):
            guard outputs.shape.last == 1, rows.shape.last == 2 else { return rows }
            var second = Tensor(shape: outputs.shape)
            second.withElements { second in
                for index in second.indices { second[index] = rows.elements[2 * index + 1] }
            }
            return second
        case .classes(let indices):
            var rows = Tensor(shape: outputs.shape)
            let columns = outputs.shape.last ?? 0
            rows.withElements { rows in
                for (row, index) in indices.enumerated() {
                    if columns == 1 { rows[row] = Float(index) } else { rows[row * columns + index] = 1 }
                }
            }
            return rows
        case .values:
            throw Self.unfit(targets)
        }
    }
}
