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
                    + "label, labels or value, found 'path', 'kind'; columns of 0 and 1, or of numbers, need data.task: "
                    + "multilabel or regression"
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

    // MARK: labels and numbers

    private func read(
        _ text: String, _ reading: TableReading = TableReading(), names: [String]? = nil
    ) throws -> ImageFolder {
        let scratch = try ScratchFolder()
        let file = try scratch.write("train.csv", Array(text.utf8))
        return try ImageFolder(path: file, classes: names, reading: reading)
    }

    @Test(arguments: [";", "|", ","])
    func severalLabels(_ separator: String) throws {
        let folder = try read(
            "path,labels\nc.jpg,\"ice cream\(separator) dog\"\na.jpg,\nb.jpg,dog\nd.jpg,\"dog\(separator)dog\"")
        #expect(folder.task == .multilabel && folder.classes == ["dog", "ice cream"])
        #expect(folder.pictures.map { $0.path.suffix(5) } == ["a.jpg", "b.jpg", "c.jpg", "d.jpg"])
        #expect(folder.pictures.map(\.target) == [.labels([]), .labels([0]), .labels([0, 1]), .labels([0])])
        #expect(folder.targets == .labels(try Tensor(shape: [4, 2], elements: [0, 0, 1, 0, 1, 1, 1, 0])))
        #expect(folder.notes == [])
    }

    @Test func labelsPartedBySpaces() throws {
        let text = "path,tags\na.jpg,cat dog\nb.jpg,dog"
        let plain = try read(text)
        #expect(plain.classes == ["cat dog", "dog"])
        #expect(plain.notes.contains { $0.contains("no field of 'tags' has ';', '|' or a comma") })
        #expect(try read(text, TableReading(separator: " ")).classes == ["cat", "dog"])
        // Where the labels are known there is nothing to guess.
        let scratch = try ScratchFolder()
        let file = try scratch.write("test.csv", Array(text.utf8))
        let test = try ImageFolder(
            path: file, testing: ["cat", "dog", "cow"], reading: TableReading(task: .multilabel))
        #expect(test.pictures.map(\.target) == [.labels([0, 1]), .labels([1])])
        #expect(test.notes.contains { $0.contains("has no pictures of 'cow'") })
    }

    @Test func aColumnALabel() throws {
        let text = "path,dog,weight,cat\nb.jpg,1,7.5,0\na.jpg,0,2,1\n"
        let folder = try read(text, TableReading(task: .multilabel))
        #expect(folder.classes == ["dog", "cat"] && folder.pictures.map(\.target) == [.labels([1]), .labels([0])])
        #expect(folder.notes.contains { $0.hasSuffix("columns passed over: 'weight'") })
        #expect(
            try read(text, TableReading(task: .multilabel), names: ["cat"]).pictures.map(\.target)
                == [.labels([0]), .labels([])])
    }

    @Test func numbers() throws {
        let text = "path,price,name,age\nb.jpg, 1e3 ,x,-2\na.jpg,.5,y,3\n"
        let folder = try read(text, TableReading(task: .regression))
        #expect(folder.classes == ["price", "age"])
        #expect(folder.pictures.map(\.target) == [.values([0.5, 3]), .values([1000, -2])])
        #expect(try read(text, TableReading(task: .regression), names: ["age"]).classes == ["age"])
        let plain = try read("path,value\na.jpg,1\nb.jpg,2")
        #expect(plain.task == .regression && plain.classes == ["value"])
        #expect(plain.targets.strata == [0, 2])
    }

    @Test func aFolderWithItsTable() throws {
        let scratch = try ScratchFolder()
        try scratch.write("labels.csv", Array("path,label\nx/a.jpg,one\ny/b.jpg,two".utf8))
        let folder = try ImageFolder(path: scratch.path)
        #expect(folder.classes == ["one", "two"] && folder.pictures[0].path == "\(scratch.path)/x/a.jpg")
        #expect(folder.notes == ["'\(scratch.path)/labels.csv' says what the pictures are"])
    }

    @Test func whatFitsNoTask() throws {
        func told(_ text: String, _ task: ModelTask, names: [String]? = nil) throws -> String {
            let scratch = try ScratchFolder()
            let file = try scratch.write("train.csv", Array(text.utf8))
            do {
                return "\(try ImageFolder(path: file, classes: names, reading: TableReading(task: task)).classes)"
            } catch {
                return "\(error)".replacing("\(scratch.path)/", with: "")
            }
        }
        #expect(
            try told("path,value\na.jpg,0x10", .regression)
                == "train.csv: line 2, column 'value': not a number: expected decimal digits with a point, as in 12.5, "
                + "found '0x10'")
        for text in ["nan", "inf", "1e99", ""] {
            #expect(try told("path,value\na.jpg,\(text)", .regression).contains("not a number"))
        }
        #expect(
            try told("path,name\na.jpg,x", .regression)
                == "train.csv: line 1: the table has no column for 'regression': expected a column of numbers, "
                + "found 'path', 'name'")
        #expect(
            try told("path,dog\na.jpg,2", .multilabel, names: ["dog"])
                == "train.csv: line 2, column 'dog': a label's column says something else than 0 or 1: found '2'")
        #expect(
            try told("path,price\na.jpg,2", .regression, names: ["prize"])
                == "train.csv: unknown column 'prize'; did you mean 'price'?")
        #expect(try told("path,labels\na.jpg,\nb.jpg,", .multilabel) == "train.csv: no picture has a label")
        let scratch = try ScratchFolder()
        try scratch.write("data/cat/a.jpg", [])
        let error = #expect(throws: GraftError.self) {
            try ImageFolder(path: "\(scratch.path)/data", reading: TableReading(task: .regression))
        }
        #expect(
            "\(try #require(error))"
                == "\(scratch.path)/data: values of pictures take a table: expected a CSV file, or a folder with "
                + "labels.csv, found a folder of folders")
    }
}
