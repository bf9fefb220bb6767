/// The rows of some images, one image's after the other's, taken several at a time.
struct ImageRows: Sendable {
    /// Rows of an image.
    let height: Int
    let atOnce: Int

    func runs(images: Int) -> [Range<Int>] {
        let count = images * height
        return stride(from: 0, to: count, by: atOnce).map { $0..<min(count, $0 + atOnce) }
    }

    /// Which row of which image a row is.
    func place(_ row: Int) -> (image: Int, row: Int) {
        let (image, row) = row.quotientAndRemainder(dividingBy: height)
        return (image, row)
    }
}
