/// Settings that say in one table what their keys are: reading, checking and documentation follow from it.
package protocol SettingsTable: Sendable {
    /// What a configuration means that says nothing.
    init()

    /// Every key, in the order of reading: a later one may depend on those before it.
    static var keys: [SettingKey<Self>] { get }
}

extension SettingsTable {
    /// Takes over what `options` say. The caller refuses the rest with `finish`.
    /// - Throws: `GraftError` with the path of the key that is wrong.
    package mutating func read(_ options: inout Options) throws(GraftError) {
        for key in Self.keys { try key.read(&options, &self) }
    }

    /// The first key with a value that no configuration could give it.
    package var problem: KeyProblem? {
        for key in Self.keys {
            guard let problem = key.problem(self) else { continue }
            return KeyProblem(
                key: key.name + (problem.key.map { ".\($0)" } ?? ""), expected: problem.expected, found: problem.found)
        }
        return nil
    }

    /// Refuses values that no configuration could give, for settings made in code.
    /// - Parameter path: of the settings, for the message.
    /// - Throws: `GraftError` `.invalidValue`
    package func check(path: String) throws(GraftError) {
        guard let problem else { return }
        throw GraftError(
            .invalidValue, "wrong value", parameter: path.isEmpty ? problem.key : "\(path).\(problem.key ?? "")",
            expected: problem.expected, found: problem.found)
    }

    /// Every key with those of its maps, below the settings' own path.
    package static var descriptions: [KeyDescription] {
        keys.flatMap { key in
            let own = KeyDescription(path: key.name, standard: key.standard, meaning: key.meaning)
            return (key.meaning.isEmpty ? [] : [own]) + key.inner.map { $0.below(key.name) }
        }
    }
}
