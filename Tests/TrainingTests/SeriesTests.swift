import Data
import Foundation
import TestSupport
import Testing
import Weights
import Zoo

/// Lists, folders and archives as one series, and its shards.
@Suite struct SeriesTests {
    private let folder: String

    init() throws {
        folder = NSTemporaryDirectory() + "/graft-series-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    private func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = "\(folder)/\(name)"
        try Data(bytes).write(to: URL(fileURLWithPath: path))
        return path
    }

    private func names(_ series: PictureSeries, _ extent: SeriesExtent) throws -> [String] {
        let cursor = PictureCursor(series, extent)
        var names: [String] = []
        while let picture = try cursor.next(withContent: false) { names.append(picture.name) }
        return names
    }

    @Test func aList() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let text = "\u{FEFF}b.jpg\r\n\na.jpg\n  c d.jpg\n\r\n"
        let path = try write("list.txt", Array(text.utf8) + [0xE9] + Array(".jpg\nlast.png".utf8))
        let series = try PictureSeries([path])
        let expected = ["b.jpg", "a.jpg", "  c d.jpg", FileName.text([0xE9] + Array(".jpg".utf8)), "last.png"]
        #expect(series.entryCount == 5 && !series.hasArchives)
        #expect(try names(series, .entries(0..<5)) == expected)
        #expect(try names(series, .entries(2..<4)) == Array(expected[2..<4]))
        #expect(try names(series, .entries(5..<5)).isEmpty)
        let same = try PictureSeries([try write("unix.txt", expected.flatMap { $0.fileBytes + [10] })])
        #expect(same.namesSHA256 == series.namesSHA256)
        let other = try PictureSeries([try write("other.txt", Array("a.jpg\nb.jpg\n".utf8))])
        #expect(other.namesSHA256 != series.namesSHA256)
    }

    @Test func whatIsNoList() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let binary = try write("binary.txt", Array("a.jpg\nb\0.jpg\n".utf8))
        let long = try write("long.txt", Array("a.jpg\n".utf8) + [UInt8](repeating: 97, count: 300_000))
        for (path, message) in [
            (
                binary,
                "line 2: not a list of paths: expected text of one path a line, or a tar archive, found a zero byte"
            ),
            (long, "byte 6: not a text with one name a line: expected at most 65536 bytes a line, found more"),
        ] {
            let error = #expect(throws: GraftError.self) { try PictureSeries([path]) }
            #expect(error?.description == "\(path): \(message)")
        }
        let missing = #expect(throws: GraftError.self) { try PictureSeries(["\(folder)/none.txt"]) }
        #expect(missing?.description == "\(folder)/none.txt: no such file")
        let twice = #expect(throws: GraftError.self) { try PictureSeries(["-", "-"]) }
        #expect(twice?.description == "standard input can be read once only: found '-' 2 times")
    }

    @Test func everythingInOneSeries() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try FileManager.default.createDirectory(atPath: "\(folder)/pictures", withIntermediateDirectories: true)
        for name in ["img10.jpg", "img9.jpg"] { _ = try write("pictures/\(name)", []) }
        let archive = try write("x.tar", TarWriter.bytes([("1.jpg", [1]), ("1.txt", [1]), ("2.png", [2])]))
        let list = try write("list.txt", Array("\(archive)\nfar.jpg\n".utf8))
        let series = try PictureSeries(["\(folder)/pictures", list, "\(folder)/pictures/img9.jpg"])
        let all = [
            "\(folder)/pictures/img9.jpg", "\(folder)/pictures/img10.jpg", "\(archive)/1.jpg", "\(archive)/2.png",
            "far.jpg", "\(folder)/pictures/img9.jpg",
        ]
        #expect(series.entryCount == 5 && series.hasArchives)
        for count in 1...12 {
            var found: [String] = []
            for index in 1...count {
                found += try names(series, try series.extent(of: try Shard("\(index)/\(count)")))
            }
            #expect(found == all, "\(count) shards")
        }
        // Fewer entries than shards: the archive is cut too.
        #expect(try series.extent(of: try Shard("3/6")) == .pictures(2..<3))
        #expect(try series.extent(of: try Shard("3/5")) == .entries(2..<3))
    }

    @Test func shardsFollowEachOther() throws {
        for total in [0, 1, 2, 15, 16, 17, 1_000_003] {
            for count in [1, 2, 3, 16, 1000] {
                let ranges = try (1...count).map { try Shard("\($0)/\(count)").range(of: total) }
                #expect(ranges.first?.lowerBound == 0 && ranges.last?.upperBound == total)
                #expect(zip(ranges, ranges.dropFirst()).allSatisfy { $0.upperBound == $1.lowerBound })
                let lengths = ranges.map(\.count)
                #expect((lengths.max() ?? 0) - (lengths.min() ?? 0) <= 1, "\(total) in \(count)")
            }
        }
        #expect(try Shard("1000000/1000000").range(of: .max).upperBound == .max)
    }

    @Test(arguments: ["", "3", "0/3", "4/3", "a/b", "1/0", "-1/3", "1/3/5", "1/1000001"])
    func whatIsNoShard(text: String) {
        let error = #expect(throws: GraftError.self) { try Shard(text) }
        #expect(
            error?.description == "--shard: not a shard: expected I/N with I from 1 to N, such as 3/16, found '\(text)'"
        )
    }

    @Test func whatSchedulersSay() throws {
        func shard(_ variables: [String: String]) throws -> String? {
            try Shard.scheduled { variables[$0] }.map { "\($0.shard) \($0.source)" }
        }
        func slurm(_ task: Int, _ count: Int, _ first: Int, _ last: Int, step: Int = 1) -> [String: String] {
            [
                "SLURM_ARRAY_TASK_ID": "\(task)", "SLURM_ARRAY_TASK_COUNT": "\(count)",
                "SLURM_ARRAY_TASK_MIN": "\(first)", "SLURM_ARRAY_TASK_MAX": "\(last)",
                "SLURM_ARRAY_TASK_STEP": "\(step)",
            ]
        }
        #expect(try shard([:]) == nil)
        #expect(try shard(["SLURM_JOB_ID": "1", "GRAFT_SHARDS": "4"]) == nil)
        #expect(try shard(slurm(1, 16, 1, 16)) == "1/16 SLURM_ARRAY_TASK_ID")
        #expect(try shard(slurm(15, 16, 0, 15)) == "16/16 SLURM_ARRAY_TASK_ID")
        #expect(try shard(slurm(14, 5, 6, 14, step: 2)) == "5/5 SLURM_ARRAY_TASK_ID")
        #expect(
            try shard(["JOB_COMPLETION_INDEX": "0", "GRAFT_SHARDS": "4"]) == "1/4 JOB_COMPLETION_INDEX")
        let remedy = "say it with --shard I/N, set GRAFT_SHARDS=N, or say --shard 1/1 for all pictures"
        for (variables, found) in [
            (["JOB_COMPLETION_INDEX": "3"], "JOB_COMPLETION_INDEX=3, and no number of shards"),
            (
                ["SLURM_ARRAY_TASK_ID": "3"],
                "SLURM_ARRAY_TASK_ID=3 without SLURM_ARRAY_TASK_COUNT and SLURM_ARRAY_TASK_MIN"
            ),
            // Tasks 5 and 9 sent again, or task 5 alone.
            (slurm(5, 2, 5, 9), "an array of 2 tasks that is not all of them"),
            (slurm(5, 1, 5, 5).merging(["GRAFT_SHARDS": "16"]) { $1 }, "an array of 1 tasks that is not all of them"),
        ] {
            let error = #expect(throws: GraftError.self) { try shard(variables) }
            #expect(error?.description == "which shard this is cannot be told: found \(found); \(remedy)")
        }
        let beyond = #expect(throws: GraftError.self) {
            try shard(["JOB_COMPLETION_INDEX": "4", "GRAFT_SHARDS": "4"])
        }
        #expect(beyond?.description.hasPrefix("--shard: not a shard") == true)
        let word = #expect(throws: GraftError.self) { try shard(["JOB_COMPLETION_INDEX": "x"]) }
        #expect(
            word?.description == "JOB_COMPLETION_INDEX: not a number of tasks: expected 0 to 1000000, found 'x'")
    }
}
