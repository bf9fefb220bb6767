import Foundation
import Serving
import Testing
import Weights
import Zoo

/// Class folders whose names are bytes, as `graft serve --learn` finds and fills them.
@Suite struct TaughtPictureTests {
    private final class Scratch {
        let path = NSTemporaryDirectory() + "graft-taught-\(UUID().uuidString)"

        init() { _ = FileSystem.makeFolder(path) }

        deinit { FileSystem.remove(path) }

        func write(_ name: String) throws {
            let file = "\(path)/\(name)"
            try #require(FileSystem.makeFolder(try #require(PathText.parent(of: file))))
            try AtomicFile.write(name.byteKey, to: file)
        }
    }

    private let latin = FileName.text(Array("caf".utf8) + [0xE9])

    @Test func foldersThatReadTheSameAreTwoClasses() throws {
        #if !os(macOS)
            let scratch = Scratch()
            let folders = ["caf\u{E9}", "cafe\u{301}", latin, "tea"]
            for folder in folders { try scratch.write("\(folder)/1.jpg") }
            let taught = try TaughtPictures(
                folder: scratch.path, classes: ["tea", "caf\u{E9}"], corrected: ["cafe\u{301}/1.jpg".byteKey]
            ) { _ in [1, 2] }
            #expect(taught.unreadable == 0)
            #expect(
                taught.classes.map(\.byteKey) == ["tea", "caf\u{E9}", "cafe\u{301}", #"caf\xE9"#].map(\.byteKey))
            for picture in taught.pictures { #expect(taught.label(ofFile: picture.file) == picture.label) }
            #expect(taught.pictures.map(\.file.byteKey).contains("\(latin)/1.jpg".byteKey))
        #endif
    }

    @Test func correctionsGoIntoTheFoldersOfTheirBytes() throws {
        #if !os(macOS)
            let scratch = Scratch()
            try scratch.write("tea/1.jpg")
            var journal = try CorrectionJournal(folder: scratch.path)
            try journal.keep([1, 2, 3], as: "\(latin)/2.jpg")
            try journal.move("tea/1.jpg", to: "\(latin)/1.jpg")
            #expect(FileSystem.names(in: "\(scratch.path)/\(latin)")?.sorted() == ["1.jpg", "2.jpg"])
            #expect(try CorrectionJournal(folder: scratch.path).entries == journal.entries)
            // Nothing is put in the place of another file.
            try scratch.write("tea/1.jpg")
            #expect(throws: GraftError.self) { try journal.undo() }
            FileSystem.remove("\(scratch.path)/tea/1.jpg")
            #expect(try journal.undo().origin == "tea/1.jpg")
            _ = try journal.undo()
            #expect(FileSystem.names(in: "\(scratch.path)/\(latin)") == [])
            #expect(try CorrectionJournal(folder: scratch.path).entries.isEmpty)
        #endif
    }

    /// A slash is a byte, whatever a string makes of it with the mark that follows.
    @Test func aJournalLeadsNowhereElse() throws {
        let scratch = Scratch()
        let lines = ["../x.jpg", "..\u{2F}\u{301}x.jpg", "/etc/x.jpg", "a/../../x.jpg", "a//x.jpg"]
        let text = lines.map { #"{"number": 1, "file": "\#($0)", "origin": null}"# + "\n" }.joined()
        try AtomicFile.write(text, to: "\(scratch.path)/.graft-journal.jsonl")
        #expect(try CorrectionJournal(folder: scratch.path).entries.isEmpty)
    }
}
