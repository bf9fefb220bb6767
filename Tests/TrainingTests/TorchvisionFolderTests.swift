import Data
import Foundation
import Testing
import Weights
import Zoo

/// Odd names, against torchvision 0.28's `find_classes` and `make_dataset` on the same folder: the same classes in the same
/// order, and the same pictures, but for what Docs/Configuration.md says of hidden files, empty folders and links.
@Suite struct TorchvisionFolderTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    /// A picture by the bytes of its name.
    private func write(_ name: [UInt8]) throws {
        let path = FileName.text(Array("\(scratch.path)/".utf8) + name)
        try #require(FileSystem.makeFolder(try #require(PathText.parent(of: path))))
        try AtomicFile.write([1], to: path)
    }

    /// In the order of Python's `sorted`, which puts a byte that is not UTF-8 at U+DC80 to U+DCFF: behind Hangul, before
    /// full-width letters and emoji.
    private static let classes: [[UInt8]] =
        [
            "\u{1}ctl", " lead", "-dash", "B", "Zoo", #"\xE9"#, "_x", "a b", "a\u{2028}", "b", #"back\slash"#,
        ].map { Array($0.utf8) } + [
            Array("caf".utf8) + [0xE9], Array("dir.jpg".utf8), Array("e\u{301}".utf8), Array("link".utf8),
            Array("mixed".utf8) + [0xE9, 0xC3, 0xA9],
        ] + ["new\nline", "quo\"te", "quo'te", "tab\t", "tail ", "\u{7F}", "\u{E9}", "\u{D55C}"].map { Array($0.utf8) }
        + [[0xF6] + Array("sten".utf8), [0xFF]] + ["\u{E000}", "\u{FF5A}", "\u{1F600}"].map { Array($0.utf8) }

    /// Those of the class `Zoo`, hidden ones left out.
    private static let pictures: [[UInt8]] = [
        Array(" .jpg".utf8), Array("Mi.JpEg".utf8), Array("UP.JPG".utf8), Array("a.tar.jpg".utf8),
        Array("caf".utf8) + [0xE9] + Array(".PNG".utf8), [0xE9] + Array(".jpg".utf8), Array("sub/deep/y.webp".utf8),
        Array("x.jpg".utf8),
    ]

    @Test func classesAndPicturesAreTorchvisions() throws {
        #if os(macOS)
            // Its file systems take UTF-8 only, and compose it.
            return
        #else
            for name in Self.classes where name != Array("link".utf8) { try write(name + Array("/x.jpg".utf8)) }
            for name in Self.pictures { try write(Array("Zoo/".utf8) + name) }
            for name in ["no.txt", "x.jpg ", "x.jpg\n", "jpg"] { try write(Array("Zoo/\(name)".utf8)) }
            try write(Array("Zoo/x.jp".utf8) + [0xE9, 0x67])
            // torchvision takes these for a class and for pictures.
            for name in [".hidden/x.jpg", "Zoo/.hid.jpg", "Zoo/.jpg", "Zoo/..jpg"] { try write(Array(name.utf8)) }
            try scratch.makeFolder("empty")
            try scratch.link("link", to: "Zoo")
            try scratch.link("B/up", to: "../b")
            try scratch.link("B/file.jpg", to: "x.jpg")
            try scratch.link("B/broken.jpg", to: "nowhere")

            let folder = try ImageFolder(path: scratch.path)
            #expect(folder.classes.map(\.utf8Array) == Self.classes.map { FileName.text($0).shown.utf8Array })
            func pictures(_ name: String) throws -> [[UInt8]] {
                let label = try #require(folder.classes.firstIndex(of: name))
                return folder.pictures.filter { $0.label == label }
                    .map { Array($0.path.fileBytes.dropFirst("\(scratch.path)/\(name)/".utf8.count)) }
            }
            #expect(Set(try pictures("Zoo")) == Set(Self.pictures))
            #expect(Set(try pictures("link")) == Set(Self.pictures))
            #expect(Set(try pictures("B")) == Set(["file.jpg", "up/x.jpg", "x.jpg"].map { Array($0.utf8) }))
            #expect(folder.pictures.count == 8 + 8 + 3 + Self.classes.count - 3)
        #endif
    }
}

extension String {
    fileprivate var utf8Array: [UInt8] { Array(utf8) }
}
