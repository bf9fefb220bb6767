import Foundation
import Images
import TestSupport
import Testing

/// `graft augment`: what a network sees while it learns.
@Suite struct AugmentTests {
    let graft: GraftProgram
    let picture = Fixtures.path("augment/picture.png")

    init() throws { graft = try GraftProgram() }

    @Test func aPageShowsEveryEpoch() throws {
        let configuration = try graft.workspace.file("a.yaml", "data: {train: none, augment: light}\n")
        let result = try graft.run("augment", picture, "--config", configuration, "--epochs", "3")
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output == "crop 0.6 to 1, flip 0.5\nLook at it in augment.html\n")
        let page = try String(contentsOfFile: "\(graft.workspace.path)/augment.html", encoding: .utf8)
        #expect(page.components(separatedBy: "<img ").count == 1 + 4)
        #expect(page.contains("epoch 3") && !page.contains("epoch 4"))
    }

    @Test func aSheetHoldsThePlainPictureAndTheEpochs() throws {
        func sheet(_ name: String, _ overrides: String...) throws -> Picture {
            let result = try graft.run(
                ["augment", picture, "--epochs", "5", "--output", name]
                    + (overrides + ["preprocessing.crop=24"]).flatMap { ["--set", $0] })
            #expect(result.status == 0, "\(result.error)")
            return try Picture(path: "\(graft.workspace.path)/\(name)")
        }
        let strong = try sheet("a.jpg", "data.augment=strong")
        // Six pictures of 24 pixels in two rows of three, with gaps of 4.
        #expect((strong.width, strong.height) == (88, 60))
        #expect(strong == (try sheet("b.jpg", "data.augment=strong")))
        #expect(strong != (try sheet("c.jpg", "data.augment=strong", "train.seed=7")))
    }

    @Test(arguments: [
        (
            "data.augment.flp=0.5",
            "--set data.augment.flp=0.5: unknown key 'data.augment.flp'; did you mean 'data.augment.flip'?"
        ),
        ("data.augment=none", "data.augment: nothing is random; say what may change, as in --set data.augment=light"),
        (
            "backbone=efficientnet_bo",
            "data.augment: nothing is random; say what may change, as in --set data.augment=light"
        ),
        ("trian.seed=1", "unknown key 'trian'; did you mean 'train'?"),
    ])
    func mistakes(_ override: String, _ text: String) throws {
        let result = try graft.run("augment", picture, "--set", override)
        #expect(result.status == 1)
        #expect(result.error == "error: \(text)\n")
        #expect(graft.workspace.contents.isEmpty)
    }
}
