import Graft
import Heads
import TestSupport
import Testing
import Zoo

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What every registered backbone has to keep, whoever wrote it: a new one is tested by standing in the list.
struct RegisteredBackboneTests {
    private static let names = (try? Registry.builtIn().backboneNames) ?? []

    @Test func `the list is not empty and starts with the default`() throws {
        let names = try Registry.builtIn().backboneNames
        #expect(names.first == "efficientnet_b0")
        #expect(names.count == Set(names).count)
    }

    @Test func `every plugin with a backbone or head is listed in BuiltIn.swift`() throws {
        let root = Fixtures.path("../..")
        let list = try String(contentsOfFile: root + "/Sources/Graft/BuiltIn.swift", encoding: .utf8)
        let imports = Set(
            list.split(separator: "\n").filter { $0.contains("import ") }
                .compactMap { $0.split(separator: " ").last.map(String.init) })
        let folders = try FileManager.default.contentsOfDirectory(atPath: root + "/Plugins")
            .filter { !$0.hasPrefix(".") && $0 != "README.md" }
        // ImageNet is data that the others share.
        #expect(imports.subtracting(["Zoo", "Learning"]) == Set(folders).subtracting(["ImageNet"]))
    }

    /// `builtIn` leaves the check of the graphs to this test.
    @Test func `a registry that checks takes every family`() throws {
        let builtIn = try Registry.builtIn()
        var registry = Registry()
        for name in builtIn.backboneNames where !registry.backboneNames.contains(name) {
            try registry.register(type(of: try builtIn.backbone(name)))
        }
        #expect(registry.backboneNames == builtIn.backboneNames)
    }

    @Test(arguments: names)
    func `it builds at its crop and at an odd size, with one vector of features`(name: String) throws {
        let backbone = try Registry.builtIn().backbone(name)
        #expect(backbone.name == name)
        let crop = backbone.preprocessing.crop
        let graph = try graph(of: backbone, classes: 1000)
        #expect(graph.inputShape == [crop, crop, 3])
        for (height, width) in [(crop, crop), (97, 129), (80, 75)] {
            let shapes = try graph.shapes(input: [height, width, 3])
            #expect(shapes.last == [1000])
            #expect(shapes[try graph.stage(Model.pooledStage).node].count == 1)
            // Every stage but the last two is a map that shrinks to a 32nd; some older networks have no margins.
            let maps = graph.stages.map { shapes[$0.node] }.filter { $0.count == 3 }
            let last = try #require(maps.last)
            if let sequence = graph.stages.map({ shapes[$0.node] }).last(where: { $0.count == 2 }) {
                // The last map is that of the patches.
                #expect(sequence[0] == backbone.prefixTokens + last[0] * last[1])
                continue
            }
            // SqueezeNet ends one halving earlier.
            let step = name.hasPrefix("squeezenet") ? 16 : 32
            for (side, extent) in zip([height, width], last) {
                #expect((max(1, side / step - 2)...(side + step - 1) / step).contains(extent))
            }
        }
        #expect(
            message { try graph.shapes(input: [64, 64, 4]) }
                == "the input does not fit the model: expected HxWx3, found 64x64x4")
    }

    @Test(arguments: names)
    func `its names are unique and its summary adds up`(name: String) throws {
        let graph = try graph(of: Registry.builtIn().backbone(name), classes: 1000)
        #expect(Set(graph.parameters.map(\.name)).count == graph.parameters.count)
        #expect(Set(graph.stages.map(\.name)).count == graph.stages.count)
        let all = try Summary(graph)
        #expect(all.parameters == graph.parameterCount)
        #expect(all.trainable == graph.parameterCount)
        #expect(all.stages.reduce(0) { $0 + $1.parameters } == graph.parameterCount)
        let head = try Summary(graph, frozenThrough: Model.pooledStage)
        #expect(head.trainable == head.stages.last?.parameters)
    }

    @Test(arguments: names, [1, 2, 3])
    func `another number of classes changes the classifier only`(name: String, classes: Int) throws {
        let backbone = try Registry.builtIn().backbone(name)
        let published = try graph(of: backbone, classes: 1000).parameters
        let retargeted = try graph(of: backbone, classes: classes).parameters
        #expect(retargeted.map(\.name) == published.map(\.name))
        let changed = zip(published, retargeted).filter { $0.shape != $1.shape }.map(\.1)
        #expect(changed.map(\.name) == ["\(backbone.classifierPath).weight", "\(backbone.classifierPath).bias"])
        #expect(changed.map { $0.shape[0] } == [classes, classes])
    }

    @Test(arguments: names)
    func `every stage can be cut, and the suffix reads the prefix's output`(name: String) throws {
        let graph = try graph(of: Registry.builtIn().backbone(name), classes: 5)
        #expect(graph.stages.count > 4)
        for stage in graph.stages.dropLast() {
            let (prefix, suffix) = try graph.cut(after: stage.name)
            #expect(prefix.parameters + suffix.parameters == graph.parameters)
            let middle = try #require(prefix.shapes(input: graph.inputShape).last)
            #expect(suffix.inputShape == middle)
            #expect(try suffix.shapes(input: middle).last == [5])
        }
    }

    @Test(arguments: names)
    func `names of its own parameters need no translation`(name: String) throws {
        let backbone = try Registry.builtIn().backbone(name)
        for parameter in try graph(of: backbone, classes: 1000).parameters {
            #expect(backbone.parameterName(forCheckpointName: parameter.name) == parameter.name)
        }
    }

    @Test(arguments: names)
    func `its published weights are described in full`(name: String) throws {
        let backbone = try Registry.builtIn().backbone(name)
        #expect(Set(backbone.pretrained.map(\.name)).count == backbone.pretrained.count)
        for entry in backbone.pretrained {
            try entry.preprocessing.validate()
            #expect(entry.url.hasPrefix("https://"))
            #expect((8...64).contains(entry.sha256Prefix.count))
            #expect(entry.sha256Prefix.allSatisfy { "0123456789abcdef".contains($0) })
            #expect(Set(entry.classes).count == 1000)
            #expect((50..<100).contains(entry.accuracy))
            #expect(!entry.licence.isEmpty && !entry.source.isEmpty)
        }
        if let first = backbone.pretrained.first { #expect(backbone.preprocessing == first.preprocessing) }
    }

    private func graph(of backbone: any Backbone, classes: Int) throws -> Graph {
        var options = Options()
        return try Model(backbone: backbone, head: LinearHead(options: &options, for: backbone), outputs: classes)
            .graph()
    }

    private func message(_ body: () throws -> some Any) -> String {
        do { return "no error: \(try body())" } catch { return "\(error)" }
    }
}
