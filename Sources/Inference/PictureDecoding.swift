/// How JPEG files become pixels.
public enum PictureDecoding: Sendable, Hashable {
    /// All pixels, as Pillow decodes them.
    case exact
    /// At a half, a quarter or an eighth of the size where that leaves at least twice the pixels that are needed. The
    /// answers differ a little; files of other formats and small pictures are decoded as ever.
    case fast

    /// The fewest pixels of the shorter side to decode; nil for all.
    /// - Parameter resize: the shorter side after resizing.
    func shortSide(resize: Int) -> Int? {
        switch self {
        case .exact: nil
        case .fast: 2 * resize
        }
    }
}
