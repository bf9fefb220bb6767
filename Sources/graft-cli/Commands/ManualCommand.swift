import ArgumentParser

/// Not listed: `make install` asks for it.
struct ManualCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "manual",
        abstract: "Print the manual page.",
        discussion: """
            EXAMPLES:
              graft manual > graft.1 && man -l graft.1
            """,
        shouldDisplay: false)

    func run() throws {
        print(try ManualPage(describing: GraftCommand._dumpHelp()).roff, terminator: "")
    }
}
