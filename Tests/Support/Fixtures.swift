/// The files beside the tests.
package enum Fixtures {
    /// The path of a file in `Tests/Fixtures`: `Fixtures.path("weights/plain.npz")`.
    package static func path(_ name: String) -> String {
        var parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
        parts.removeLast(2)
        return parts.joined(separator: "/") + "/Fixtures/" + name
    }
}
