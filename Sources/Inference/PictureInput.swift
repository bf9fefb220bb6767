public import Images

/// A picture to be answered: where its bytes or its pixels are.
public enum PictureInput: Sendable, Hashable {
    /// A file.
    case path(String)
    /// A file's bytes: JPEG, PNG or whatever else Graft reads. `name` is what answers and messages call it.
    case bytes([UInt8], name: String)
    /// Pixels, upright.
    case picture(Picture, name: String)

    /// What answers and messages call it.
    public var name: String {
        switch self {
        case .path(let path): path
        case .bytes(_, let name), .picture(_, let name): name
        }
    }
}
