import ArgumentParser
import Graft
import Zoo

struct ModelsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "models",
        abstract: "List backbones, heads and pretrained weights.",
        discussion: """
            EXAMPLES:
              graft models                all of them
              graft models lite           those with "lite" in their name
              graft models --json
            """)

    @Argument(help: "Show only names that contain this.")
    var filter: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    /// What the table and the document have in common.
    private struct Listing {
        struct Weights {
            let name: String
            let accuracy: Double
            let classes: Int
            let licence: String
            let source: String
            let url: String
            /// "bundled", "cache", …; nil where it has to be fetched.
            let here: String?

            var document: JSONDocument {
                [
                    "name": name, "accuracy": accuracy, "classes": classes, "licence": licence, "source": source,
                    "url": url, "here": here,
                ]
            }
        }

        struct Entry {
            let name: String
            let parameters: Int
            let inputSize: Int
            let weights: [Weights]

            var document: JSONDocument {
                [
                    "name": name, "parameters": parameters, "input_size": inputSize,
                    "weights": weights.map(\.document),
                ]
            }
        }

        let backbones: [Entry]
        let heads: [String]
        let dataSets: [String]

        var document: JSONDocument {
            ["backbones": backbones.map(\.document), "heads": heads, "data_sets": dataSets]
        }
    }

    func run() throws {
        let registry = try Registry.builtIn()
        var entries: [Listing.Entry] = []
        for name in registry.backboneNames where filter.map(name.contains) ?? true {
            let backbone = try registry.backbone(name)
            let head = try registry.head("linear", options: Options(), for: backbone)
            let outputs = backbone.pretrained.first?.classes.count ?? 1000
            let graph = try Model(backbone: backbone, pooling: backbone.publishedPooling, head: head, outputs: outputs)
                .graph()
            let weights = backbone.pretrained.map { entry in
                Listing.Weights(
                    name: entry.name, accuracy: entry.accuracy, classes: entry.classes.count, licence: entry.licence,
                    source: entry.source, url: entry.url, here: registry.whereabouts(of: entry, backbone: backbone))
            }
            entries.append(
                Listing.Entry(
                    name: name, parameters: graph.parameterCount, inputSize: backbone.preprocessing.crop,
                    weights: weights))
        }
        if entries.isEmpty, let filter {
            throw GraftError.unknown("backbone", filter, among: registry.backboneNames)
        }
        let listing = Listing(backbones: entries, heads: registry.headKinds, dataSets: DataSet.all.map(\.name))
        if json { try JSONOutput.show(listing.document) } else { show(listing) }
    }

    private func show(_ listing: Listing) {
        var table = TextTable([
            ("BACKBONE", .left), ("PARAMETERS", .right), ("INPUT", .right), ("WEIGHTS", .left), ("TOP-1 %", .right),
            ("LICENCE", .left), ("HERE", .left),
        ])
        for entry in listing.backbones {
            let size = "\(entry.inputSize)x\(entry.inputSize)"
            if entry.weights.isEmpty {
                table.add(entry.name, NumberText.grouped(entry.parameters), size, "-", "", "", "")
            }
            for (index, weights) in entry.weights.enumerated() {
                table.add(
                    index == 0 ? entry.name : "", index == 0 ? NumberText.grouped(entry.parameters) : "",
                    index == 0 ? size : "",
                    weights.name, decimals(weights.accuracy, 3), weights.licence, weights.here ?? "to be fetched")
            }
        }
        table.show()
        print("\nHeads: \(listing.heads.joined(separator: ", "))")
        print("Data sets (graft fetch): \(listing.dataSets.joined(separator: ", "))")
    }
}

extension Registry {
    /// The name of the first source that has the weights on this machine, nil where they must be downloaded.
    func whereabouts(of entry: PretrainedEntry, backbone: any Backbone) -> String? {
        for source in sources {
            switch source.locate(entry, of: backbone) {
            case .file?, .memory?: return source.name
            case .web?, nil: continue
            }
        }
        return nil
    }

    /// The file that holds the weights on this machine, nil where there is none.
    func place(of entry: PretrainedEntry, backbone: any Backbone) -> String? {
        for source in sources {
            if case .file(let path)? = source.locate(entry, of: backbone) { return path }
        }
        return nil
    }
}
