/// Where a JSON document has values that are neither objects nor lists of some: `test.per_class.recall`.
struct DocumentKeys {
    private let paths: Set<String>

    /// Those of a document; a list has the keys of all its elements.
    init(of document: [String: Any]) { paths = Self.paths(of: document, at: "") }

    /// Lines of a path, a colon and the keys there: `test.per_class: class recall`.
    init(_ text: String) {
        paths = text.split(separator: "\n").reduce(into: []) { paths, line in
            let place = line.prefix { $0 != ":" }
            for key in line.dropFirst(place.count + 1).split(separator: " ") {
                paths.insert(Self.join(String(place), String(key)))
            }
        }
    }

    /// Those that the other one lacks.
    func without(_ other: DocumentKeys) -> [String] { paths.subtracting(other.paths).sorted() }

    /// Objects with names of tensors, figures and options for keys.
    private static let leaves: Set = [
        "metadata.head.options", "metadata.metrics", "metadata.probe", "metadata.tensors",
    ]

    private static func paths(of value: Any, at place: String) -> Set<String> {
        if let object = value as? [String: Any], !leaves.contains(place) {
            return object.reduce(into: []) { $0.formUnion(paths(of: $1.value, at: join(place, $1.key))) }
        }
        guard let list = value as? [Any], !list.isEmpty else { return [place] }
        return list.reduce(into: []) { $0.formUnion(paths(of: $1, at: place)) }
    }

    private static func join(_ place: String, _ key: String) -> String { place.isEmpty ? key : "\(place).\(key)" }
}
