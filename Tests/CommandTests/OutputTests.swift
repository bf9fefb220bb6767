import Foundation
import TestSupport
import Testing

/// What is to be written is looked at first, and never takes the place of what is read.
@Suite struct OutputTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    @Test func outputsDoNotReplaceInputs() throws {
        let picture = "\(graft.workspace.path)/photo.jpg"
        try FileManager.default.copyItem(
            atPath: "\(sample)/test/pizza/\(try #require(try picturesOfPizza.first))", toPath: picture)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: picture))
        let text = "data: {train: \(sample)/train}\n"
        let configuration = try graft.workspace.file("food.yaml", text)
        let replaced = "the output would replace what the command reads"
        let cases: [(arguments: [String], error: String)] = [
            (["predict", "efficientnet_lite0", picture, "--html", picture], "\(picture): \(replaced)"),
            (["embed", "efficientnet_lite0", picture, "--output", "photo.jpg"], "photo.jpg: \(replaced)"),
            (["augment", picture, "--set", "data.augment=light", "--output", picture], "\(picture): \(replaced)"),
            (["lr-find", configuration, "--output", configuration], "\(configuration): \(replaced)"),
        ]
        for (arguments, error) in cases {
            let result = try graft.run(arguments)
            #expect(result.status == 1)
            #expect(result.error.hasPrefix("error: \(error)") && result.error.hasSuffix("; choose another name\n"))
        }
        #expect(try Data(contentsOf: URL(fileURLWithPath: picture)) == bytes)
        #expect(try String(contentsOfFile: "\(graft.workspace.path)/food.yaml", encoding: .utf8) == text)
        #expect(graft.workspace.contents == ["food.yaml", "photo.jpg"])
    }

    private var picturesOfPizza: [String] {
        get throws { try FileManager.default.contentsOfDirectory(atPath: "\(sample)/test/pizza").sorted() }
    }

    @Test func whatCannotBeWrittenIsRefusedFirst() throws {
        let configuration = try graft.workspace.file("food.yaml", "data: {train: nowhere}\n")
        let refused = "cannot write the file: found no such file or directory; nothing was written"
        let result = try graft.run("lr-find", configuration, "--output", "missing/curve.svg")
        #expect(result.status == 1 && result.error == "error: missing/curve.svg: \(refused)\n")
        let page = try graft.run("predict", "efficientnet_lite0", "\(sample)/test", "--html", "missing/page.html")
        #expect(page.status == 1 && page.error == "error: missing/page.html: \(refused)\n")
        let unnamed = try graft.run(
            "train", configuration, "--set", "data.train=\(sample)/train", "--output", "")
        #expect(unnamed.status == 1)
        #expect(
            unnamed.error
                == "error: the output has no name: expected a folder, found ''; name one with --output, or leave it out\n"
        )
    }

    @Test func aByteOrderMarkIsNoPartOfAConfiguration() throws {
        let configuration = try graft.workspace.file("food.yaml", "\u{FEFF}data: {train: nowhere}\n")
        let result = try graft.run("train", configuration)
        #expect(result.error == "error: nowhere: no such folder; check the path\n")
    }

    @Test func importedClassesHaveNamesOfTheirOwn() throws {
        let expected = "--classes: not the names of classes: expected a different name for each, separated by commas"
        for (list, found) in [("a,,b", "an empty name"), ("a, b ,b", "'b' twice"), ("", "an empty name")] {
            let result = try graft.run(
                "import", "weights.pth", "model.npz", "--backbone", "efficientnet_lite0", "--classes", list)
            #expect(result.status == 1 && result.error == "error: \(expected), found \(found)\n")
        }
    }
}
