import Engine
import Images

/// Small versions of pictures for pages.
package enum Thumbnails {
    /// A JPEG file for each path; nil for a picture that cannot be read any more.
    /// - Parameter threads: nil for `GRAFT_THREADS`, or else the number of processors.
    package static func make(_ paths: [String], longSide: Int = 320, threads: Int? = nil) -> [[UInt8]?] {
        WorkerPool.map(count: paths.count, threads: (try? ThreadPool.count(threads)) ?? 1) { index in
            try? Picture(path: paths[index]).thumbnail(longSide: longSide).jpeg(quality: 80)
        }
    }
}
