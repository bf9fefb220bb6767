import Foundation
import Zoo

/// What `man graft` shows: the help of every command, in the macros of man(7).
struct ManualPage {
    private let program: CommandHelp

    /// - Parameter help: what ArgumentParser says of a command, in its JSON.
    /// - Throws: `DecodingError` where that has another form.
    init(describing help: String) throws {
        struct Document: Decodable { let command: CommandHelp }
        program = try JSONDecoder().decode(Document.self, from: Data(help.utf8)).command
    }

    /// The page's source.
    var roff: String {
        let name = program.commandName
        var page = Roff()
        page.macro("TH", name.uppercased(), "1", "", "\(name) \(Version.current)")
        page.macro("SH", "NAME")
        page.text("\(name) - \(program.abstract ?? "")")
        page.macro("SH", "SYNOPSIS")
        page.line(Roff.bold(name) + " " + Roff.italic("command") + " [" + Roff.italic("arguments") + "]")
        page.macro("SH", "DESCRIPTION")
        page.discussion(program.discussion ?? "")
        add(program.displayed, to: &page)
        page.macro("SH", "COMMANDS")
        let shared = Set(program.displayed.map(\.title))
        for command in program.subcommands ?? [] where command.shouldDisplay {
            let own = command.displayed.filter { !shared.contains($0.title) }
            page.macro("SS", ([name, command.commandName] + own.compactMap(\.usage)).joined(separator: " "))
            page.text(command.abstract ?? "")
            add(own, to: &page)
            page.discussion(command.discussion ?? "")
        }
        return page.source
    }

    private func add(_ arguments: [ArgumentHelpText], to page: inout Roff) {
        for argument in arguments {
            page.macro("TP")
            page.line(argument.title)
            page.text(argument.explanation)
        }
    }
}

/// A command, as ArgumentParser describes it.
private struct CommandHelp: Decodable {
    let commandName: String
    let abstract: String?
    let discussion: String?
    let shouldDisplay: Bool
    let subcommands: [CommandHelp]?
    let arguments: [ArgumentHelpText]?

    var displayed: [ArgumentHelpText] { (arguments ?? []).filter(\.shouldDisplay) }
}

/// An argument, option or flag, as ArgumentParser describes it.
private struct ArgumentHelpText: Decodable {
    struct Name: Decodable {
        let kind: String
        let name: String

        var text: String { (kind == "long" ? "--" : "-") + name }
    }

    let kind: String
    let names: [Name]?
    let valueName: String?
    let isOptional: Bool
    let isRepeating: Bool
    let shouldDisplay: Bool
    let abstract: String?
    let defaultValue: String?

    private var value: String { Roff.italic(valueName ?? "value") + (isRepeating ? " ..." : "") }

    /// `-o, --output FILE`, set in type.
    var title: String {
        guard kind != "positional" else { return value }
        let names = (names ?? []).map(\.text).sorted { $0.count < $1.count }
        let spelt = names.map { Roff.bold($0) }.joined(separator: ", ")
        return kind == "option" ? spelt + " " + value : spelt
    }

    /// What stands for it behind the command's name: nothing for an option that may be left out.
    var usage: String? {
        let word = valueName ?? "value"
        if kind == "positional" { return isOptional ? "[\(word)]" : word }
        return isOptional ? nil : (names ?? []).last.map { "\($0.text) \(word)" }
    }

    var explanation: String {
        let known = defaultValue.map { " (default: \($0))" } ?? ""
        return (abstract ?? "") + known
    }
}

/// The source of a page, line by line.
private struct Roff {
    private(set) var source = ""

    static func bold(_ text: String) -> String { #"\fB"# + escaped(text) + #"\fR"# }
    static func italic(_ text: String) -> String { #"\fI"# + escaped(text) + #"\fR"# }

    /// Backslashes begin commands, and a hyphen that is to be copied is a minus.
    private static func escaped(_ text: String) -> String {
        text.replacing("\\", with: #"\e"#).replacing("-", with: #"\-"#)
    }

    mutating func macro(_ name: String, _ arguments: String...) {
        let quoted = arguments.map { "\"" + Self.escaped($0).replacing("\"", with: #"\(dq"#) + "\"" }
        source += ([".\(name)"] + quoted).joined(separator: " ") + "\n"
    }

    /// A line whose type is set already.
    mutating func line(_ text: String) { source += text + "\n" }

    /// Words to be filled into lines.
    mutating func text(_ words: String) {
        // A dot or an apostrophe at the beginning would be a command.
        let isCommand = words.hasPrefix(".") || words.hasPrefix("'")
        source += (isCommand ? #"\&"# : "") + Self.escaped(words) + "\n"
    }

    /// Paragraphs; indented lines stay lines.
    mutating func discussion(_ text: String) {
        var isIndented = false
        macro("PP")
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            if line.hasPrefix("  ") != isIndented, !line.isEmpty {
                isIndented.toggle()
                macro(isIndented ? "nf" : "fi")
            }
            if line.isEmpty { macro("PP") } else { self.text(line) }
        }
        if isIndented { macro("fi") }
    }
}
