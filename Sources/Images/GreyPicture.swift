import CImage

/// The brightness of a picture's pixels, from 0 to 255, by ITU-R BT.601's weights, as JPEG's.
package struct GreyPicture: Sendable, Hashable {
    package let width: Int
    package let height: Int
    /// `[height, width]`
    package let values: [Float]

    package init(_ picture: Picture) {
        width = picture.width
        height = picture.height
        let size = width * height
        values = [Float](unsafeUninitializedCapacity: size) { target, count in
            if let start = target.baseAddress { graft_image_grey(picture.pixels, size, start) }
            count = size
        }
    }

    /// How much the pixels of a part differ from their neighbours, and how much of that a blur along the same way takes
    /// away: sums of magnitudes.
    /// - Parameters:
    ///   - isAlongRows: whether a neighbour is the pixel to the left, else the one above.
    ///   - reach: half the width of the blur. All of its pixels have to be there: columns (or rows) from `reach + 1` on.
    package func detail(
        columns: Range<Int>, rows: Range<Int>, isAlongRows: Bool, reach: Int
    ) -> (sharp: Float, lost: Float) {
        let (inner, outer) = isAlongRows ? (columns, width) : (rows, height)
        precondition(
            reach >= 0 && inner.lowerBound > reach && inner.upperBound <= outer - reach && columns.lowerBound >= 0
                && columns.upperBound <= width && rows.lowerBound >= 0 && rows.upperBound <= height,
            "neighbours outside of the picture")
        var sums: (Float, Float) = (0, 0)
        withUnsafeMutableBytes(of: &sums) { sums in
            graft_image_detail(
                values, width, [columns.lowerBound, columns.upperBound], [rows.lowerBound, rows.upperBound],
                isAlongRows ? 1 : width, reach, sums.baseAddress?.assumingMemoryBound(to: Float.self))
        }
        return (sums.0, sums.1)
    }
}
