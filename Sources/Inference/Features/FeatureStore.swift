import Weights
import Zoo

/// Features on disk: `features/KEY/NAME.npz` in the cache directory.
///
/// A file holds rows that were new in one run, `features` `[N, F]` and `digests` `[N, 32]` (the bytes of each picture's
/// SHA-256), and never changes. It appears whole under a name of its own, so that processes need not know of each other;
/// one that is damaged is removed and its rows are made again. Many small files of a key become one. When all files
/// together exceed the limit, the least recently used ones go.
struct FeatureStore: Sendable {
    let directory: String
    let key: FeatureKey
    /// More files of one key than this become one.
    var fileLimit = 8

    private var root: String { "\(directory)/features" }
    private var folder: String { "\(root)/\(key.name)" }

    init(directory: String, key: FeatureKey) {
        self.directory = directory
        self.key = key
    }

    /// The rows of a key.
    struct Content: Sendable {
        fileprivate var rows: [String: (features: [Float], file: String)] = [:]
        fileprivate var files: [String] = []

        subscript(digest: String) -> [Float]? { rows[digest]?.features }
    }

    /// Every readable row of this key.
    func load(dimension: Int) -> Content {
        var content = Content()
        let names = FileSystem.names(in: folder) ?? []
        for name in names.sorted() where name.hasSuffix(".npz") && !name.hasPrefix(".") {
            let path = "\(folder)/\(name)"
            guard let rows = Self.read(path, dimension: dimension) else {
                FileSystem.remove(path)
                continue
            }
            content.files.append(path)
            for (digest, features) in rows { content.rows[digest] = (features, path) }
        }
        return content
    }

    /// Keeps new rows, marks the files of the `used` ones as recent, and removes what is too much.
    /// - Returns: why rows could not be kept, nil where they were.
    func save(_ new: [(digest: String, features: [Float])], beside known: Content, used: Set<String>) -> String? {
        for path in Set(used.compactMap { known.rows[$0]?.file }) {
            FileSystem.touch(path)
        }
        guard !new.isEmpty else { return nil }
        let isMerging = known.files.count >= fileLimit
        var rows: [String: [Float]] = isMerging ? known.rows.mapValues(\.features) : [:]
        for row in new { rows[row.digest] = row.features }
        guard FileSystem.makeFolder(folder) else { return "the folder \(folder.shown) cannot be made" }
        do {
            let path = try write(rows)
            if isMerging {
                for file in known.files where file != path { FileSystem.remove(file) }
            }
        } catch {
            return error.description
        }
        FeatureCache.trim(directory, to: FeatureCache.sizeLimit)
        return nil
    }

    private func write(_ rows: [String: [Float]]) throws(GraftError) -> String {
        let digests = rows.keys.sorted()
        let features = digests.flatMap { rows[$0] ?? [] }
        let dimension = features.count / max(1, digests.count)
        var state = StateDict()
        do {
            state["digests"] = try Tensor(shape: [digests.count, 32], elements: digests.flatMap(Self.bytes))
            state["features"] = try Tensor(shape: [digests.count, dimension], elements: features)
        } catch {
            throw GraftError(.value, error.message, expected: error.context.expected, found: error.context.found)
        }
        let path = "\(folder)/\(Hash.sha256(digests.joined()).prefix(32)).npz"
        try NPZ.write(state, to: path, level: 0)
        return path
    }

    private static func read(_ path: String, dimension: Int) -> [String: [Float]]? {
        guard let state = try? WeightFile(path: path).load(), let digests = state["digests"],
            let features = state["features"], digests.shape.count == 2, digests.shape[1] == 32,
            features.shape == [digests.shape[0], dimension]
        else { return nil }
        var rows: [String: [Float]] = [:]
        for row in 0..<digests.shape[0] {
            guard let digest = hexadecimal(digests.elements[row * 32..<(row + 1) * 32]) else { return nil }
            rows[digest] = Array(features.elements[row * dimension..<(row + 1) * dimension])
        }
        return rows
    }

    private static func bytes(_ digest: String) -> [Float] {
        let digits = Array(digest.utf8)
        return stride(from: 0, to: digits.count - 1, by: 2).map { index in
            Float(UInt8(String(decoding: digits[index..<index + 2], as: UTF8.self), radix: 16) ?? 0)
        }
    }

    private static func hexadecimal(_ values: ArraySlice<Float>) -> String? {
        var text = ""
        for value in values {
            guard let byte = UInt8(exactly: value) else { return nil }
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }
        return text
    }
}
