import Zoo

/// What ArgumentParser says of wrong usage, in the words of Graft: one line, without a full stop.
enum UsageError {
    /// - Parameter message: sentences, perhaps with more in the lines below.
    static func line(_ message: String) -> String {
        let first = message.split(separator: "\n").first.map(String.init) ?? "wrong usage"
        var text = first.replacing(". Did you mean", with: "; did you mean").replacing("'?.", with: "'?")
        while text.last == "." { text.removeLast() }
        // Names of options and arguments keep their case; a word that begins the sentence does not.
        if let initial = text.first, initial.isUppercase, text.dropFirst().first.map({ !$0.isUppercase }) ?? true {
            text = initial.lowercased() + text.dropFirst()
        }
        return text
    }
}
