import Yams
import Zoo

/// The only place that parses YAML. Its errors name the file, the line and what is wrong.
enum YAMLReader {
    /// Bounds what aliases may expand to.
    private static let nodeLimit = 200_000

    /// - Parameter file: what messages call it.
    static func parse(_ text: String, file: String) throws(GraftError) -> YAMLValue {
        do {
            guard let node = try Yams.compose(yaml: text) else { return .scalar("", isPlain: true) }
            var budget = nodeLimit
            return try value(of: node, file: file, budget: &budget)
        } catch let error as GraftError {
            throw error
        } catch let error as YamlError {
            let (line, problem) = explain(error, in: text)
            throw GraftError(
                .invalidValue, "not valid YAML: \(problem)", file: line.map { "\(file):\($0)" } ?? file)
        } catch {
            throw GraftError(.invalidValue, "not valid YAML", file: file, found: short("\(error)"))
        }
    }

    private static func value(of node: Node, file: String, budget: inout Int) throws(GraftError) -> YAMLValue {
        budget -= 1
        guard budget > 0 else {
            throw GraftError(
                .invalidValue, "the configuration is too large", file: file, expected: "at most \(nodeLimit) values")
        }
        switch node {
        case .scalar(let scalar):
            return .scalar(scalar.string, isPlain: scalar.style == .plain || scalar.style == .any)
        case .sequence(let sequence):
            var list: [YAMLValue] = []
            for item in sequence { list.append(try value(of: item, file: file, budget: &budget)) }
            return .list(list)
        case .mapping(let mapping):
            var map: [String: YAMLValue] = [:]
            for (key, item) in mapping {
                guard case .scalar(let name) = key else {
                    throw GraftError(.invalidValue, "a key must be a word", file: position(key.mark, in: file))
                }
                map[name.string] = try value(of: item, file: file, budget: &budget)
            }
            return .map(map)
        case .alias:
            throw GraftError(.invalidValue, "an alias that stands for nothing", file: position(node.mark, in: file))
        }
    }

    private static func position(_ mark: Mark?, in file: String) -> String { mark.map { "\(file):\($0.line)" } ?? file }

    private static func explain(_ error: YamlError, in text: String) -> (line: Int?, problem: String) {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
            // The parser may notice it a line later.
            for line in [mark.line, mark.line - 1]
            where lines.indices.contains(line - 1) && lines[line - 1].prefix(while: \.isWhitespace).contains("\t") {
                return (line, "a tab cannot indent a line; use spaces")
            }
            return (mark.line, problem)
        case .duplicatedKeysInMapping(let duplicates, let context):
            return (context.mark.line, "the key '\(duplicates.first ?? "")' stands there twice")
        case .reader(let problem, _, _, _): return (nil, problem)
        default: return (nil, short("\(error)"))
        }
    }

    /// At most 80 characters.
    static func short(_ text: String) -> String { text.count > 80 ? "\(text.prefix(77))..." : text }
}
