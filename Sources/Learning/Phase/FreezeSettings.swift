import Zoo

/// `train.freeze`: which part of a model stays as it is. What is frozen keeps its bits, running statistics too.
public enum FreezeSettings: Sendable, Hashable {
    /// Everything before the head.
    case backbone
    /// Nothing.
    case none
    /// The first two thirds of the backbone's stages, rounded down: what is near to the pictures and alike for most of them.
    case twoThirds
    /// All of the backbone but its last stages, counted as in `ModelParts`.
    case allButLast(stages: Int)
    /// The tensors whose names fit one of the patterns: `*` stands for any characters, `?` for one.
    case patterns([String])

    /// Reads the key `freeze`: `backbone`, `two_thirds`, `none`, `{stages: N}` or a list of patterns; nil where it is absent.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    static func read(_ options: inout Options) throws(GraftError) -> FreezeSettings? {
        switch options.value("freeze") {
        case nil: return nil
        case .map(let map):
            var inner = Options(map, path: options.path(of: "freeze"))
            guard let count = try inner.integer("stages", in: 1...1000) else {
                throw GraftError(
                    .invalidValue, "missing", parameter: inner.path(of: "stages"),
                    expected: "how many of the backbone's last stages train")
            }
            try inner.finish()
            return .allButLast(stages: count)
        case .list(let list):
            var patterns: [String] = []
            for item in list {
                guard case .string(let pattern) = item, !pattern.isEmpty else {
                    throw options.wrong("freeze", item, expected: "patterns of names, as in [features.0.*]")
                }
                patterns.append(pattern)
            }
            return .patterns(patterns)
        case .string, .null, .bool, .number:
            switch try options.choice("freeze", of: ["backbone", "two_thirds", "none"]) {
            case "two_thirds": return .twoThirds
            case "none": return FreezeSettings.none
            default: return .backbone
            }
        }
    }
}

extension FreezeSettings: CustomStringConvertible {
    /// As a configuration says it.
    public var description: String {
        switch self {
        case .backbone: "backbone"
        case .none: "none"
        case .twoThirds: "two_thirds"
        case .allButLast(let stages): "{stages: \(stages)}"
        case .patterns(let patterns): "[\(patterns.joined(separator: ", "))]"
        }
    }
}

/// Whether a name fits a pattern in which `*` stands for any characters and `?` for one.
func matches(_ name: String, pattern: String) -> Bool {
    let name = Array(name.utf8), pattern = Array(pattern.utf8)
    var (n, p) = (0, 0)
    // Where to go on if the last star has to swallow one character more.
    var retry: (n: Int, p: Int)?
    while n < name.count {
        if p < pattern.count, pattern[p] == UInt8(ascii: "*") {
            retry = (n, p + 1)
            p += 1
        } else if p < pattern.count, pattern[p] == name[n] || pattern[p] == UInt8(ascii: "?") {
            n += 1
            p += 1
        } else if let last = retry {
            n = last.n + 1
            p = last.p
            retry = (n, p)
        } else {
            return false
        }
    }
    return pattern[p...].allSatisfy { $0 == UInt8(ascii: "*") }
}
