import Foundation
import TestSupport
import Testing

/// What it takes to add something: the patches in `Tests/Outside/Additions` name no further file, and fit the sources.
@Suite struct AdditionTests {
    private static let files = [
        "activation": [
            "Sources/CKernels/activation.h", "Sources/CKernels/include/CKernels.h",
            "Sources/Zoo/Graph/Activation.swift",
        ],
        "command": ["Sources/graft-cli/Commands/FormatsCommand.swift", "Sources/graft-cli/GraftCommand.swift"],
    ]

    @Test(arguments: files.keys.sorted())
    func aPatchIsSmallAndFits(name: String) throws {
        let patch = try String(
            contentsOfFile: Fixtures.path("../Outside/Additions/\(name).patch"), encoding: .utf8)
        let parts = patch.components(separatedBy: "\n+++ b/").dropFirst()
        let named = parts.map { String($0.prefix { $0 != "\n" }) }
        #expect(named == Self.files[name])
        for (file, part) in zip(named, parts) {
            let path = Fixtures.path("../../\(file)")
            guard FileManager.default.fileExists(atPath: path) else { continue }
            let source = try String(contentsOfFile: path, encoding: .utf8)
            for hunk in part.components(separatedBy: "\n@@ ").dropFirst() {
                // The next file's header ends a part.
                let lines = hunk.split(separator: "\n", omittingEmptySubsequences: false).dropFirst()
                    .prefix { $0.isEmpty || " +-".contains($0.prefix(1)) }
                    .filter { !$0.hasPrefix("+") && !$0.hasPrefix("--- ") && !$0.isEmpty }
                #expect(source.contains(lines.map { $0.dropFirst() }.joined(separator: "\n")), "\(file): \(hunk)")
            }
        }
    }
}
