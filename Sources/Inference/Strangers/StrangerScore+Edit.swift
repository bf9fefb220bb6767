package import Zoo

extension StrangerScore {
    /// After classes were removed, added or moved: prototypes of removed classes go, pictures of new ones become
    /// prototypes. What is usual stays as it was measured in training.
    /// - Parameters:
    ///   - origins: for each class of the result its old number, nil for a new one.
    ///   - features: for each class of the result the features of its pictures, `[N, features]`, nil where there are none.
    /// - Throws: `GraftError` for features of another width, or where no prototype is left.
    package func edited(origins: [Int?], features: [Tensor?]) throws(GraftError) -> StrangerScore {
        var rows: [Float] = []
        var kept: [Int] = []
        for (label, origin) in origins.enumerated() {
            if let origin {
                for row in labels.indices where labels[row] == origin {
                    rows += prototypes[row]
                    kept.append(label)
                }
            } else if let new = features[label] {
                let unit = try FeatureRows(new).unit
                for row in 0..<min(unit.count, Self.mostPrototypes / max(1, origins.count)) {
                    rows += unit[row]
                    kept.append(label)
                }
            }
        }
        return try StrangerScore(
            prototypes: try FeatureRows(count: kept.count, width: prototypes.width, values: rows), labels: kept,
            cosines: cosines, confidences: confidences, threshold: threshold, promised: promised)
    }
}
