import ArgumentParser
import Exchange
import Graft
import Weights
import Zoo

struct ClassesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classes",
        abstract: "Add, remove, rename or reorder a model's classes and keep what was learnt.",
        discussion: """
            Names are removed and renamed first, then added, then put in order. Rows of classes that stay keep their bits. A
            new class is never the answer until it is trained, unless --from-folder gives it pictures: then it works at once.
            The model file records the change.

            EXAMPLES:
              graft classes runs/food/model.npz food4.npz --add ramen --from-folder ramen=photos/ramen
              graft classes food4.npz food3.npz --remove steak --rename pizza=pizza_slice
              graft classes food3.npz sorted.npz --order pizza_slice,ramen,sushi
            """)

    @Argument(help: "A model file.", completion: .file())
    var model: String

    @Argument(help: "The model file to write.", completion: .file())
    var output: String

    @Option(parsing: .singleValue, help: "A new class. May be given several times.")
    var add: [String] = []

    @Option(parsing: .singleValue, help: "A class to drop. May be given several times.")
    var remove: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp("A class and its new name. May be given several times.", valueName: "name=new"))
    var rename: [String] = []

    @Option(help: ArgumentHelp("All names in the order wanted.", valueName: "name,name,…"))
    var order: String?

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "A folder with pictures of a new class, which is added if --add does not name it. May be given several times.",
            valueName: "name=folder"))
    var fromFolder: [String] = []

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() async throws {
        try ModelFormat.requireModelFile(output)
        try OutputFile.check(output, inputs: [])
        let registry = try Registry.builtIn()
        let old = try ImportedModel(path: model)
        let progress = ProgressLine("reading pictures", unit: "pictures")
        let result = try await old.editing(try edit(known: old.metadata.classes), name: model, registry: registry) {
            progress.update(done: $0.done, total: $0.total)
        }
        progress.finish()
        try PortableModel(result.model, name: output, registry: registry).write(to: output)
        for file in result.skipped { Terminal.complain("skipped \(file)", .bad) }
        let classes = result.model.metadata.classes
        if json {
            return try JSONOutput.show([
                "model": output.shown, "classes": classes, "kept": result.kept, "added": result.added,
                "removed": remove, "pictures": result.pictures, "skipped": result.skipped.map(\.document),
            ])
        }
        print("classes  \(classes.count): \(NameList.text(classes))")
        for name in result.added {
            let count = result.pictures[name]
            print(
                "added    \(name)" + (count.map { ", from \($0) picture\($0 == 1 ? "" : "s")" } ?? ", not trained yet"))
        }
        print("model    \(output.shown)")
    }

    private func edit(known: [String]) throws(GraftError) -> ClassEdit {
        var edit = ClassEdit()
        edit.add = add.map(\.shownIfNeeded)
        edit.remove = remove
        for pair in rename {
            let (from, to) = try Self.split(pair, option: "--rename", known: known)
            edit.rename.append(ClassEdit.Renaming(from: from, to: to.shownIfNeeded))
        }
        for pair in fromFolder {
            let (name, folder) = try Self.split(pair, option: "--from-folder", known: add)
            edit.examples.append(ClassEdit.Example(name: name.shownIfNeeded, paths: [folder]))
        }
        edit.order = order?.split(separator: ",").map { String($0.drop { $0 == " " }) }
        return edit
    }

    /// `a=b`; a name that holds an equals sign itself is known.
    private static func split(
        _ pair: String, option: String, known: [String]
    ) throws(GraftError) -> (String, String) {
        let name = known.filter { pair.hasPrefix($0 + "=") }.max { $0.count < $1.count }
        let end = name.map { pair.index(pair.startIndex, offsetBy: $0.count) } ?? pair.firstIndex(of: "=")
        guard let end, end > pair.startIndex, pair.index(after: end) < pair.endIndex else {
            throw GraftError(
                .invalidValue, "\(option) needs two names", expected: option == "--rename" ? "NAME=NEW" : "NAME=FOLDER",
                found: "'\(pair)'")
        }
        return (String(pair[..<end]), String(pair[pair.index(after: end)...]))
    }
}
