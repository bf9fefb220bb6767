import Data
public import Zoo

/// A change of a model's classes: names removed and renamed first, then added, then put in order.
public struct ClassEdit: Sendable, Hashable {
    /// A class under another name; what was learnt stays.
    public struct Renaming: Sendable, Hashable {
        /// The present name.
        public var from: String
        /// The new one.
        public var to: String

        /// `from` becomes `to`.
        public init(from: String, to: String) {
            self.from = from
            self.to = to
        }
    }

    /// A class that is added with pictures of it.
    public struct Example: Sendable, Hashable {
        /// The class.
        public var name: String
        /// Pictures, or folders of pictures.
        public var paths: [String]

        /// A class and pictures of it.
        public init(name: String, paths: [String]) {
            self.name = name
            self.paths = paths
        }
    }

    /// Names of classes to drop.
    public var remove: [String] = []
    /// Names to change.
    public var rename: [Renaming] = []
    /// Names of new classes, which come last in this order.
    public var add: [String] = []
    /// New classes with pictures; those not in `add` come after them.
    public var examples: [Example] = []
    /// All names of the result; nil to leave the order as it is.
    public var order: [String]?

    /// No change.
    public init() {}

    /// Whether nothing is asked for.
    public var isEmpty: Bool {
        remove.isEmpty && rename.isEmpty && add.isEmpty && examples.isEmpty && order == nil
    }

    /// The classes of the result, each with its index among the present ones, nil for a new one.
    /// - Throws: `GraftError.invalidValue` for names that are not there, there twice, or missing from the order.
    public func result(
        from classes: [String], fewest: Int = 2
    ) throws(GraftError) -> [(name: String, origin: Int?)] {
        guard !isEmpty else {
            throw GraftError(
                .invalidValue, "no change of classes was asked for", remedy: "use --add, --remove, --rename or --order")
        }
        var changed: Set<Int> = []
        for name in remove { changed.insert(try Self.place(of: name, in: classes)) }
        let removed = changed
        var names = classes
        for renaming in rename {
            let place = try Self.place(of: renaming.from, in: classes)
            guard changed.insert(place).inserted else {
                throw GraftError(.invalidValue, "class '\(renaming.from)' is changed twice")
            }
            names[place] = renaming.to
        }
        var result: [(name: String, origin: Int?)] = []
        for index in classes.indices where !removed.contains(index) { result.append((names[index], index)) }
        let kept = result.count
        result += added.map { ($0, nil) }
        if let name = Self.repeated(result.map(\.name)) {
            throw GraftError(
                .invalidValue, "two classes would be named '\(name)'", remedy: "remove or rename one of them first")
        }
        if let name = result.map(\.name).first(where: \.isEmpty) {
            throw GraftError(.invalidValue, "a class needs a name", found: "'\(name)'")
        }
        guard kept > 0, result.count >= fewest || classes.count == 1 else {
            throw GraftError(
                .invalidValue, kept == 0 ? "no learnt class would remain" : "nothing would remain to tell apart",
                expected: "at least \(kept == 0 ? 1 : 2)", found: "\(kept == 0 ? 0 : result.count)")
        }
        return try ordered(result)
    }

    private func ordered(
        _ result: [(name: String, origin: Int?)]
    ) throws(GraftError) -> [(name: String, origin: Int?)] {
        guard let order else { return result }
        let names = result.map(\.name)
        var places: [Int] = []
        for name in order {
            do throws(GraftError) { places.append(try Self.place(of: name, in: names)) } catch {
                var error = error
                error.context.parameter = "order"
                throw error
            }
        }
        let missing = names.indices.filter { !places.contains($0) }.map { names[$0] }
        guard missing.isEmpty, order.count == names.count else {
            throw GraftError(
                .invalidValue, "not an order of all classes", parameter: "order", expected: "\(names.count) names",
                found: missing.isEmpty ? "\(order.count)" : "no \(ImageFolder.list(missing))")
        }
        return places.map { result[$0] }
    }

    private static func place(of name: String, in classes: [String]) throws(GraftError) -> Int {
        guard let place = classes.place(ofName: name) else {
            throw GraftError(.invalidValue, GraftError.unknown("class", name, among: classes))
        }
        return place
    }

    /// The new classes in their order.
    private var added: [String] {
        let named = Set(add.map(\.byteKey))
        return add + examples.map(\.name).filter { !named.contains($0.byteKey) }
    }

    private static func repeated(_ names: [String]) -> String? {
        var seen: Set<[UInt8]> = []
        return names.first { !seen.insert($0.byteKey).inserted }
    }

    /// What a model file records of it.
    func record(pictures: [String: Int]) -> OptionValue {
        func list(_ names: [String]) -> OptionValue { .list(names.map(OptionValue.string)) }
        var map: [String: OptionValue] = ["edit": .string("classes")]
        if !remove.isEmpty { map["removed"] = list(remove) }
        if !rename.isEmpty {
            map["renamed"] = .map(Dictionary(rename.map { ($0.from, .string($0.to)) }) { first, _ in first })
        }
        if !added.isEmpty { map["added"] = list(added) }
        if !pictures.isEmpty { map["pictures"] = .map(pictures.mapValues { .number(Double($0)) }) }
        if let order { map["order"] = list(order) }
        return .map(map)
    }
}
