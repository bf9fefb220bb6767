import Images
import Synchronization
import Zoo

/// Decoded pictures of earlier epochs, as many as fit. None is ever given up for another: every epoch asks for every
/// picture once, so that whichever are kept are equally worth keeping.
final class PictureCache: Sendable {
    private struct Content {
        var pictures: [Int: Picture] = [:]
        var bytes = 0
    }

    private let limit: Int
    private let content = Mutex(Content())

    /// - Parameter limit: bytes of pixels.
    init(limit: Int) { self.limit = limit }

    /// Bytes of pixels that are held.
    var bytes: Int { content.withLock { $0.bytes } }

    /// The picture of that index, by `decode` where it is not held.
    func picture(_ index: Int, decode: () throws(GraftError) -> Picture) throws(GraftError) -> Picture {
        if let known = content.withLock({ $0.pictures[index] }) { return known }
        let picture = try decode()
        content.withLock { content in
            let size = picture.pixels.count
            guard content.pictures[index] == nil, content.bytes + size <= limit else { return }
            content.pictures[index] = picture
            content.bytes += size
        }
        return picture
    }
}
