import ArgumentParser
import Data
import Graft
import Weights
import Zoo

struct EmbedCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "embed",
        abstract: "Write the features of pictures: what the head reads, one row a picture.",
        discussion: """
            The .npz holds `features` [pictures, features]; the paths go to standard output in the order of the rows.

            EXAMPLES:
              graft embed efficientnet_lite0 photos/ --output features.npz
              graft embed runs/food/model.npz a.jpg b.jpg --json
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(help: "Pictures, or folders of pictures.", completion: .file())
    var pictures: [String]

    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output = "features.npz"

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() async throws {
        let paths = try PictureList.expand(pictures)
        let loaded = try LoadedModel.open(model)
        try OutputFile.check(output, inputs: paths + [model])
        let progress = ProgressLine("embedding", unit: "pictures")
        let result = try await loaded.embed(paths.map { .path($0) }) { progress.update(done: $0.done, total: $0.total) }
        progress.finish()
        for file in result.skipped { Terminal.complain("skipped \(file)", .bad) }
        guard !result.names.isEmpty else {
            throw GraftError(
                .invalidData, "no picture can be read", file: pictures.first, found: result.skipped.first?.reason)
        }
        var tensors = StateDict()
        tensors["features"] = result.features
        try NPZ.write(tensors, metadata: nil, to: output)
        if json {
            return try JSONOutput.show([
                "output": output.shown, "features": result.features.shape[1], "paths": result.names.map(\.shown),
                "skipped": result.skipped.map(\.document),
            ])
        }
        for path in result.names { print(path.shown) }
    }
}
