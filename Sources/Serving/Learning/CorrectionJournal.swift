import Weights
package import Zoo

/// What was corrected in a folder of classes, line by line, so that it can be taken back: `.graft-journal.jsonl` in it.
///
/// A picture is on the disk before its line is: when the program ends in between, the picture stays and is learnt from.
package struct CorrectionJournal {
    /// A picture that came into a class' folder.
    package struct Entry: Equatable {
        package let number: Int
        /// Where it is now, below the folder.
        package let file: String
        /// Where it was before, below the folder; nil for a picture that a client sent.
        package let origin: String?
    }

    /// The greatest length of a journal that is read: some million corrections.
    private static let byteLimit = 1 << 28

    private let folder: String
    private let path: String
    /// What was not taken back, in its order.
    package private(set) var entries: [Entry] = []
    private var last = 0

    /// - Throws: `GraftError` for a journal that cannot be read.
    package init(folder: String) throws(GraftError) {
        self.folder = folder
        path = folder + "/.graft-journal.jsonl"
        guard FileSystem.exists(path) else { return }
        let bytes = try FileSystem.read(path, limit: Self.byteLimit, for: "a journal of corrections")
        for line in bytes.split(separator: UInt8(ascii: "\n")) {
            // A line that was cut off when the program ended says nothing.
            guard let document = try? JSONReader.read(Array(line)[...]), let number = document["number"]?.integer else {
                continue
            }
            last = max(last, number)
            if let undone = document["undone"]?.integer {
                entries.removeAll { $0.number == undone }
            } else if let file = document["file"]?.text, Self.isInside(file) {
                let origin = document["origin"]?.text
                if origin.map(Self.isInside) ?? true {
                    entries.append(Entry(number: number, file: file, origin: origin))
                }
            }
        }
    }

    /// `class/file`, and nothing that leads elsewhere.
    private static func isInside(_ file: String) -> Bool {
        let parts = file.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
        return parts.allSatisfy { !$0.isEmpty && !$0.elementsEqual("..".utf8) && !$0.elementsEqual(".".utf8) }
    }

    /// A picture that a client sent; it is in its folder when this returns.
    package mutating func keep(_ picture: [UInt8], as file: String) throws(GraftError) {
        try makeFolder(of: file)
        try AtomicFile.write(picture, to: "\(folder)/\(file)")
        try append(file: file, origin: nil)
    }

    /// A picture that is in another class' folder.
    package mutating func move(_ origin: String, to file: String) throws(GraftError) {
        try makeFolder(of: file)
        try rename(origin, to: file)
        try append(file: file, origin: origin)
    }

    /// Takes the last correction back.
    /// - Throws: `GraftError.badRequest` where there is none.
    package mutating func undo() throws(GraftError) -> Entry {
        guard let entry = entries.last else { throw GraftError(.badRequest, "there is nothing to take back") }
        if let origin = entry.origin {
            try rename(entry.file, to: origin)
        } else {
            FileSystem.remove("\(folder)/\(entry.file)")
        }
        last += 1
        try write(["number": JSONValue(last), "undone": JSONValue(entry.number)])
        entries.removeLast()
        return entry
    }

    private func rename(_ from: String, to: String) throws(GraftError) {
        guard FileSystem.move("\(folder)/\(from)", to: "\(folder)/\(to)") else {
            throw GraftError(.unwritable, "a picture cannot be moved to another class", found: to.shown)
        }
    }

    private func makeFolder(of file: String) throws(GraftError) {
        guard let place = PathText.parent(of: file) else { return }
        guard FileSystem.makeFolder("\(folder)/\(place)") else {
            throw GraftError(.unwritable, "the class' folder cannot be made", found: place.shown)
        }
    }

    private mutating func append(file: String, origin: String?) throws(GraftError) {
        last += 1
        try write(["number": JSONValue(last), "file": .string(file), "origin": origin.map(JSONValue.string) ?? .null])
        entries.append(Entry(number: last, file: file, origin: origin))
    }

    /// The line is on the disk when this returns.
    private func write(_ line: JSONValue) throws(GraftError) {
        let file = try LineFile(continuing: path)
        try file.append(line.bytes + [UInt8(ascii: "\n")])
        try file.synchronize()
    }
}
