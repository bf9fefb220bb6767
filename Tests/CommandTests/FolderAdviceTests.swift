import Foundation
import TestSupport
import Testing

/// Folders as archives and people leave them, and tests on what was learnt.
@Suite struct FolderAdviceTests {
    let graft: GraftProgram
    let sample = Fixtures.path("sample")

    init() throws { graft = try GraftProgram() }

    private func put(_ folders: String...) throws {
        for folder in folders {
            let target = "\(graft.workspace.path)/\(folder)"
            try FileManager.default.createDirectory(atPath: target, withIntermediateDirectories: true)
            let name = folder.hasSuffix("steak") ? "steak" : "pizza"
            for index in 0..<2 {
                try FileManager.default.copyItem(
                    atPath: "\(sample)/train/\(name)/00\(index).jpg", toPath: "\(target)/\(index).jpg")
            }
        }
    }

    private func train(_ data: String, _ arguments: String...) throws -> GraftProgram.Result {
        let file = try graft.workspace.file("c.yaml", "data: {\(data)}\ntrain: {epochs: 1}\n")
        return try graft.run(["train", file, "--output", "run"] + arguments)
    }

    @Test func oneLevelTooHighIsToldByTheFoldersName() throws {
        try put("dataset/dataset/pizza", "dataset/dataset/steak")
        try FileManager.default.createDirectory(
            atPath: "\(graft.workspace.path)/dataset/__MACOSX/dataset", withIntermediateDirectories: true)
        #expect(
            try train("train: dataset").error
                == "error: dataset: a classifier needs at least two classes: found one, 'dataset'; set data.train to "
                + "'dataset/dataset', which has 2 folders\n")
        try put("zip/set/train/pizza", "zip/set/train/steak", "zip/set/test/pizza")
        #expect(
            try train("train: zip").error
                == "error: zip: a classifier needs at least two classes: found one, 'set'; set data.train to "
                + "'zip/set/train' and data.test to 'zip/set/test'\n")
    }

    @Test func aRootOfDataSetsIsUnderstood() throws {
        try put("set/train/pizza", "set/train/steak", "set/valid/pizza", "set/valid/steak", "set/test/steak")
        let result = try train("train: set")
        #expect(result.status == 0, "\(result.error)")
        #expect(
            result.error.contains(
                "note      'set' holds whole data sets: learning from 'set/train', counting 'set/valid'; "
                    + "'set/test' is left for graft evaluate\n"), "\(result.error)")
        #expect(result.output.contains("pictures  4 to train, 4 to test\n"))
        // The same bytes on both sides are not called unseen.
        #expect(result.output.contains(" right on test pictures, all of which it has seen\n"), "\(result.output)")
    }

    @Test func picturesBesideAListGetTheAdviceThatFits() throws {
        try put("flat/images")
        _ = try graft.workspace.file("flat/labels.csv", "file,class\n")
        #expect(
            try train("train: flat/images").error.hasSuffix(
                "; if 'flat/labels.csv' says what is on them, set data.train to it\n"))
    }

    @Test func aTestOfWhatWasLearntIsAnError() throws {
        try put("set/pizza", "set/steak", "set/steak/more")
        try FileManager.default.createSymbolicLink(
            atPath: "\(graft.workspace.path)/link", withDestinationPath: "set")
        try FileManager.default.createDirectory(
            atPath: "\(graft.workspace.path)/links", withIntermediateDirectories: true)
        for name in ["pizza", "steak"] {
            try FileManager.default.createSymbolicLink(
                atPath: "\(graft.workspace.path)/links/\(name)", withDestinationPath: "../set/\(name)")
        }
        func told(_ test: String, _ what: String, train folder: String = "set") throws {
            let result = try train("train: \(folder), test: \(test)")
            #expect(result.status == 1)
            #expect(
                result.error
                    == "error: \(test): the test folder \(what): found '\(folder)' for training; a test on pictures that "
                    + "were learnt says nothing: name another folder, leave data.test out to hold out a share, or allow it "
                    + "with --allow-leak\n")
        }
        try told("set", "is the training folder")
        try told("./set/../set", "is the training folder")
        try told("link", "is the training folder")
        try told("set/steak", "is inside the training folder")
        try told("set", "holds the training folder", train: "set/steak")
        try told("links", "leads to folders of the training folder")
        let wilful = try train("train: set, test: link", "--allow-leak")
        #expect(wilful.status == 0, "\(wilful.error)")
        #expect(wilful.output.contains(" right on test pictures, all of which it has seen\n"), "\(wilful.output)")
    }

    @Test func strictStopsAtAPictureThatCannotBeRead() throws {
        try put("set/pizza", "set/steak")
        try Data("no picture".utf8).write(to: URL(fileURLWithPath: "\(graft.workspace.path)/set/pizza/z.jpg"))
        #expect(try train("train: set, split: 0").status == 0)
        let remedy = "; mend or remove it, or leave out --strict to skip it\n"
        for command in ["predict", "evaluate"] {
            let kept = try graft.run(command, "run/model.npz", "set")
            #expect(kept.status == 0 && kept.error.contains("skipped set/pizza/z.jpg: "))
            let result = try graft.run(command, "run/model.npz", "set", "--strict")
            #expect(result.status == 1 && result.output == "")
            #expect(result.error.hasPrefix("error: set/pizza/z.jpg: ") && result.error.hasSuffix(remedy))
        }
    }
}
