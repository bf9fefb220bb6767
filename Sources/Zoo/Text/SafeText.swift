extension String {
    /// The text on one line, with control characters and what else moves a terminal's cursor or turns a line around
    /// escaped: names come from files, and files from anybody.
    package var onOneLine: String {
        var safe = UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator, .format:
                safe.append(contentsOf: scalar.escaped(asASCII: true).unicodeScalars)
            default: safe.append(scalar)
            }
        }
        return String(safe)
    }
}
