import Data
import Foundation
import Images
import Testing

/// A folder that is gone when the test is over.
final class ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.appending(path: "graft-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// Writes a file, with the folders above it.
    @discardableResult
    func write(_ name: String, _ bytes: [UInt8] = [1]) throws -> String {
        let file = "\(path)/\(name)"
        try FileManager.default.createDirectory(
            atPath: (file as NSString).deletingLastPathComponent, withIntermediateDirectories: true)
        try Data(bytes).write(to: URL(filePath: file))
        return file
    }

    func makeFolder(_ name: String) throws {
        try FileManager.default.createDirectory(atPath: "\(path)/\(name)", withIntermediateDirectories: true)
    }

    func link(_ name: String, to target: String) throws {
        try FileManager.default.createSymbolicLink(atPath: "\(path)/\(name)", withDestinationPath: target)
    }
}

@Suite struct DatasetTests {
    private func message(_ body: () throws -> Void) -> String {
        do {
            try body()
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func sortsClassesAndPicturesNaturally() throws {
        let scratch = try ScratchFolder()
        for name in ["10/a.jpg", "2/b10.PNG", "2/b9.jpeg", "1/c.webp", "x/d.jpg"] { try scratch.write(name) }
        let folder = try ImageFolder(path: scratch.path)
        #expect(folder.classes == ["1", "2", "10", "x"])
        #expect(
            folder.pictures.map { String($0.path.dropFirst(scratch.path.count + 1)) }
                == ["1/c.webp", "2/b9.jpeg", "2/b10.PNG", "10/a.jpg", "x/d.jpg"])
        #expect(folder.pictures.map(\.label) == [0, 1, 1, 2, 3])
        #expect(folder.notes.isEmpty)
    }

    @Test(arguments: [
        ("a2", "a10"), ("a", "b"), ("a2b3", "a2b20"), ("a02", "a3"), ("a", "aa"), ("B", "a"), ("a1", "ab"),
        ("9999999999999999999998", "9999999999999999999999"),
    ])
    func ordersNaturally(_ first: String, _ second: String) {
        #expect(precedesNaturally(first, second))
        #expect(!precedesNaturally(second, first))
        #expect(!precedesNaturally(first, first))
    }

    @Test func passesOverJunkAndSaysSo() throws {
        let scratch = try ScratchFolder()
        for name in [
            "a/1.jpg", "a/.DS_Store", "a/Thumbs.db", "a/notes.txt", "b/1.jpg", "b/.hidden.jpg",
            ".ipynb_checkpoints/x.jpg",
            "__MACOSX/a/1.jpg", "README.md", "loose.jpg",
        ] { try scratch.write(name) }
        try scratch.makeFolder("empty")
        let folder = try ImageFolder(path: scratch.path)
        let root = scratch.path
        #expect(folder.classes == ["a", "b"])
        #expect(folder.pictures.count == 2)
        #expect(
            folder.notes == [
                "class folder 'empty' of '\(root)' has no pictures: not a class",
                "1 picture beside the class folders of '\(root)' belongs to no class: not used",
                "5 hidden or system files of '\(root)' passed over: '.ipynb_checkpoints', '__MACOSX', 'a/.DS_Store', "
                    + "'a/Thumbs.db', 'b/.hidden.jpg'",
                "1 file of '\(root)' with another extension than \(PictureFormats.extensions.sorted().joined(separator: ", ")) passed over: 'a/notes.txt'",
            ])
    }

    @Test func countsNestedPicturesInTheirClass() throws {
        let scratch = try ScratchFolder()
        for name in ["a/1.jpg", "a/day/2.jpg", "a/day/3.jpg", "a/night/deep/4.jpg", "b/1.jpg"] {
            try scratch.write(name)
        }
        let folder = try ImageFolder(path: scratch.path)
        #expect(folder.pictures.map(\.label) == [0, 0, 0, 0, 1])
        #expect(folder.notes == ["'a' includes 3 pictures of 2 folders inside it"])
    }

    @Test(.timeLimit(.minutes(1))) func linksMayNotLoop() throws {
        let scratch = try ScratchFolder()
        for name in ["a/1.jpg", "b/1.jpg"] { try scratch.write(name) }
        try scratch.link("a/up", to: "..")
        try scratch.link("a/self", to: ".")
        try scratch.link("root", to: ".")
        try scratch.link("b/nothing", to: "nowhere.jpg")
        try scratch.link("b/round.jpg", to: "round.jpg")
        try scratch.link("b/2.jpg", to: "../a/1.jpg")
        // Thirty levels of two links each: 2^30 ways down.
        for level in 0..<30 {
            try scratch.makeFolder("deep/\(level)")
            for name in ["x", "y"] { try scratch.link("deep/\(level)/\(name)", to: "../\(level + 1)") }
        }
        try scratch.write("deep/30/1.jpg")
        let folder = try ImageFolder(path: scratch.path)
        #expect(folder.classes == ["a", "b", "deep"])
        #expect(folder.pictures.map(\.label) == [0, 1, 1, 2])
        #expect(folder.notes.contains("'root' leads back to '\(scratch.path)': not followed"))
        #expect(folder.notes.contains("'a/up' leads to a folder that is counted already: not followed"))
        #expect(folder.notes.contains("'b/nothing' is a link to nothing or no ordinary file: skipped"))
    }

    @Test func explainsWhatIsNotADataset() throws {
        let scratch = try ScratchFolder()
        let root = scratch.path
        let file = try scratch.write("file")
        #expect(message { _ = try ImageFolder(path: "\(root)/no") } == "\(root)/no: no such folder; check the path")
        #expect(
            message { _ = try ImageFolder(path: file) }
                == "\(file): not a folder: expected a folder with a folder of pictures for each class")

        try scratch.makeFolder("empty")
        #expect(
            message { _ = try ImageFolder(path: "\(root)/empty") }
                == "\(root)/empty: the folder is empty: expected a folder of \(PictureFormats.names) files for each class"
        )
        try scratch.makeFolder("hollow/a")
        try scratch.makeFolder("hollow/b")
        #expect(
            message { _ = try ImageFolder(path: "\(root)/hollow") }
                == "\(root)/hollow: the folder has no pictures: expected a folder of \(PictureFormats.names) files for each class, "
                + "found 2 empty folders")
        try scratch.write("texts/a/1.txt")
        #expect(
            message { _ = try ImageFolder(path: "\(root)/texts") }
                == "\(root)/texts: the folder has no pictures: expected a folder of \(PictureFormats.names) files for each class, "
                + "found 1 other file, such as 'a/1.txt'")

        for index in 0..<3 { try scratch.write("flat/\(index).jpg") }
        #expect(
            message { _ = try ImageFolder(path: "\(root)/flat") }
                == "\(root)/flat: the pictures are not sorted into classes: expected a folder for each class, such as "
                + "'\(root)/flat/cat' and '\(root)/flat/dog', found 3 pictures and no class folders")

        try scratch.write("single/cat/1.jpg")
        #expect(
            message { _ = try ImageFolder(path: "\(root)/single") }
                == "\(root)/single: a classifier needs at least two classes: found one, 'cat'; add a folder of pictures of "
                + "something else, for example '\(root)/single/other'")

        for name in ["train/a/1.jpg", "train/b/1.jpg", "test/a/1.jpg", "val/b/1.jpg"] {
            try scratch.write("set/\(name)")
        }
        #expect(
            message { _ = try ImageFolder(path: "\(root)/set") }
                == "\(root)/set: this holds whole data sets, not classes: expected a folder for each class, found 'test', "
                + "'train', 'val'; set data.train to '\(root)/set/train' and data.test to '\(root)/set/test'")
    }

    @Test func testFolderMustNotHaveClassesOfItsOwn() throws {
        let scratch = try ScratchFolder()
        for name in ["a/1.jpg", "c/1.jpg"] { try scratch.write(name) }
        let root = scratch.path
        #expect(
            message { _ = try ImageFolder(path: root, testing: ["a", "b"]) }
                == "\(root): the test folder has classes that the model was not trained on: expected 'a', 'b', found 'c'; "
                + "rename or remove this folder")
        let folder = try ImageFolder(path: root, testing: ["c", "b", "a"])
        #expect(folder.pictures.map(\.label) == [0, 2])
        #expect(folder.notes == ["'\(root)' has no pictures of 'b': accuracy is about the others"])
    }

    @Test func theConfigurationOrdersTheClassesAndMustAgree() throws {
        let scratch = try ScratchFolder()
        for name in ["a/1.jpg", "b/1.jpg", "c/1.jpg"] { try scratch.write(name) }
        let root = scratch.path
        let folder = try ImageFolder(path: root, classes: ["c", "a", "b"])
        #expect(folder.pictures.map(\.path) == ["\(root)/c/1.jpg", "\(root)/a/1.jpg", "\(root)/b/1.jpg"])
        #expect(folder.classes == ["c", "a", "b"])
        #expect(
            message { _ = try ImageFolder(path: root, classes: ["c", "a"]) }
                == "\(root): data.classes and the class folders differ: found 'b' not in data.classes; "
                + "give both the same names")
        #expect(
            message { _ = try ImageFolder(path: root, classes: ["a", "d", "b"]) }
                == "\(root): data.classes and the class folders differ: found no folder of pictures for 'd', "
                + "'c' not in data.classes; give both the same names")
        #expect(
            message { _ = try ImageFolder(path: root, classes: ["a", "b", "a"]) }
                == "data.classes: 'a' is named twice")
    }

    // MARK: the split

    private func digest(_ index: Int) -> String {
        let bits = (UInt64(index) &+ 1) &* 0xD6E8_FEB8_6659_FD93
        let hex = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - hex.count) + hex
    }

    @Test func splitHoldsOutTheSameShareOfEveryClass() {
        let labels = [Int](repeating: 0, count: 50) + [Int](repeating: 1, count: 10) + [2, 2, 3]
        let digests = labels.indices.map(digest)
        let held = StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0.2, seed: 42)
        let counts = (0..<4).map { label in labels.indices.count { labels[$0] == label && held[$0] } }
        #expect(counts == [10, 2, 1, 0])
        #expect(StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0.2, seed: 42) == held)
        #expect(StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0.2, seed: 43) != held)
        #expect(!StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0, seed: 42).contains(true))
    }

    @Test func splitDependsOnContentAlone() {
        let labels = [Int](repeating: 0, count: 40)
        let digests = labels.indices.map(digest)
        let held = StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0.25, seed: 7)
        let reversed = StratifiedSplit.heldOut(labels: labels, digests: digests.reversed(), fraction: 0.25, seed: 7)
        #expect(held == reversed.reversed())
    }

    @Test func splitKeepsCopiesTogether() {
        let labels = [Int](repeating: 0, count: 40)
        let digests = labels.indices.map { digest($0 / 4) }
        for seed in 0..<20 as Range<UInt64> {
            let held = StratifiedSplit.heldOut(labels: labels, digests: digests, fraction: 0.3, seed: seed)
            #expect(held.count { $0 } == 12)
            for index in labels.indices { #expect(held[index] == held[index / 4 * 4]) }
        }
        let same = StratifiedSplit.heldOut(labels: [0, 0], digests: ["ab", "ab"], fraction: 0.5, seed: 1)
        #expect(same == [false, false])
    }
}
