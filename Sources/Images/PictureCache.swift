import Synchronization
package import Zoo

/// Decoded pictures, as many as fit, so that none is decoded twice. None is ever given up for another: every epoch asks for
/// every picture once, so that whichever are kept are equally worth keeping.
package final class PictureCache: Sendable {
    /// Some 900 pictures of 512x384.
    package static let defaultLimit = 512 << 20

    private struct Content {
        /// By the bytes of the path: two names may be equal strings.
        var pictures: [[UInt8]: Picture] = [:]
        var bytes = 0
    }

    private let limit: Int
    private let content = Mutex(Content())

    /// - Parameter limit: bytes of pixels.
    package init(limit: Int = PictureCache.defaultLimit) { self.limit = limit }

    /// Bytes of pixels that are held.
    package var bytes: Int { content.withLock { $0.bytes } }

    /// The picture of that file, nil where it is not held.
    package subscript(path: String) -> Picture? { content.withLock { $0.pictures[Array(path.utf8)] } }

    /// Holds a picture, if there is room.
    package func keep(_ picture: Picture, path: String) {
        content.withLock { content in
            let size = picture.pixels.count
            guard content.pictures[Array(path.utf8)] == nil, content.bytes + size <= limit else { return }
            content.pictures[Array(path.utf8)] = picture
            content.bytes += size
        }
    }

    /// The picture of that file, by `decode` where it is not held.
    package func picture(
        _ path: String, decode: () throws(GraftError) -> Picture
    ) throws(GraftError) -> Picture {
        if let known = self[path] { return known }
        let picture = try decode()
        keep(picture, path: path)
        return picture
    }
}
