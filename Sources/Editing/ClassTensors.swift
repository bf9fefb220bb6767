import Zoo

/// The tensors of a head that hold one row a class: what changes when a model's classes do.
struct ClassTensors {
    /// In the graph's order.
    let names: [String]

    /// Found by asking the head for one class more (or less), so that a head need not say so itself.
    /// - Throws: `GraftError.invalidModel` for a head whose tensors depend on the classes in another way, or not at all.
    init(_ model: Model, classes: Int) throws(GraftError) {
        let other = try Model(
            backbone: model.backbone, pooling: model.pooling, head: model.head,
            outputs: model.outputs < 100_000 ? model.outputs + 1 : model.outputs - 1)
        let ours = try model.graph().parameters
        let shapes = Dictionary(try other.graph().parameters.map { ($0.name, $0.shape) }) { first, _ in first }
        var names: [String] = []
        var isRegular = model.outputs == classes && shapes.count == ours.count
        for parameter in ours where shapes[parameter.name] != parameter.shape {
            names.append(parameter.name)
            isRegular =
                isRegular && parameter.shape.first == model.outputs
                && shapes[parameter.name] == [other.outputs] + parameter.shape.dropFirst()
        }
        guard isRegular, !names.isEmpty else {
            throw GraftError(
                .invalidModel, "the head '\(type(of: model.head).kind)' has no row for each class",
                expected: "\(classes) rows", found: names.isEmpty ? "none" : "\(model.outputs) for \(classes) classes",
                remedy: "make a new head with: graft retarget")
        }
        self.names = names
    }

    /// A tensor of rows taken from others.
    /// - Parameter rows: for each row of the result where its values are.
    static func assemble(_ rows: [ArraySlice<Float>], like shape: [Int]) throws(GraftError) -> Tensor {
        try Tensor(shape: [rows.count] + shape.dropFirst(), elements: rows.flatMap { $0 })
    }
}

extension Tensor {
    /// The values of one index of the first extent.
    func row(_ index: Int) -> ArraySlice<Float> {
        let size = shape.dropFirst().reduce(1, *)
        return elements[index * size..<(index + 1) * size]
    }
}
