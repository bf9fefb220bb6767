import Data
import Foundation
import Images
import Inference
import Insight
import TestSupport
import Testing
import Zoo

struct DoctorReportTests {
    /// A folder that is removed at the end.
    private final class Scratch {
        let path = NSTemporaryDirectory() + "graft-insight-\(UInt64.random(in: 0 ... .max))"

        init() throws { try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true) }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ name: String, _ bytes: [UInt8]) throws {
            let file = "\(path)/\(name)"
            let folder = (file as NSString).deletingLastPathComponent
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(bytes).write(to: URL(fileURLWithPath: file))
        }
    }

    /// 24 scenes in two classes, and one of every fault.
    private func folder() throws -> (Scratch, ImageFolder, ImageFolder) {
        let scratch = try Scratch()
        for number in 0..<24 {
            let name = number < 12 ? "a" : "b"
            try scratch.write("train/\(name)/\(number).jpg", Drawn.scene(number + 10).jpeg(quality: 90))
        }
        try scratch.write("train/a/copy.jpg", Drawn.scene(11).resized(width: 80, height: 60).jpeg(quality: 60))
        try scratch.write("train/b/other.jpg", Drawn.scene(12).jpeg(quality: 90))
        try scratch.write("train/a/broken.jpg", Array(Drawn.scene(1).jpeg().prefix(300)))
        try scratch.write(
            "train/b/blank.jpg",
            Picture(width: 64, height: 48, pixels: [UInt8](repeating: 77, count: 64 * 48 * 3)).jpeg())
        try scratch.write("train/b/tiny.jpg", Drawn.scene(5, width: 20, height: 16).jpeg())
        try scratch.write("train/b/wide.jpg", Drawn.scene(6, width: 330, height: 60).jpeg())
        try scratch.write("train/b/really.png", Drawn.scene(7).jpeg())
        try scratch.write("test/a/new.jpg", Drawn.scene(40).jpeg())
        try scratch.write("test/a/leak.jpg", Drawn.scene(10).jpeg(quality: 90))
        let train = try ImageFolder(path: "\(scratch.path)/train")
        return (scratch, train, try ImageFolder(path: "\(scratch.path)/test", testing: train.classes))
    }

    private func examine(_ train: ImageFolder, _ test: ImageFolder, threads: Int) throws -> DoctorReport {
        func cases(of folder: ImageFolder, isTest: Bool) throws -> [Doctor.Case] {
            zip(folder.pictures, try folder.labels(for: "a test")).map {
                Doctor.Case(path: $0.path, label: $1, isTest: isTest)
            }
        }
        let cases = try cases(of: train, isTest: false) + cases(of: test, isTest: true)
        let facts = cases.map { item in
            Result { () throws(GraftError) in try PictureFacts(path: item.path) }
        }
        // Features that tell the classes apart, and nothing else.
        let noise = HashFill.samples("doctor", cases.count * 8).map(Float.init)
        let values = cases.indices.flatMap { index in
            (0..<8).map { noise[index * 8 + $0] + ($0 == cases[index].label ? 2 : 0) }
        }
        let features = try FeatureRows(count: cases.count, width: 8, values: values)
        return Doctor(cases, classes: train.classes, facts: facts, features: features, threads: threads).examine()
    }

    @Test func `every planted fault is found, counted in pictures, leaks first`() throws {
        let (scratch, train, test) = try folder()
        let report = try examine(train, test, threads: 2)
        func names(_ kind: Finding.Kind) -> [String] {
            report.findings.filter { $0.kind == kind }.flatMap(\.entries).map {
                ($0.path as NSString).lastPathComponent
            }
        }
        #expect(names(.damaged) == ["broken.jpg"])
        #expect(names(.equalAcrossSets) == ["leak.jpg"])
        #expect(names(.equalAcrossClasses) == ["other.jpg"])
        #expect(names(.copy) == ["copy.jpg"])
        #expect(names(.blank) == ["blank.jpg"])
        #expect(names(.extremeSize) == ["tiny.jpg"])
        #expect(names(.extremeShape) == ["wide.jpg"])
        #expect(names(.wrongFormat) == ["really.png"])
        #expect(report.findings.prefix(2).map(\.kind) == [.equalAcrossSets, .damaged])
        #expect(report.pictures == 33)
        #expect(report.classes.map(\.train) == [13, 17])
        #expect(report == (try examine(train, test, threads: 1)))
        _ = scratch
    }

    @Test func `a plan is carried out into a new folder and the old one stays`() throws {
        let (scratch, train, test) = try folder()
        let report = try examine(train, test, threads: 2)
        var text = FixPlan(report).csv
        let other = try #require(train.pictures.first { $0.path.hasSuffix("/other.jpg") }).path
        text = text.split(separator: "\r\n").map { line in
            line.contains("other.jpg,b,a") ? "move,\(other),b,a,by hand" : String(line)
        }.joined(separator: "\r\n")
        let plan = try FixPlan(csv: text, name: "plan.csv")
        let dropped = plan.rows.filter { $0.action == .drop }.map { ($0.path as NSString).lastPathComponent }
        #expect(Set(dropped) == ["broken.jpg", "leak.jpg", "copy.jpg"])
        let done = try plan.copy(train, to: "\(scratch.path)/clean")
        #expect((done.copied, done.moved, done.dropped, done.unused) == (29, 1, 2, 1))
        let clean = try ImageFolder(path: "\(scratch.path)/clean")
        #expect(clean.pictures.count == 29)
        #expect(clean.pictures.contains { $0.path.hasSuffix("/a/other.jpg") })
        #expect(try ImageFolder(path: "\(scratch.path)/train").pictures == train.pictures)
        #expect(throws: GraftError.self) { try plan.copy(train, to: "\(scratch.path)/clean") }
    }

    @Test(
        arguments: [
            ("path,class\r\na.jpg,b\r\n", "line 1: a column is missing"),
            ("action,path\r\nburn,a.jpg\r\n", "line 2: unknown action"),
            ("action,path\r\nkeep,a.jpg\r\nkeep,a.jpg\r\n", "line 3: a picture twice"),
            ("action,path,to\r\nmove,a.jpg,../b\r\n", "line 2: no class to move to"),
            ("action,path,to\r\nmove,a.jpg,\r\n", "line 2: no class to move to"),
        ])
    func `plans that make no sense are refused with their line`(text: String, message: String) {
        let error = #expect(throws: GraftError.self) { try FixPlan(csv: text, name: "plan.csv") }
        #expect(error?.description.hasPrefix("plan.csv: \(message)") == true, "\(error?.description ?? "")")
    }

    @Test func `names are bytes in plans`() throws {
        // Equal strings, and two files.
        let text = "action,path,to\r\nkeep,caf\u{E9}.jpg,\r\ndrop,cafe\u{301}.jpg,\r\nmove,caf\\xE9.jpg,caf\\xE9\r\n"
        let plan = try FixPlan(csv: text, name: "plan.csv")
        #expect(plan.rows.map(\.action) == [.keep, .drop, .move])
        #expect(plan.rows[2].path.fileBytes == Array("caf".utf8) + [0xE9] + Array(".jpg".utf8))
        let names = ["caf\u{E9}.jpg", "cafe\u{301}.jpg"]
        let finding = Finding(
            kind: .damaged, entries: names.map { Finding.Entry(path: $0, label: "a") }, measure: "", threshold: nil,
            message: "", advice: "")
        let report = DoctorReport(classes: [], pictures: 2, outOfFold: nil, findings: [finding])
        #expect(FixPlan(report).rows.map(\.path.byteKey) == names.map(\.byteKey))
        for target in ["\\x2E\\x2E", "a\\x2Fb", "\\x00"] {
            #expect(throws: GraftError.self) {
                try FixPlan(csv: "action,path,to\nmove,a.jpg,\(target)\n", name: "plan.csv")
            }
        }
    }

    @Test func `tables keep names with commas, quotes and line ends`() throws {
        let text = "\u{FEFF}path,to,action\n\"a,\"\"b\"\"\nc.jpg\",x,keep\n\n"
        let plan = try FixPlan(csv: text, name: "plan.csv")
        #expect(plan.rows.map(\.path) == ["a,\"b\"\nc.jpg"])
        #expect(plan.rows.map(\.target) == ["x"])
    }
}
