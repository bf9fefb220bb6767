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
    ) -> LossValue {
        precondition(outputs.shape == goals.shape, "a goal an output")
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
        case .labels(let rows), .probabilities(let rows):
            return rows
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
