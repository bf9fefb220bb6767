import Foundation
import Weights
import Zoo

/// What was corrected in a folder of classes, line by line, so that it can be taken back: `.graft-journal.jsonl` in it.
///
/// A picture is on the disk before its line is: when the program ends in between, the picture stays and is learnt from.
struct CorrectionJournal {
    /// A picture that came into a class' folder.
    struct Entry: Equatable {
        let number: Int
        /// Where it is now, below the folder.
        let file: String
        /// Where it was before, below the folder; nil for a picture that a client sent.
        let origin: String?
    }

    private let folder: String
    private let path: String
    /// What was not taken back, in its order.
    private(set) var entries: [Entry] = []
    private var last = 0

    /// - Throws: `GraftError` for a journal that cannot be read.
    init(folder: String) throws(GraftError) {
        self.folder = folder
        path = folder + "/.graft-journal.jsonl"
        guard FileManager.default.fileExists(atPath: path) else { return }
        guard let bytes = FileManager.default.contents(atPath: path) else {
            throw GraftError(.unreadable, "the journal of corrections cannot be read", file: path)
        }
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
        !file.hasPrefix("/") && !file.split(separator: "/").contains { $0 == ".." || $0 == "." }
    }

    /// A picture that a client sent; it is in its folder when this returns.
    mutating func keep(_ picture: [UInt8], as file: String) throws(GraftError) {
        try makeFolder(of: file)
        try AtomicFile.write(picture, to: "\(folder)/\(file)")
        try append(file: file, origin: nil)
    }

    /// A picture that is in another class' folder.
    mutating func move(_ origin: String, to file: String) throws(GraftError) {
        try makeFolder(of: file)
        try rename(origin, to: file)
        try append(file: file, origin: origin)
    }

    /// Takes the last correction back.
    /// - Throws: `GraftError.badRequest` where there is none.
    mutating func undo() throws(GraftError) -> Entry {
        guard let entry = entries.last else { throw GraftError(.badRequest, "there is nothing to take back") }
        if let origin = entry.origin {
            try rename(entry.file, to: origin)
        } else {
            try? FileManager.default.removeItem(atPath: "\(folder)/\(entry.file)")
        }
        last += 1
        try write(["number": JSONValue(last), "undone": JSONValue(entry.number)])
        entries.removeLast()
        return entry
    }

    private func rename(_ from: String, to: String) throws(GraftError) {
        do {
            try FileManager.default.moveItem(atPath: "\(folder)/\(from)", toPath: "\(folder)/\(to)")
        } catch {
            throw GraftError(.unwritable, "a picture cannot be moved to another class", found: to)
        }
    }

    private func makeFolder(of file: String) throws(GraftError) {
        guard let slash = file.lastIndex(of: "/") else { return }
        do {
            try FileManager.default.createDirectory(
                atPath: "\(folder)/\(file[..<slash])", withIntermediateDirectories: true)
        } catch {
            throw GraftError(.unwritable, "the class' folder cannot be made", found: String(file[..<slash]))
        }
    }

    private mutating func append(file: String, origin: String?) throws(GraftError) {
        last += 1
        try write(["number": JSONValue(last), "file": .string(file), "origin": origin.map(JSONValue.string) ?? .null])
        entries.append(Entry(number: last, file: file, origin: origin))
    }

    /// The line is on the disk when this returns.
    private func write(_ line: JSONValue) throws(GraftError) {
        do {
            if !FileManager.default.fileExists(atPath: path) {
                guard FileManager.default.createFile(atPath: path, contents: nil) else {
                    throw CocoaError(.fileWriteUnknown)
                }
            }
            let handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            try handle.seekToEnd()
            try handle.write(contentsOf: Data(line.bytes + [UInt8(ascii: "\n")]))
            try handle.synchronize()
            try handle.close()
        } catch {
            throw GraftError(.unwritable, "the journal of corrections cannot be written")
        }
    }
}
