/// One key of a map of settings: how it is read, what it may be, and what it means, for whoever writes configurations and for
/// whoever makes the settings in code.
package struct SettingKey<Settings: Sendable>: Sendable {
    /// Below the map's own path.
    package let name: String
    /// What it is where nobody says it, as documentation has it; nil for one that must be said.
    package let standard: String
    /// One line, in Markdown.
    package let meaning: String
    /// Takes the key's value over, where it is there.
    package let read: @Sendable (inout Options, inout Settings) throws(GraftError) -> Void
    /// What settings made in code have that no configuration could give them; nil where the value is right.
    package let problem: @Sendable (Settings) -> KeyProblem?
    /// The keys of the map that the value is; empty for a plain value.
    package let inner: [KeyDescription]

    /// A key that is read in its own way.
    package init(
        _ name: String, standard: String, _ meaning: String, inner: [KeyDescription] = [],
        problem: @escaping @Sendable (Settings) -> KeyProblem? = { _ in nil },
        read: @escaping @Sendable (inout Options, inout Settings) throws(GraftError) -> Void
    ) {
        self.name = name
        self.standard = standard
        self.meaning = meaning
        self.inner = inner
        self.problem = problem
        self.read = read
    }
}

/// What settings made in code have, and no configuration could say.
package struct KeyProblem: Sendable {
    /// The key below this one that is meant; nil for this one.
    package let key: String?
    package let expected: String
    package let found: String

    package init(key: String? = nil, expected: String, found: String) {
        self.key = key
        self.expected = expected
        self.found = found
    }
}

/// A key as documentation shows it.
package struct KeyDescription: Sendable, Hashable {
    /// From the top of the configuration: `train.epochs`.
    package let path: String
    package let standard: String
    package let meaning: String

    package init(path: String, standard: String, meaning: String) {
        self.path = path
        self.standard = standard
        self.meaning = meaning
    }

    /// The same, further down.
    func below(_ prefix: String) -> KeyDescription {
        KeyDescription(path: "\(prefix).\(path)", standard: standard, meaning: meaning)
    }

    /// A row of a table in Markdown.
    package var row: String { "| `\(path)` |\(standard.isEmpty ? "" : " \(standard)") | \(meaning) |" }
}

extension SettingKey where Settings: SettingsTable {
    /// A whole number.
    package static func integer(
        _ name: String, _ path: any WritableKeyPath<Settings, Int> & Sendable, in range: ClosedRange<Int>,
        _ meaning: String
    ) -> SettingKey {
        SettingKey(name, standard: "`\(Settings()[keyPath: path])`", meaning) { settings in
            let value = settings[keyPath: path]
            return range.contains(value) ? nil : KeyProblem(expected: Options.expected(range), found: "\(value)")
        } read: { (options, settings) throws(GraftError) in
            if let value = try options.integer(name, in: range) { settings[keyPath: path] = value }
        }
    }

    /// A number.
    package static func number(
        _ name: String, _ path: any WritableKeyPath<Settings, Double> & Sendable, in range: ClosedRange<Double>,
        _ meaning: String
    ) -> SettingKey {
        SettingKey(name, standard: "`\(OptionValue.number(Settings()[keyPath: path]))`", meaning) { settings in
            let value = settings[keyPath: path]
            return range.contains(value) ? nil : KeyProblem(expected: Options.expected(range), found: "\(value)")
        } read: { (options, settings) throws(GraftError) in
            if let value = try options.number(name, in: range) { settings[keyPath: path] = value }
        }
    }

    /// A number above 0.
    package static func positive(
        _ name: String, _ path: any WritableKeyPath<Settings, Double> & Sendable, upTo limit: Double,
        standard: String? = nil, _ meaning: String
    ) -> SettingKey {
        let expected = "a number above 0, at most \(OptionValue.number(limit))"
        @Sendable func isRight(_ value: Double) -> Bool { value > 0 && value <= limit }
        return SettingKey(
            name, standard: standard ?? "`\(OptionValue.number(Settings()[keyPath: path]))`", meaning
        ) { settings in
            let value = settings[keyPath: path]
            return isRight(value) ? nil : KeyProblem(expected: expected, found: "\(value)")
        } read: { (options, settings) throws(GraftError) in
            guard let given = options.value(name) else { return }
            guard let value = try options.number(name), isRight(value) else {
                throw options.wrong(name, given, expected: expected)
            }
            settings[keyPath: path] = value
        }
    }

    /// A number, or `false` for none.
    package static func numberOrOff(
        _ name: String, _ path: any WritableKeyPath<Settings, Double?> & Sendable, expected: String, _ meaning: String,
        where isRight: @escaping @Sendable (Double) -> Bool
    ) -> SettingKey {
        SettingKey(name, standard: "none", meaning) { settings in
            guard let value = settings[keyPath: path], !(value.isFinite && isRight(value)) else { return nil }
            return KeyProblem(expected: expected, found: "\(value)")
        } read: { (options, settings) throws(GraftError) in
            guard let value = options.value(name), value != .bool(false) else { return }
            guard case .number(let number) = value, number.isFinite, isRight(number) else {
                throw options.wrong(name, value, expected: "false, or \(expected)")
            }
            settings[keyPath: path] = number
        }
    }

    /// true or false.
    package static func flag(
        _ name: String, _ path: any WritableKeyPath<Settings, Bool> & Sendable, _ meaning: String
    ) -> SettingKey {
        SettingKey(name, standard: "`\(Settings()[keyPath: path])`", meaning) {
            (options, settings) throws(GraftError) in
            if let value = try options.bool(name) { settings[keyPath: path] = value }
        }
    }

    /// One of a few words.
    package static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ path: any WritableKeyPath<Settings, Value> & Sendable, _ meaning: String
    ) -> SettingKey where Value.RawValue == String {
        SettingKey(name, standard: "`\(Settings()[keyPath: path].rawValue)`", meaning) {
            (options, settings) throws(GraftError) in
            if let value: Value = try options.choice(name) { settings[keyPath: path] = value }
        }
    }

    /// One of a few words, or something that only other settings decide.
    package static func choice<Value: RawRepresentable & CaseIterable & Sendable>(
        _ name: String, _ path: any WritableKeyPath<Settings, Value?> & Sendable, standard: String, _ meaning: String
    ) -> SettingKey where Value.RawValue == String {
        SettingKey(name, standard: standard, meaning) { (options, settings) throws(GraftError) in
            if let value: Value = try options.choice(name) { settings[keyPath: path] = value }
        }
    }

    /// A map of settings with keys of their own.
    package static func map<Inner: SettingsTable>(
        _ name: String, _ path: any WritableKeyPath<Settings, Inner> & Sendable
    ) -> SettingKey {
        SettingKey(name, standard: "", "", inner: Inner.descriptions) { settings in
            settings[keyPath: path].problem
        } read: { (options, settings) throws(GraftError) in
            var inner = try options.options(name)
            try settings[keyPath: path].read(&inner)
            try inner.finish()
        }
    }
}

extension Options {
    /// A case of an enumeration by its word.
    package mutating func choice<Value: RawRepresentable & CaseIterable>(
        _ key: String
    ) throws(GraftError) -> Value? where Value.RawValue == String {
        try choice(key, of: Value.allCases.map(\.rawValue)).flatMap(Value.init)
    }
}
