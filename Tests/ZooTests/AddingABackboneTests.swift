import Foundation
import TestSupport
import Testing

/// The code of Docs/AddingABackbone.md is the code that Tests/Outside compiles and runs.
struct AddingABackboneTests {
    private let blocks: [String]

    init() throws {
        let page = try String(contentsOfFile: Fixtures.path("../../Docs/AddingABackbone.md"), encoding: .utf8)
        blocks = page.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
    }

    @Test func everyBlockIsACompiledFile() throws {
        let files = try ["TinyVGG", "Train", "TinyTransformer", "Weights", "NarrowHead"].map { name in
            try String(
                contentsOfFile: Fixtures.path("../Outside/Sources/Outside/\(name).swift"), encoding: .utf8)
        }
        #expect(blocks == files)
    }

    /// So are the pages of the library's documentation, but for lines that only show a call.
    @Test(arguments: [("AnsweringPictures", "Concurrent"), ("TrainingAHead", "Train"), ("AddingYourOwn", "SignSGD")])
    func pagesOfTheLibraryAreCompiledToo(page: String, file: String) throws {
        let page = try String(
            contentsOfFile: Fixtures.path("../../Sources/Graft/Graft.docc/\(page).md"), encoding: .utf8)
        let block = page.components(separatedBy: "```swift\n").dropFirst().map {
            $0.components(separatedBy: "```")[0]
        }.first
        #expect(
            try block
                == String(contentsOfFile: Fixtures.path("../Outside/Sources/Outside/\(file).swift"), encoding: .utf8))
    }

    @Test func anEmptyFileIsSixtyLinesFromATrainedModel() {
        let lines = blocks.prefix(2).joined().split(separator: "\n", omittingEmptySubsequences: false).count
        #expect(lines < 60)
    }
}
