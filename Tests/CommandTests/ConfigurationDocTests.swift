import RunConfiguration
import Foundation
import Graft
import TestSupport
import Testing
import Zoo

/// Every YAML example of Docs/Configuration.md is read without complaint: the run gets as far as the pictures, which are
/// not there.
@Suite struct ConfigurationDocTests {
    @Test func everyExampleIsRead() throws {
        let page = try String(contentsOfFile: Fixtures.path("../../Docs/Configuration.md"), encoding: .utf8)
        let examples = page.components(separatedBy: "```yaml\n").dropFirst()
            .map { $0.components(separatedBy: "```")[0] }
        #expect(examples.count == 13)
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

    /// The tables of the page are those that configurations are read by, word for word.
    @Test func everyKeyIsThereAsItIsRead() throws {
        let page = try String(contentsOfFile: Fixtures.path("../../Docs/Configuration.md"), encoding: .utf8)
        let rows = Set(page.split(separator: "\n").map(String.init))
        for key in TrainingConfiguration.descriptions {
            let isThere = rows.contains(key.row)
            #expect(isThere, "Docs/Configuration.md lacks: \(key.row)")
        }
        // Nor does it promise keys that nobody reads, but for those of heads, losses and rules, which tell their own.
        let known = Set(TrainingConfiguration.descriptions.map(\.path))
        for row in rows where row.hasPrefix("| `train.") || row.hasPrefix("| `data.") || row.hasPrefix("| `prepro") {
            let path = row.dropFirst(3).prefix { $0 != "`" }
            let isRules = path.hasPrefix("train.optimizer.")
            #expect(
                known.contains(String(path)) || isRules || path == "train.loss" || path == "train.freeze", "\(path)")
        }
        let optimizer = page.matches(of: #/`train\.optimizer\.([a-z_]+)`/#).map { String($0.1) }
        let registry = try Registry.builtIn()
        for kind in registry.ruleKinds {
            var none = Options()
            let rule = try #require(try registry.rule(kind)?.init(options: &none))
            for key in rule.options.keys { #expect(optimizer.contains(key), "\(kind): \(key)") }
        }
    }
}
