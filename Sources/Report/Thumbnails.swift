import Engine
import Images

/// Small versions of pictures for pages.
package enum Thumbnails {
    /// A JPEG file for each path, on all cores; nil for a picture that cannot be read any more.
    package static func make(_ paths: [String], longSide: Int = 320) -> [[UInt8]?] {
        WorkerPool.map(count: paths.count, threads: (try? ThreadPool.count(nil)) ?? 1) { index in
            try? Picture(path: paths[index]).thumbnail(longSide: longSide).jpeg(quality: 80)
        }
    }
}
