import ArgumentParser
import Graft
import WeightSources
import Zoo

struct FetchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fetch",
        abstract: "Get pretrained weights or a data set into the cache.",
        discussion: """
            The cache is GRAFT_CACHE, else XDG_CACHE_HOME/graft, else ~/.cache/graft (macOS: ~/Library/Caches/graft).

            EXAMPLES:
              graft fetch efficientnet_b0
              graft fetch efficientnet_b0/imagenet1k_v1
              graft fetch efficientnet_b0 --from ~/Downloads/efficientnet_b0_rwightman-7f5810bc.pth
              graft fetch pizza_steak_sushi
            """)

    @Argument(help: "A backbone, perhaps with an entry (BACKBONE/ENTRY), or a data set; see graft models.")
    var name: String

    @Option(
        help: ArgumentHelp(
            "The published file, from elsewhere. Its hash is checked all the same.", valueName: "file-or-url"))
    var from: String?

    @Flag(help: "Print only where it is.")
    var printPath = false

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() throws {
        let path = try fetch()
        if json {
            try JSONOutput.show(["name": name, "path": path.shown])
        } else if printPath {
            Terminal.show(path: path)
        } else {
            print("\(name) is in \(path.shown)")
        }
    }

    private func fetch() throws -> String {
        let progress = ProgressLine("getting \(name)", unit: "bytes")
        defer { progress.finish() }
        let show: (WeightProgress) -> Void = { progress.update(done: $0.bytesDone, total: $0.bytesTotal) }
        if let set = DataSet.all.first(where: { $0.name == name }) {
            return try set.fetch(from: from, progress: show)
        }
        let registry = try Registry.builtIn()
        guard case .pretrained(let name, let entryName) = ModelReference(name),
            let backbone = try? registry.backbone(name)
        else {
            throw GraftError.unknown(
                "weights or data set", name, among: registry.backboneNames + DataSet.all.map(\.name))
        }
        let entry = try backbone.pretrainedEntry(entryName)
        if from == nil, let place = registry.place(of: entry, backbone: backbone) { return place }
        return try WebSource().fetch(entry, of: backbone, from: from, progress: show)
    }
}
