#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The mark of pictures that are not photographs: a file named `SAMPLE` in the data set's folder or the one above, whose
/// first line says what they are. Reports repeat it wherever the pictures appear.
package enum SampleMark {
    static let fileName = "SAMPLE"

    /// What the mark of `folder` says, nil where there is none.
    package static func text(for folder: String) -> String? {
        for place in [Folder.join(folder, fileName), Folder.join(folder, "../\(fileName)")] {
            guard Folder.kind(of: place) == .file, let text = try? String(contentsOfFile: place, encoding: .utf8) else {
                continue
            }
            let line = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            return line.isEmpty
                ? "These pictures are computer-made samples, not photographs." : String(line.prefix(300))
        }
        return nil
    }
}
