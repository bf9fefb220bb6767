import Foundation
import Images
import Weights
import Zoo

/// Pictures to measure with where there are no others: clouds of every size.
final class DrawnPictures {
    let paths: [String]
    private let folder: String
    private static let width = 512, height = 384, count = 16

    /// - Throws: an error of the file system.
    init() throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("graft-bench-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        paths = (0..<Self.count).map { [folder] in "\(folder)/\($0).jpg" }
        for (index, path) in paths.enumerated() {
            try AtomicFile.write(try Self.draw(UInt64(index)).jpeg(quality: 90), to: path)
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    /// How strong each grid is, of 256 in all; each twice as fine as the one before. A file has about 55 kB then, as a
    /// photograph's.
    private static let strengths = [53, 45, 38, 32, 27, 23, 20, 18]

    /// Random colours on ever finer grids.
    private static func draw(_ seed: UInt64) throws -> Picture {
        var sum = [Int](repeating: 0, count: width * height * 3)
        var state = seed
        for (octave, strength) in strengths.enumerated() {
            let columns = 4 << octave, rows = 3 << octave
            let grid = (0..<columns * rows * 3).map { _ in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return UInt8(truncatingIfNeeded: state >> 56)
            }
            let layer = try Picture(width: columns, height: rows, pixels: grid).resized(width: width, height: height)
            for index in sum.indices { sum[index] += Int(layer.pixels[index]) * strength }
        }
        return try Picture(width: width, height: height, pixels: sum.map { UInt8($0 >> 8) })
    }
}
