import ArgumentParser
import Data
import Engine
import Graft
import Images
import Insight
import Report
import Weights
import Zoo

struct ExplainCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "Show where in pictures a model sees a class.",
        discussion: """
            For each picture, OUTPUT/NAME.png shows it with the hot parts glowing, and OUTPUT/NAME.npz holds the map
            (`map`, its cells), the part of the picture that the model sees (`seen`: left, top, width, height in pixels)
            and the logits. It says where, never why.

            cam is exact and nearly free where the head is linear on averaged features; gradcam works for every head and for
            transformers, where a cell is a token; layercam is finer.

            EXAMPLES:
              graft explain runs/food/model.npz photo.jpg
              graft explain runs/food/model.npz holiday/ --class sushi --output maps
            """)

    @Argument(help: "A model file, or a pretrained name.", completion: .file())
    var model: String

    @Argument(help: "Pictures, or folders of pictures.", completion: .file())
    var pictures: [String]

    @Option(name: .customLong("class"), help: "The class to look for; the most probable one by default.")
    var wanted: String?

    @Option(help: "cam, gradcam or layercam; cam where it is exact, gradcam elsewhere.")
    var method: MapMethod?

    @Option(help: "The stage whose cells the map has; graft summary lists them.")
    var stage: String?

    @Option(name: .shortAndLong, help: "The folder to write to.", completion: .file())
    var output = "explained"

    @Flag(help: "Write the maps only, no pictures: as fast as graft predict where --method cam is exact.")
    var mapsOnly = false

    @Flag(help: "Also measure whether the maps show what counts: cover and uncover the hottest parts.")
    var check = false

    @Option(
        help: ArgumentHelp(
            """
            Explain one of N parts of the pictures, such as 3/16. Left out in a Slurm array or an indexed job of Kubernetes, it is \
            the task's own (GRAFT_SHARDS says how many there are where the scheduler does not).
            """, valueName: "I/N"))
    var shard: String?

    @Flag(help: "One JSON document on standard output.")
    var json = false

    func run() async throws {
        let all = try PictureList.expand(pictures)
        let range = try SeriesOptions.chosenShard(shard).range(of: all.count)
        let paths = Array(all[range])
        let loaded = try LoadedModel.open(model)
        let index = try wanted.map { name throws(GraftError) in
            guard let index = loaded.classes.place(ofName: name) else {
                throw .unknown("class", name, among: loaded.classes)
            }
            return index
        }
        let graph = try loaded.model.graph(imageSize: Extent(loaded.preprocessing.crop))
        let explainer = try Explainer(
            graph, weights: loaded.content.tensors, method: method?.method, stage: stage,
            // Several pictures at a time share the processors better than the layers of one.
            threads: paths.count > 1 ? 1 : loaded.threads)
        try CacheDirectory.make(output)
        let progress = ProgressLine("explaining", unit: "pictures")
        // Of all pictures, so that shards may write to one folder.
        var names = OutputNames()
        let named = all.map { (path: $0, name: names.next(for: $0)) }[range].map(\.self)
        let results = WorkerPool.map(count: paths.count, threads: loaded.threads) { place in
            Result { () throws(GraftError) in
                try explain(named[place].path, named: named[place].name, index, explainer, loaded)
            }
        } done: {
            progress.update(done: $0, total: paths.count)
        }
        var maps: [MapFiles] = []
        var skipped: [SkippedFile] = []
        for (path, result) in zip(paths, results) {
            switch result {
            case .success(let map): maps.append(map)
            case .failure(let error) where error.code == .unwritable: throw error
            case .failure(let error): skipped.append(SkippedFile(path: path, error))
            }
        }
        progress.finish()
        for file in skipped { Terminal.complain("skipped \(file)", .bad) }
        guard !maps.isEmpty || paths.isEmpty else {
            throw GraftError(.invalidData, "no picture can be read", file: pictures.first, found: skipped.first?.reason)
        }
        if json {
            return try JSONOutput.show([
                "method": explainer.method.rawValue, "stage": explainer.stage, "maps": maps.map(\.document),
                "skipped": skipped.map(\.document),
            ])
        }
        for map in maps {
            print("\((map.picture ?? map.map).shown)  \(map.class) \(decimals(map.probability * 100, 1)) %")
            guard let check = map.check else { continue }
            print(
                "  hottest parts covered first: \(decimals(check.deletion, 3)) (random \(decimals(check.randomDeletion, 3))), "
                    + "uncovered first: \(decimals(check.insertion, 3)) (random \(decimals(check.randomInsertion, 3)))")
        }
    }

    /// What was found in a picture, and the files that show it.
    private struct MapFiles: Sendable {
        let path: String
        let `class`: String
        let probability: Double
        let picture: String?
        let map: String
        let hottest: [Double]
        let check: MapCheck?

        var document: JSONDocument {
            [
                "path": path, "class": self.class, "probability": probability, "picture": picture, "map": map,
                "hottest": hottest, "check": check?.document,
            ]
        }
    }

    private func explain(
        _ path: String, named name: String, _ index: Int?, _ explainer: Explainer, _ loaded: LoadedModel
    ) throws(GraftError) -> MapFiles {
        let picture = try Picture(path: path, color: loaded.preprocessing.color)
        let input = try loaded.preprocessing.tensor(of: picture)
        let found = try explainer.explain(input) { logits in
            [index ?? (logits.count == 1 ? (logits[0] > 0 ? 1 : 0) : logits.firstIndex(of: logits.max() ?? 0) ?? 0)]
        }
        guard let map = found.maps.first else { throw GraftError(.invalidModel, "no map") }
        let part = SeenPart(of: loaded.preprocessing, width: picture.width, height: picture.height)
        let (png, npz) = ("\(output)/\(name).png", "\(output)/\(name).npz")
        if !mapsOnly {
            let overlay = try map.overlay(on: picture, part: part)
            try AtomicFile.write(try PNGFile.bytes(of: overlay), to: png, isDurable: false)
        }
        var tensors = StateDict()
        tensors["map"] = try Tensor(shape: [map.rows, map.columns], elements: map.values)
        tensors["seen"] = try Tensor(
            shape: [4], elements: [part.left, part.top, part.width, part.height].map(Float.init))
        tensors["logits"] = try Tensor(shape: [found.logits.count], elements: found.logits)
        try NPZ.write(tensors, metadata: nil, to: npz, level: 1, isDurable: false)
        var measured: MapCheck?
        if check {
            measured = try MapCheck(map, of: input) { (images) throws(GraftError) in
                try explainer.logits(of: images)
            }
        }
        let answer = loaded.probabilities(found.logits)
        let hottest = map.hottestPoint(in: part)
        return MapFiles(
            path: path, class: loaded.classes[map.index], probability: answer[map.index], picture: mapsOnly ? nil : png,
            map: npz,
            hottest: [hottest.x, hottest.y], check: measured)
    }
}

/// The ways to make a map, as options name them.
enum MapMethod: String, ExpressibleByArgument, CaseIterable {
    case cam, gradcam, layercam

    var method: Explainer.Method {
        switch self {
        case .cam: .cam
        case .gradcam: .gradcam
        case .layercam: .layercam
        }
    }
}

/// Names of files made from pictures' names, each of its own.
struct OutputNames {
    private var taken: Set<String> = []

    mutating func next(for path: String) -> String {
        let file = PathText.name(of: path)
        let name = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
        var candidate = name.isEmpty ? "picture" : name
        var number = 2
        while !taken.insert(candidate.lowercased()).inserted {
            candidate = "\(name)-\(number)"
            number += 1
        }
        return candidate
    }
}
