import Foundation
import TestSupport
import Testing

/// Every YAML example of Docs/Configuration.md is read without complaint: the run gets as far as the pictures, which are
/// not there.
@Suite struct ConfigurationDocTests {
    @Test func everyExampleIsRead() throws {
        let page = try String(contentsOfFile: Fixtures.path("../../Docs/Configuration.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```yaml\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
        #expect(examples.count == 12)
        let graft = try GraftProgram()
        for (index, example) in examples.enumerated() {
            let result = try graft.run("train", try graft.workspace.file("\(index).yaml", example))
            #expect(result.status == 1)
            #expect(
                ["photos", "photos/train", "photos/train.csv"].contains {
                    result.error == "error: \($0): no such folder; check the path\n"
                },
                "example \(index + 1): \(result.error)")
        }
        #expect(graft.workspace.contents.allSatisfy { $0.hasSuffix(".yaml") })
    }
}
