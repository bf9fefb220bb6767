public import Zoo

extension ModelMetadata {
    /// The description of the model that the file holds.
    /// - Parameters:
    ///   - count: the number of classes, the file's for nil.
    ///   - file: what errors call the file.
    /// - Throws: `GraftError` for a backbone, head or pooling that the registry does not know.
    public func model(registry: Registry, classes count: Int? = nil, file: String? = nil) throws(GraftError) -> Model {
        do throws(GraftError) {
            return try described(registry: registry, classes: count)
        } catch {
            var error = error
            error.context.file = error.context.file ?? file
            throw error
        }
    }

    private func described(registry: Registry, classes count: Int?) throws(GraftError) -> Model {
        let backbone = try registry.backbone(backbone)
        guard let pooling = Pooling(rawValue: pooling) else {
            throw .unknown("pooling", self.pooling, among: Pooling.allCases.map(\.rawValue))
        }
        let head = try registry.head(head.kind, options: Options(head.options, path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: pooling, head: head, classes: count ?? classes.count)
    }
}
