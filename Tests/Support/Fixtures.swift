/// The files beside the scripts that made them.
public enum Fixtures {
    /// - Parameter name: topic and file, `models/efficientnet_b0.txt`.
    public static func path(_ name: String) -> String {
        // Tests/Support/Fixtures.swift -> Tests/Fixtures/NAME
        let tests = #filePath.split(separator: "/").dropLast(2).joined(separator: "/")
        return "/\(tests)/Fixtures/\(name)"
    }
}
