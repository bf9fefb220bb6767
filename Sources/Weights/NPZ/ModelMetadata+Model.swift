public import Zoo

extension ModelMetadata {
    /// The description of the model that the file holds.
    /// - Parameter outputs: the number of classes, the file's for nil.
    /// - Throws: `ZooError` for a backbone, head or pooling that the registry does not know.
    public func model(registry: Registry, outputs: Int? = nil) throws(ZooError) -> Model {
        let backbone = try registry.backbone(backbone)
        guard let pooling = Pooling(rawValue: pooling) else {
            throw .unknown("pooling", self.pooling, among: Pooling.allCases.map(\.rawValue))
        }
        let head = try registry.head(head.kind, options: Options(head.options, path: "head"), for: backbone)
        return try Model(backbone: backbone, pooling: pooling, head: head, outputs: outputs ?? classes.count)
    }
}
