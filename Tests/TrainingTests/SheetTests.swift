import Data
import Testing
import Zoo

/// CSV files in place of folders.
@Suite struct SheetTests {
    private func folder(_ text: String, classes: [String]? = nil) throws -> (ImageFolder, String) {
        let scratch = try ScratchFolder()
        let file = try scratch.write("tables/train.csv", Array(text.utf8))
        return (try ImageFolder(path: file, classes: classes), scratch.path)
    }

    private func message(_ text: String, classes: [String]? = nil) throws -> String {
        let scratch = try ScratchFolder()
        let file = try scratch.write("train.csv", Array(text.utf8))
        do {
            return "\(try ImageFolder(path: file, classes: classes).classes)"
        } catch {
            return "\(error)".replacing("\(scratch.path)/", with: "")
        }
    }

    @Test(arguments: ["\n", "\r\n"])
    func picturesAndClasses(_ end: String) throws {
        let lines = [
            "\u{FEFF}label , path,who", "10,b10.jpg,me", "2,\"a, b.jpg\",\"said \"\"no\"\"\"", "10,/photos/b9.jpg,",
            "2,\"deep/two\nlines.png\",x",
        ]
        for text in [lines.joined(separator: end), lines.joined(separator: end) + end] {
            let (folder, root) = try folder(text)
            #expect(folder.classes == ["2", "10"])
            #expect(
                folder.pictures.map { $0.path.replacing("\(root)/tables/", with: "") }
                    == ["a, b.jpg", "deep/two\nlines.png", "/photos/b9.jpg", "b10.jpg"])
            #expect(folder.pictures.map(\.label) == [0, 0, 1, 1])
            let notes = folder.notes.map { $0.replacing(root, with: "") }
            #expect(notes == ["'/tables/train.csv': columns passed over: 'who'"])
        }
        #expect(try folder("path,label\na.jpg,x\nb.jpg,y", classes: ["y", "x"]).0.pictures.map(\.label) == [0, 1])
    }

    @Test func testing() throws {
        let scratch = try ScratchFolder()
        let file = try scratch.write("test.csv", Array("file,class\na.jpg,dog\nb.jpg,dog\n".utf8))
        let folder = try ImageFolder(path: file, testing: ["cat", "dog"])
        #expect(folder.classes == ["cat", "dog"] && folder.pictures.map(\.label) == [1, 1])
        #expect(folder.notes == ["'\(file)' has no pictures of 'cat': accuracy is about the others"])
        let error = #expect(throws: GraftError.self) { try ImageFolder(path: file, testing: ["cat", "dogs"]) }
        #expect(
            "\(try #require(error))" == "\(file): line 2: unknown class 'dog'; did you mean 'dogs'?")
    }

    @Test func refusals() throws {
        let rfc = "; write the table as RFC 4180 has it: commas, and quotes around texts that hold commas"
        for (text, expected) in [
            ("", "train.csv: the table is empty: expected a first row with the names of the columns"),
            ("path,label\n", "train.csv: the table names no pictures"),
            (
                "path,label\na,b,c\n",
                "train.csv: line 2: a row of another length than the first: expected 2 fields, "
                    + "found 3; put quotes around texts with commas"
            ),
            (
                "path,label\na\n",
                "train.csv: line 2: a row of another length than the first: expected 2 fields, "
                    + "found 1"
            ),
            ("path,label\n\"a\nb\",x\n\"c,d", "train.csv: line 4: a quote that is never closed" + rfc),
            ("path,label\na\"b,x\n", "train.csv: line 2: a quote inside a field that does not begin with one" + rfc),
            ("path,label\n\"a\"b,x\n", "train.csv: line 2: text after a closing quote" + rfc),
            ("path,label\ra,b\r", "train.csv: line 1: a carriage return without a line feed" + rfc),
            ("path,path\n", "train.csv: line 1: two columns are called 'path'"),
            ("path,\n", "train.csv: line 1: a column has no name"),
            (
                "path,kind\na,b\n",
                "train.csv: line 1: the table has no column 'label': expected the columns path and "
                    + "label, found 'path', 'kind'"
            ),
            ("path,label\n,b\n", "train.csv: line 2: a row without a path"),
            ("path,label\na,\n", "train.csv: line 2: a row without a label"),
            (
                "path,label\na,x\nb,y\na,y\n",
                "train.csv: line 4: a picture that stands there twice: found 'a', as in "
                    + "line 2; keep one row for each picture"
            ),
            (
                "path,label\na,x\n",
                "train.csv: a classifier needs at least two classes: found one, 'x'; add rows of "
                    + "pictures of something else"
            ),
        ] {
            #expect(try message(text) == expected)
        }
        #expect(
            try message("path,label\na,x\nb,z\n", classes: ["x", "y"])
                == "train.csv: data.classes and the table's labels differ: found no picture of 'y'; give both the same "
                + "names")
        let scratch = try ScratchFolder()
        let broken = try scratch.write("train.csv", Array("path,label\n".utf8) + [0xFF, 0x2C, 0x61])
        let error = #expect(throws: GraftError.self) { try ImageFolder(path: broken) }
        #expect("\(try #require(error))" == "\(broken): line 2: not UTF-8 text" + rfc)
    }
}
