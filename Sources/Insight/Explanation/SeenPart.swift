package import Zoo

/// The part of a picture that a model sees, in pixels of the upright original: what resizing and cutting leave.
package struct SeenPart: Sendable, Hashable {
    /// The left edge.
    package let left: Double
    /// The upper edge.
    package let top: Double
    /// Columns.
    package let width: Double
    /// Rows.
    package let height: Double

    /// What `Preprocessing.crop(of:)` takes of a picture of that size.
    package init(of preprocessing: Preprocessing, width: Int, height: Int) {
        let short = min(width, height)
        func axis(_ side: Int) -> (start: Double, length: Double) {
            let output = side == short ? preprocessing.resize : preprocessing.resize * side / short
            let start = (Double(output - preprocessing.crop) / 2).rounded(.toNearestOrEven)
            let scale = Double(side) / Double(output)
            return (start * scale, Double(preprocessing.crop) * scale)
        }
        (left, self.width) = axis(width)
        (top, self.height) = axis(height)
    }

    /// A pixel's centre as a share of the part, or nil outside of it.
    func share(x: Double, y: Double) -> (x: Double, y: Double)? {
        let (across, down) = ((x - left) / width, (y - top) / height)
        guard (0...1).contains(across), (0...1).contains(down) else { return nil }
        return (across, down)
    }
}

extension HeatMap {
    /// The centre of the hottest cell in pixels of the original picture.
    package func hottestPoint(in part: SeenPart) -> (x: Double, y: Double) {
        let (row, column) = hottest
        return (
            part.left + (Double(column) + 0.5) / Double(columns) * part.width,
            part.top + (Double(row) + 0.5) / Double(rows) * part.height
        )
    }
}
